"""The prevalence guard: a hash that hits very many uploads is somebody's logo, or the most-spread victim.

Which of the two a person has to tell: until then it is held, and what it hits is suspect, not clean and not removed.
Hashes that two sources list independently, those of a list that the operator trusts, and those that a person approved,
are exempt.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from unspread.hash_key import HashKey
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable, ListedHash
from unspread.stores.transaction import Action, commit
from unspread.telemetry import logger, metrics
from unspread.verdict import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_INDEPENDENT = 2
"""Sources that make a hash exempt."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Holds hashes of more than `limit` distinct uploads, and lets people approve them."""

    hashes: HashTable
    log: HashLog
    transactions: Callable[[], "DynamoDBClient"]
    limit: int
    trusted: tuple[str, ...] = ()
    """Names of trusted lists: the sources `list#<name>`."""

    def __call__(self, keys: Iterable[HashKey]) -> dict[HashKey, ListedHash]:
        """Read hashes after their counts were raised, holding those that hit too many; return what they are now."""
        listed = self.hashes.read(keys)
        held = [hash_.key for hash_ in listed.values() if self._too_many(hash_) and not self._is_trusted(hash_.key)]
        for key in held:
            commit(self.transactions(), partial(self._holding, key))
            logger.warning("a hash is held: it hits too many uploads")
            metrics.add_metric("Held", "Count", 1)
        return self.hashes.read(listed) if held else listed

    def approve(self, key: HashKey) -> None:
        """Let a held hash act again, and be exempt. Its listing is then swept anew."""
        commit(self.transactions(), lambda: self._approving(key))

    def _too_many(self, listed: ListedHash) -> bool:
        if listed.status is not Status.ACTIVE or listed.exempt or listed.sources >= _INDEPENDENT:
            return False
        return listed.found - listed.elsewhere > self.limit  # what participants say can hold nothing

    def _is_trusted(self, key: HashKey) -> bool:
        return any(self.hashes.read_with_source([key], f"list#{name}")[1] for name in self.trusted)

    def _holding(self, key: HashKey) -> list[Action]:
        listed = self.hashes.read([key])[key]
        if not self._too_many(listed) or self._is_trusted(key):
            return []
        actions, changes = self.hashes.set_status(listed, Status.HELD)
        return actions + self.log.append(changes)

    def _approving(self, key: HashKey) -> list[Action]:
        listed = self.hashes.read([key]).get(key)
        if listed is None or listed.status is not Status.HELD:
            return []
        actions, changes = self.hashes.set_status(listed, Status.ACTIVE, exempt=True)
        return actions + self.log.append(changes)
