"""A hash was listed: find it among past uploads, and act as scan would have."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from unspread import ulid
from unspread.bands import PROBES, probes
from unspread.changes import Change, LogEntry
from unspread.clock import Clock
from unspread.conclude import NOTHING, Conclude
from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import bit_forms, hamming
from unspread.stores.hash_log import LATEST, HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.transaction import commit
from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import Record, UploadTable
from unspread.telemetry import took
from unspread.verdict import Distances, Hit, Judgement, Status, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FORMS = 8
READ_UNIT = 4096
"""Bytes that one strongly consistent read unit of DynamoDB reads."""

SMALLEST_TABLE = 64 * 2**20
"""Bytes that the upload table is taken to have at least: DynamoDB tells its size with up to six hours' delay."""


class NotYetError(Exception):
    """The table does not show yet what the log says: try again."""


def probing_is_cheaper(hashes: int, table_bytes: int) -> bool:
    """Tell whether looking up the bands of new PDQ hashes costs fewer read units than reading the whole table once.

    A look-up is one unit, and a hash takes 8 forms x 272 of them; reading the table takes a unit for every 4 KB.
    """
    return hashes * FORMS * PROBES <= max(table_bytes, SMALLEST_TABLE) / READ_UNIT


@dataclass(frozen=True, slots=True)
class Sweep:
    """Finds the past uploads of newly listed hashes."""

    log: HashLog
    hashes: HashTable
    uploads: UploadTable
    index: UploadIndex
    conclude: Conclude
    transactions: Callable[[], "DynamoDBClient"]
    threads: int = 32
    clock: Callable[[], float] = time.time

    def entry(self, entry: LogEntry, appeared: int | None = None) -> int:
        """Sweep one entry of the log, and mark it as swept; return how many uploads it acted on.

        Args:
            entry: the entry.
            appeared: when it appeared in the table, in ms since 1970, if that is known.

        Raises:
            NotYetError: the table shows an older version than the entry.
        """
        if appeared is not None and appeared > ulid.time_of(entry.ulid) + LATEST:
            # A reader's overlap may have passed it: what is scanned from now on has to see it.
            commit(self.transactions(), lambda: self.log.append(entry.changes))
        active = [change.key for change in self._active(entry.adds())]
        acted = self.uploads_of(active, ulid.time_of(entry.ulid) / 1000)
        self.log.mark_swept(entry)
        return acted

    def uploads_of(self, keys: Sequence[HashKey], listed: float | None = None) -> int:
        """Find the past uploads of hashes by look-ups, act on them, and return how many there were.

        `listed` is when the hashes were listed, in seconds since 1970, where the removals are to be timed.
        """
        hits: dict[str, set[Hit]] = defaultdict(set)
        with ThreadPoolExecutor(self.threads) as pool:
            for key in keys:
                for upload_id, distance in self._candidates(key, pool):
                    hits[upload_id].add(Hit(distance, key))
        return sum(self.act_on(upload_id, near, listed) for upload_id, near in hits.items())

    def act_on(self, upload_id: str, hits: Iterable[Hit], listed: float | None = None) -> bool:
        """Judge an upload anew by the hits that a listing made; tell whether there was anything to do."""
        found = self.uploads.find(upload_id)
        if found is None:
            return False
        upload, record = found
        known = {hit.key for hit in record.hits} if record.verdict is Verdict.MATCH and record.done else set()
        new = [hit for hit in hits if hit.key not in known]
        if not new:
            return False
        judgement = self.conclude.judge(new, NOTHING, record.sha256)
        if judgement is NOTHING:
            return False
        # Should the hash be withdrawn before the last check, the verdict stays what it was; one that was not seen
        # through is left to the scan that made it.
        otherwise = None
        if record.verdict and record.done:
            otherwise = Judgement(record.verdict, record.hits, record.reason)
        verdict = self.conclude(upload, judgement, record.sha256, otherwise)
        if listed is not None and verdict is Verdict.MATCH and self.conclude.removes:
            took(Clock.LISTING_TO_REMOVAL, listed)
        return True

    def _active(self, adds: Sequence[Change]) -> Iterator[Change]:
        """Yield the changes whose hashes are active still, and not withdrawn or held since."""
        listed = self.hashes.read(change.key for change in adds)
        for change in adds:
            current = listed.get(change.key)
            if current is None or current.version < change.version:
                raise NotYetError("The hash table is older than the log.")
            if current.status is Status.ACTIVE:
                yield change

    def _candidates(self, key: HashKey, pool: ThreadPoolExecutor) -> list[tuple[str, int]]:
        match key.kind:
            case Kind.SHA256 | Kind.MD5:
                return [(upload_id, 0) for upload_id in self.index.with_digest(key)]
            case Kind.PDQ:
                return near(key, self.conclude.distances.match, partial(pool.map, self.index.with_band))
            case Kind.PHASH | Kind.WINDOW:
                return []  # they make suspects, and only of uploads that arrive


def near(
    key: HashKey, distance: int, look_up: Callable[[Iterable[str]], Iterable[list[tuple[bytes, str]]]]
) -> list[tuple[str, int]]:
    """Return the uploads within `distance` bits, at most 31, of a PDQ hash in any of its bit forms.

    Args:
        key: the PDQ hash.
        distance: in bits.
        look_up: returns, for each of several bands, the PDQ hashes that have it and their uploads' identifiers.
    """
    forms = bit_forms(np.frombuffer(key.bytes, dtype=np.uint8).reshape(1, 32))[:, 0]
    names = dict.fromkeys(probe for form in forms for probe in probes(form.tobytes()))
    pairs = list({pair for found in look_up(names) for pair in found})
    if not pairs:
        return []
    rows = np.frombuffer(b"".join(pdq for pdq, _ in pairs), dtype=np.uint8).reshape(-1, 32)
    nearest: dict[str, int] = {}
    for (_, upload_id), apart in zip(pairs, hamming(rows, forms).min(axis=1).tolist(), strict=True):
        if apart <= distance:
            nearest[upload_id] = min(apart, nearest.get(upload_id, apart))
    return list(nearest.items())


@dataclass(slots=True)
class Pass:
    """One reading of all records through the kernel, for very many new hashes; it can stop and go on later."""

    sweep: Sweep
    keys: Sequence[HashKey]
    listed: float | None = None  # when the first of them was, in seconds since 1970
    _list: HashList = field(init=False)
    _digests: frozenset[HashKey] = field(init=False)

    def __post_init__(self) -> None:
        self._list = HashList(key for key in self.keys if key.kind is Kind.PDQ)
        self._digests = frozenset(key for key in self.keys if key.kind in (Kind.SHA256, Kind.MD5))

    def over(self, records: Iterable[tuple[str, Record]]) -> int:
        """Act on those of a page of records that are near a new hash; return how many there were."""
        return sum(
            self.sweep.act_on(name, hits, self.listed) for name, record in records if (hits := self._hits(record))
        )

    def _hits(self, record: Record) -> list[Hit]:
        only_matches = Distances(self.sweep.conclude.distances.match, 0, 0)
        hits = self._list.search(record.hashes, only_matches)
        if record.digests:
            digests = (
                HashKey.of(Kind.SHA256, record.digests.sha256),
                HashKey.of(Kind.MD5, record.digests.md5),
            )
            hits += [Hit(0, key) for key in digests if key in self._digests]
        return hits
