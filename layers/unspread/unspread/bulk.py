"""Very many hashes at once: another list, or a file of hashes.

Each transaction lists as many hashes as fit, with one packed entry of the log. The pace is held for two reasons: a
partition of DynamoDB takes about 1,000 write units a second, and the log is one; and scans read the last minute of
the log again for every upload, so what is written in a minute is what each upload pays to read.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING

from unspread.changes import Change
from unspread.hash_key import HashKey
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.transaction import Action, commit
from unspread.submission import Category

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HASHES_A_TRANSACTION = 49
"""Two actions for each hash, and two for the log, of the 100 that a transaction may have."""

TRANSACTIONS_A_SECOND = 20
"""About 1,000 hashes, 40 KB of log and 400 write units of its partition a second: an upload's scan then reads at most
2.4 MB of the log, a million hashes take 17 minutes."""


@dataclass(frozen=True, slots=True)
class BulkListing:
    """Lists and withdraws hashes for a source that has very many."""

    hashes: HashTable
    log: HashLog
    transactions: Callable[[], "DynamoDBClient"]
    pace: float = TRANSACTIONS_A_SECOND
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep

    def __call__(self, keys: Iterable[HashKey], source: str, category: Category, day: str) -> int:
        """List hashes for a source; those it lists already stay as they are. Returns the number of hashes read.

        Memory does not grow with the number of hashes. Stopped anywhere, it is begun again with the same hashes.

        Raises:
            BusyError: others changed the same items on every attempt.
        """
        return self._paced(keys, lambda batch: self._listing(batch, source, category, day))

    def withdraw(self, keys: Iterable[HashKey], source: str) -> int:
        """Withdraw a source from hashes, as far as it lists them. Returns the number of hashes read.

        Stopped anywhere, it is begun again with the same hashes.

        Raises:
            BusyError: others changed the same items on every attempt.
        """
        return self._paced(keys, lambda batch: self._withdrawing(batch, source))

    def _paced(self, keys: Iterable[HashKey], build: Callable[[tuple[HashKey, ...]], list[Action]]) -> int:
        began, read = self.clock(), 0
        for number, batch in enumerate(batched(keys, HASHES_A_TRANSACTION, strict=False)):
            ahead = number / self.pace - (self.clock() - began)
            if ahead > 0:
                self.wait(ahead)
            commit(self.transactions(), partial(build, tuple(dict.fromkeys(batch))))
            read += len(batch)
        return read

    def _listing(self, keys: tuple[HashKey, ...], source: str, category: Category, day: str) -> list[Action]:
        current, ours = self.hashes.read_with_source(keys, source)
        actions: list[Action] = []
        changes: list[Change] = []
        for key in keys:
            if key not in ours:
                more, changed = self.hashes.add_source(key, current.get(key), source, category, day)
                actions += more
                changes += changed
        return actions + self.log.append(changes)

    def _withdrawing(self, keys: tuple[HashKey, ...], source: str) -> list[Action]:
        current, ours = self.hashes.read_with_source(keys, source)
        actions: list[Action] = []
        changes: list[Change] = []
        for key in keys:
            if key in ours:
                more, changed = self.hashes.remove_source(current[key], source)
                actions += more
                changes += changed
        return actions + self.log.append(changes)
