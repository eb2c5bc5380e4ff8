"""What waits, and for how long: measured on a schedule, so that alarms can tell before it hurts.

Only what is stored is read here: open reviews, listings that were not swept, the snapshot against the log, the lists
that are pulled. Queues and functions have metrics of their own.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from unspread import ulid
from unspread.changes import LogEntry, Operation
from unspread.clock import hours_since
from unspread.hash_key import Kind
from unspread.pull.pulled_list import PulledList, State
from unspread.stores.hash_log import HashLog
from unspread.stores.pull_table import PullTable
from unspread.stores.review_table import ReviewTable
from unspread.stores.snapshots import Snapshots
from unspread.verdict import Verdict

_IN_SNAPSHOTS = {Kind.PDQ, Kind.PHASH, Kind.WINDOW}
_PUBLISHING = 600_000
"""Milliseconds that publish may take: what is appended meanwhile may be in the snapshot or not."""

_REPEATED = 3_600_000
"""Milliseconds within which sweep appends an entry again that came late: a repetition tells a snapshot nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measuring found. Hours are 0 where nothing waits."""

    matches: int  # reviews that are open
    suspects: int
    review_hours: float  # since the oldest of them was judged
    unswept: int  # log entries whose hashes were not looked for among past uploads
    unswept_hours: float
    snapshot_hours: float  # since the oldest change that the snapshot lacks
    import_hours: Mapping[str, float] = field(default_factory=dict)  # by list, since it was last read to its end

    @property
    def open_hours(self) -> float:
        """The age of the oldest thing on which somebody or something has yet to act."""
        return max(self.review_hours, self.unswept_hours)

    @property
    def stalest_import(self) -> float:
        """The age of the list that was not read for longest."""
        return max(self.import_hours.values(), default=0.0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """Measures a stack."""

    log: HashLog
    reviews: ReviewTable
    snapshots: Snapshots
    pulled: PullTable
    clock: Callable[[], float] = time.time

    def __call__(self) -> Measured:
        """Measure everything; writes nothing."""
        now = self.clock()
        verdicts: Counter[Verdict] = Counter()
        oldest = now
        for review in self.reviews.open():
            verdicts[review.verdict] += 1
            oldest = min(oldest, review.since)
        unswept = [ulid.time_of(entry.ulid) / 1000 for entry in self.log.unswept()]
        return Measured(
            matches=verdicts[Verdict.MATCH],
            suspects=verdicts[Verdict.SUSPECT],
            review_hours=hours_since(oldest, now),
            unswept=len(unswept),
            unswept_hours=hours_since(min(unswept, default=now), now),
            snapshot_hours=self._snapshot_hours(now),
            import_hours=self._imports(now),
        )

    def _snapshot_hours(self, now: float) -> float:
        """Return for how long the snapshot lacks something; a snapshot that lacks nothing may be as old as it likes."""
        names = self.snapshots.current().names
        through = ulid.time_of(names[0]) + _PUBLISHING if names else 0
        known: set[object] = set()
        for entry in self.log.since(ulid.first_at(through - _PUBLISHING - _REPEATED)):
            if ulid.time_of(entry.ulid) <= through:
                known.add(entry.changes)
            elif _searchable(entry) and entry.changes not in known:
                return hours_since(ulid.time_of(entry.ulid) / 1000, now)
        return 0.0

    def _imports(self, now: float) -> dict[str, float]:
        states = self.pulled.states()
        return {
            pulled.name: hours_since(since, now)
            for pulled in self.pulled.all()
            if pulled.enabled and not pulled.removing and (since := _last_read(pulled, states))
        }


def _last_read(pulled: PulledList, states: Mapping[str, State]) -> int:
    """Return when a list was last read to its end, or, if it never was, when it was added."""
    return max(pulled.added, states.get(pulled.name, State()).succeeded)


def _searchable(entry: LogEntry) -> bool:
    """Tell whether an entry changes what a snapshot holds."""
    return any(change.key.kind in _IN_SNAPSHOTS and change.operation is not Operation.NOTE for change in entry.changes)
