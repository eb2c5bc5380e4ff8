"""The feed: what participants are told of the list, page by page, in the order of its log.

The log says which hashes changed, and the hash table, read after it, what they are now. A hash is in the feed if it
ever had a source of our own and a category that the participant may see; it is withdrawn for the participant when it
is held, when its last source of our own left, or when its category became one that the participant may not see.

Where to go on is told in two ways. Within a reading, by a position in the log. From one reading to the next, by a time
before which everything was read for good: an entry may appear up to a minute after its ULID (`hash_log`), so that this
time never passes the log's own cursor, taken before each page; and once a page has gone beyond it, it stays where it is
until the next reading, for what came late behind that page was not read.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import batched

from unspread import ulid
from unspread.changes import Change
from unspread.exchange.page_token import Position
from unspread.exchange.participant import Participant
from unspread.hash_key import HashKey, Kind
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable, ListedHash
from unspread.verdict import Status

_HASHES_A_READ = 100

MOST_EXAMINED = 5_000
"""Changes that one page looks at: where most hashes are others', pages are small rather than slow."""

MOST_RECORDS = 10_000
"""Records of the longest page: 2 MB as JSON."""


class FutureError(ValueError):
    """A reading that begins in the future."""


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """What a hash is now. `changed` is when the log told of it, in seconds since 1970."""

    listed: ListedHash
    active: bool
    changed: int

    @property
    def key(self) -> HashKey:
        """The hash."""
        return self.listed.key


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Some records, where the next page of this reading begins, and where the next reading does, in seconds."""

    records: tuple[FeedRecord, ...]
    next: Position | None
    next_start: int


@dataclass(frozen=True, slots=True)
class Feed:
    """The feed, on the list's log and the hash table."""

    log: HashLog
    hashes: HashTable
    clock: Callable[[], float] = time.time

    def begin(self, start: int, end: int = 0) -> Position:
        """Begin a reading at a time, in seconds since 1970, up to another. Raises FutureError."""
        if start > self.clock() + 60:
            raise FutureError("This time lies in the future. Begin at the time that your last page gave you.")
        return Position.at(start, end)

    def page(self, participant: Participant, position: Position, size: int) -> FeedPage:
        """Read a page.

        It may have fewer records than `size`, or none, and there may be more. The first page of a reading goes on until
        its first second is over, so that somebody who begins anew with every page gets on as well.

        Args:
            participant: who reads.
            position: where to begin.
            size: how many records are enough.
        """
        horizon = ulid.time_of(self.log.cursor())
        records: dict[HashKey, FeedRecord] = {}
        examined, reached, more = 0, position, False
        for batch in batched(self._changes(position), _HASHES_A_READ, strict=False):
            hashes = self.hashes.read(change.key for _, change in batch)
            for after, change in batch:
                enough = len(records) >= size or examined >= MOST_EXAMINED
                if enough and (_gets_on(position, reached) or len(records) >= MOST_RECORDS):
                    more = True
                    break
                examined, reached = examined + 1, after
                # The same hash once more: it may have changed since it was read for this page.
                records.pop(change.key, None)
                record = _record(hashes.get(change.key), participant, after.time // 1000)
                if record:
                    records[change.key] = record
            if more:
                break
        safe = position.safe
        if position.time <= position.safe:
            safe = max(safe, min(reached.time, horizon) if more else horizon)
        following = replace(reached, safe=safe) if more else None
        return FeedPage(tuple(records.values()), following, max(position.start, safe // 1000))

    def _changes(self, position: Position) -> Iterator[tuple[Position, Change]]:
        """Yield the changes of kinds that participants are told of, each with the position behind it."""
        for entries, _ in self.log.pages(position.entry):
            for entry in entries:
                if position.end and ulid.time_of(entry.ulid) >= position.end * 1000:
                    return
                done = position.done if entry.ulid == position.entry else 0
                for number, change in enumerate(entry.changes[done:], done + 1):
                    if change.key.kind in (Kind.PDQ, Kind.MD5):
                        yield replace(position, entry=entry.ulid, done=number), change


def visible(listed: ListedHash | None, participant: Participant) -> bool:
    """Tell whether a participant was ever told of a hash."""
    if listed is None or listed.own is None or (listed.key.kind is Kind.MD5 and not listed.video):
        return False
    return bool(participant.categories & ({listed.category} | ({"adult"} if listed.raised else set())))


def _gets_on(position: Position, reached: Position) -> bool:
    """Tell whether somebody who keeps only the time of a page gets on by it, or has the page's token."""
    return position.done > 0 or reached.time // 1000 > position.start


def _record(listed: ListedHash | None, participant: Participant, changed: int) -> FeedRecord | None:
    if listed is None or not visible(listed, participant):
        return None
    active = listed.status is Status.ACTIVE and bool(listed.own) and listed.category in participant.categories
    return FeedRecord(listed, active, changed)
