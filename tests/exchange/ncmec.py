"""The NCMEC exchange of the unmodified `threatexchange`, led to our address, pulls, and votes on the first entry.

Usage: python ncmec.py URL USER PASSWORD. Prints, as JSON, who it is told to be, and the entries that it ends up with.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

from threatexchange.exchanges.clients.ncmec.hash_api import FeedbackType, FingerprintType, NCMECHashAPI
from threatexchange.exchanges.impl.ncmec_api import NCMECCollabConfig, NCMECSignalExchangeAPI


class UnspreadNCMECExchange(NCMECSignalExchangeAPI):  # type: ignore[misc]
    """The address is fixed in the client's Enum: here it is the user's."""

    def get_client(self, environment: SimpleNamespace) -> NCMECHashAPI:
        """Return the library's client, for another address."""
        return NCMECHashAPI(self._username, self._password, environment)


def main(url: str, user: str, password: str) -> None:
    """Pull everything."""
    environment = SimpleNamespace(value=url)
    exchange = UnspreadNCMECExchange(NCMECCollabConfig(environment=environment, name="test"), user, password)
    client = exchange.get_client(environment)
    kept: dict[str, Any] = {}
    for delta in exchange.fetch_iter([], None):
        UnspreadNCMECExchange.naive_fetch_merge(kept, delta.updates)
    entries = sorted([entry.entry_type.value, entry.id, *entry.fingerprints.items()] for entry in kept.values())
    first = next(entry for entry in kept.values() if "pdq" in entry.fingerprints)
    client.submit_upvote(first.member_id, first.id, FingerprintType.pdq)
    client.submit_feedback(first.member_id, first.id, FingerprintType.pdq, FeedbackType.downvote)
    told = {"status": client.status().esp_name, "members": len(client.members()), "entries": entries}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
