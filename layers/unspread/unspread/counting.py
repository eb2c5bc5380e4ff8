"""Copies found and removed: counted once for each upload and each hash that it hit, however often it is tried."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from unspread.hash_key import HashKey
from unspread.stores.counted_hits import CountedHits
from unspread.stores.hash_table import HashTable
from unspread.stores.local_counts import LocalCounts
from unspread.stores.transaction import Action, commit
from unspread.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts copies: for whoever listed the hash, and for those whose list it came from."""

    hits: CountedHits
    hashes: HashTable
    local: LocalCounts
    transactions: Callable[[], "DynamoDBClient"]

    def found(self, upload: Upload, keys: Iterable[HashKey]) -> None:
        """Count an upload as a copy found of these hashes."""
        self._each(self._finding, upload, keys)

    def removed(self, upload: Upload, keys: Iterable[HashKey]) -> None:
        """Count an upload, which is counted as found, as removed."""
        self._each(self._removing, upload, keys)

    def take_back(self, upload: Upload, keys: Iterable[HashKey]) -> None:
        """Take back what was counted of an upload: it was no copy."""
        self._each(self._taking_back, upload, keys)

    def _each(
        self, actions: Callable[[Upload, HashKey], list[Action]], upload: Upload, keys: Iterable[HashKey]
    ) -> None:
        for key in keys:
            commit(self.transactions(), partial(actions, upload, key))

    def _finding(self, upload: Upload, key: HashKey) -> list[Action]:
        found, _ = self.hits.read(upload, key)
        return [] if found else [self.hits.add_found(upload, key), *self._count(key, found=1)]

    def _removing(self, upload: Upload, key: HashKey) -> list[Action]:
        _, removed = self.hits.read(upload, key)
        return [] if removed else [self.hits.add_removed(upload, key), *self._count(key, removed=1)]

    def _taking_back(self, upload: Upload, key: HashKey) -> list[Action]:
        found, removed = self.hits.read(upload, key)
        if not found:
            return []
        return [
            self.hits.take_back(upload, key, removed=removed),
            *self._count(key, found=-1, removed=-1 if removed else 0),
        ]

    def _count(self, key: HashKey, *, found: int = 0, removed: int = 0) -> list[Action]:
        return [
            self.hashes.count(key, found=found, removed=removed),
            *self.local.count(key, found=found, removed=removed),
        ]
