"""A release: the copy goes back to where its object was, the counts are corrected, and the pair is remembered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING

from unspread.counting import Counting
from unspread.hash_key import HashKey
from unspread.stores.released_pairs import ReleasedPairs
from unspread.stores.restoring import Restoring
from unspread.stores.transaction import Action, commit
from unspread.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_AT_ONCE = 50
"""Pairs that are remembered in one transaction."""


@dataclass(frozen=True, slots=True)
class Release:
    """Sees a release through. Every step may be repeated, so that one that died half-way is finished by the next."""

    counting: Counting
    released: ReleasedPairs
    restoring: Restoring
    transactions: Callable[[], "DynamoDBClient"]

    def __call__(self, upload: Upload, sha256: bytes, keys: Iterable[HashKey], *, moved: bool) -> None:
        """Release an upload from what these listed hashes made of it.

        Args:
            upload: the upload.
            sha256: the SHA-256 of its content.
            keys: the listed hashes.
            moved: whether it is in quarantine. Its copy is deleted last, when what was put back was read back.

        Raises:
            NewerObjectError: another object is under its key now.
            CopyDiffersError: what was put back is not what was scanned.
        """
        keys = list(keys)
        for batch in batched(keys, MOST_AT_ONCE, strict=False):
            actions = self.released.remember(sha256, batch)
            commit(self.transactions(), _once(actions))
        if moved:
            self.restoring.restore(upload, sha256)
        self.counting.take_back(upload, keys)
        if moved:
            self.restoring.discard(upload)


def _once(actions: list[Action]) -> Callable[[], list[Action]]:
    """Return what builds these actions: each is the same however often it is written."""
    return lambda: actions
