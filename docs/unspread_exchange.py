"""Subscribe to an Unspread list with `threatexchange` (the library, its `tx` command, or HMA): one file to install.

The library's own StopNCII exchange can pull an Unspread list as well, but it keeps what was withdrawn (threatexchange
1.2.17 looks for the status of a record in its hash). This one removes it. Put this file where Python finds it, then

    export TX_UNSPREAD_KEYS="<x-functions-key>,<Ocp-Apim-Subscription-Key>,https://<address of the list>/v1"
    threatexchange config extensions add unspread_exchange
    threatexchange config collab edit unspread --create "Unspread"
    threatexchange fetch

For HMA, add `UnspreadSignalExchangeAPI` to the exchanges of its configuration. Needs Python 3.9 and threatexchange.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from threatexchange.exchanges import auth
from threatexchange.exchanges.clients.stopncii import api
from threatexchange.exchanges.collab_config import CollaborationConfigBase
from threatexchange.exchanges.fetch_state import FetchDelta
from threatexchange.exchanges.impl.stop_ncii_api import (
    StopNCIICheckpoint,
    StopNCIICredentials,
    StopNCIISignalExchangeAPI,
    StopNCIISignalMetadata,
)
from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest
from threatexchange.signal_type.md5 import VideoMD5Signal
from threatexchange.signal_type.pdq.signal import PdqSignal
from threatexchange.signal_type.signal_base import SignalType

_SIGNAL_NAMES = {
    api.StopNCIISignalType.ImagePDQ: PdqSignal.get_name(),
    api.StopNCIISignalType.VideoMD5: VideoMD5Signal.get_name(),
}
_GONE = (api.StopNCIICaseStatus.Withdrawn, api.StopNCIICaseStatus.Deleted)


@dataclass
class UnspreadCredentials(StopNCIICredentials):
    """The two keys of a participant, and the address of the list."""

    ENV_VARIABLE: ClassVar[str] = "TX_UNSPREAD_KEYS"
    FILE_NAME: ClassVar[str] = "~/.tx_unspread_keys"
    _DEFAULT: ClassVar[auth.CredentialHelper | None] = None  # not StopNCII's, which it would inherit

    def _are_valid(self) -> bool:
        return bool(self.fetch_function_key and self.subscription_key and self.base_url_override)


class UnspreadSignalExchangeAPI(StopNCIISignalExchangeAPI):
    """An Unspread list: StopNCII's protocol, with withdrawals honoured."""

    @classmethod
    def get_name(cls) -> str:
        """Return the name under which collaborations refer to this exchange."""
        return "unspread"

    @staticmethod
    def get_credential_cls() -> type[UnspreadCredentials]:
        """Return the class of the credentials."""
        return UnspreadCredentials

    @classmethod
    def for_collab(
        cls, collab: CollaborationConfigBase, credentials: StopNCIICredentials | None = None
    ) -> UnspreadSignalExchangeAPI:
        """Make an exchange with the credentials given, or those of the environment."""
        keys = credentials or UnspreadCredentials.get(cls)
        client = api.StopNCIIAPI(
            keys.subscription_key,
            keys.fetch_function_key,
            additional_function_keys=dict.fromkeys(api.StopNCIIEndpoint, keys.fetch_function_key),
            base_url_override=keys.base_url_override,
        )
        return cls(collab, client)

    def fetch_iter(
        self, _supported_signal_types: Sequence[type[SignalType]], checkpoint: StopNCIICheckpoint | None
    ) -> Iterator[FetchDelta[tuple[str, str], StopNCIISignalMetadata, StopNCIICheckpoint]]:
        """Yield pages: a hash that was withdrawn maps to None, which removes it."""
        start = checkpoint.update_time if checkpoint else self.api.DEFAULT_START_TIME
        for page in self.api.fetch_hashes_iter(start_timestamp=start):
            updates = {
                (_SIGNAL_NAMES[record.signalType], record.hashValue): None
                if record.hashStatus in _GONE
                else StopNCIISignalMetadata(record.CSPFeedbacks)
                for record in page.hashRecords
                if record.signalType in _SIGNAL_NAMES
            }
            yield FetchDelta(updates, StopNCIICheckpoint(page.nextSetTimestamp, int(time.time())))


TX_MANIFEST = ThreatExchangeExtensionManifest(apis=(UnspreadSignalExchangeAPI,))
