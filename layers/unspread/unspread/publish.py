"""The list's log becomes a snapshot, which a cold start loads at once."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from unspread import ulid
from unspread.snapshot import DamagedSnapshotError, Snapshot
from unspread.stores.hash_log import HashLog
from unspread.stores.snapshots import Current, LostRaceError, Snapshots

_EXPIRE = 3_600_000
"""Milliseconds for which a snapshot that is no longer named stays: a slow cold start may still be reading it."""

_LARGE_TAIL = 256
"""Entries since the last snapshot above which a new one is worth its writing."""

_OLD = 6 * 3_600_000
"""Milliseconds after which a snapshot is renewed for a single entry, so that cursors do not stay behind for ever."""


@dataclass(frozen=True, slots=True)
class Published:
    """What a run did: the hashes in the snapshot, whether it published one, and how many old ones it deleted."""

    hashes: int
    published: bool
    expired: int


@dataclass(frozen=True, slots=True)
class Publish:
    """The publishing of snapshots. Two runs at once harm nothing: one of them publishes."""

    log: HashLog
    snapshots: Snapshots
    clock: Callable[[], float] = time.time

    def __call__(self) -> Published:
        """Publish a snapshot if enough has changed since the newest, and delete old ones."""
        now = int(self.clock() * 1000)
        current = self.snapshots.current()
        snapshot, fallen_back = self._newest(current)
        changed, tail = False, 0
        for entries, cursor in self.log.pages(snapshot.cursor):
            changed |= snapshot.apply(entries, cursor)
            tail += len(entries)
        age = now - ulid.time_of(current.names[0]) if current.names else _OLD
        published = fallen_back or (changed and (tail > _LARGE_TAIL or age >= _OLD or not current.names))
        if published:
            try:
                current = self.snapshots.publish(snapshot.to_bytes(), current, ulid.at(now))
            except LostRaceError:
                published = False
        return Published(len(snapshot), published, self.snapshots.expire(current, now - _EXPIRE))

    def _newest(self, current: Current) -> tuple[Snapshot, bool]:
        """Read the newest snapshot that is whole; tell whether one had to be passed over."""
        for position, name in enumerate(current.names):
            data = self.snapshots.read(name)
            try:
                if data is not None:
                    return Snapshot.from_bytes(data), position > 0
            except DamagedSnapshotError:
                continue
        return Snapshot(), bool(current.names)
