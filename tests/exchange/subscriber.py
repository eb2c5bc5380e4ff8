"""A subscriber, in a process of its own with the unmodified `threatexchange`: pulls, and keeps what it was told.

Usage: python subscriber.py stop_ncii|unspread STATE [PAGES]. STATE is a JSON file, written after every page as `tx` and
HMA do: the checkpoint, and the signals that are kept. After PAGES pages the process dies without any farewell.
Prints how many pages there were.
"""

import json
import os
import sys
from pathlib import Path

from threatexchange.exchanges.collab_config import CollaborationConfigWithDefaults
from threatexchange.exchanges.impl.stop_ncii_api import StopNCIICheckpoint, StopNCIISignalExchangeAPI
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal
from unspread_exchange import UnspreadSignalExchangeAPI

CLASSES = {cls.get_name(): cls for cls in (StopNCIISignalExchangeAPI, UnspreadSignalExchangeAPI)}


def main(name: str, state_file: Path, most_pages: int) -> None:
    """Pull from where the state says."""
    cls = CLASSES[name]
    state = json.loads(state_file.read_text()) if state_file.exists() else {"checkpoint": None, "signals": []}
    checkpoint = StopNCIICheckpoint(*state["checkpoint"]) if state["checkpoint"] else None
    kept = {tuple(signal): object() for signal in state["signals"]}
    exchange = cls.for_collab(CollaborationConfigWithDefaults("test", api=cls.get_name()))
    pages = 0
    for delta in exchange.fetch_iter([PdqSignal, VideoMD5Signal], checkpoint):
        if checkpoint and delta.checkpoint.update_time < checkpoint.update_time:
            raise SystemExit("the checkpoint went back")
        checkpoint = delta.checkpoint
        cls.naive_fetch_merge(kept, delta.updates)
        new = {"checkpoint": [checkpoint.update_time, checkpoint.last_fetch_time], "signals": list(kept)}
        state_file.write_text(json.dumps(new))
        pages += 1
        if pages == most_pages:
            break
    sys.stdout.write(f"{pages}\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
