"""What a list says becomes what we list for it.

Each step may be repeated and may die half-way: an entry is written with all hashes that may be listed for it *before*
they are, and without those that left it *after* they are withdrawn. So whoever drops a list, or reads it anew, finds
everything that was listed for it. One run works on a list at a time, by its lease.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from unspread.bulk import BulkListing
from unspread.hash_key import HashKey
from unspread.pull.pulled_list import PulledList
from unspread.pull.source import Record
from unspread.stores.pull_entries import Entry, PullEntries

_REMEMBERED = 90 * 86_400
"""Seconds for which a withdrawn entry is remembered, for records that come late."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of records: hashes that entries brought, those that they had not before, and hashes withdrawn."""

    listed: int = 0
    new: tuple[HashKey, ...] = ()
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes records in."""

    entries: PullEntries
    listing: BulkListing
    clock: Callable[[], float] = time.time

    def __call__(self, pulled: PulledList, generation: int, records: Sequence[Record]) -> Taken:
        """Take a page's records in; those older than what is known of their entries change nothing.

        A full reading believes the list anew: what an earlier `generation` saw counts as older, whatever its time.

        Raises:
            BusyError: others changed the same items on every attempt; repeating completes it.
        """
        latest = _latest(records)
        known = self.entries.read(pulled.name, latest)
        taken = [record for record in latest.values() if not _outdated(known.get(record.entry), record, generation)]
        before = {name: entry.keys for name, entry in known.items()}
        brought = {record.entry: _minus(record.keys, before.get(record.entry, ())) for record in taken}
        left = {record.entry: _minus(before.get(record.entry, ()), record.keys) for record in taken}

        ahead = [_entry(record, record.keys + left[record.entry], generation) for record in taken if record.keys]
        self.entries.write(pulled.name, (entry for entry in ahead if entry != known.get(entry.name)))
        self.entries.hold(pulled.name, _shared((record.entry, record.keys) for record in taken))
        listed = _distinct(key for record in taken for key in record.keys)
        day = datetime.fromtimestamp(self.clock(), UTC).date().isoformat()
        self.listing(listed, pulled.source, pulled.category, day)
        withdrawn = self._withdraw(pulled, left)
        self.entries.write(pulled.name, self._final(taken, left, known, generation))
        return Taken(len(listed), _distinct(key for keys in brought.values() for key in keys), withdrawn)

    def drop(self, pulled: PulledList, position: str, generation: int | None = None) -> tuple[int, str | None]:
        """Withdraw some entries of a list, all or those that a full reading did not show.

        Args:
            pulled: the list.
            position: "" to begin, or what the call before returned.
            generation: of the full reading; None for everything.

        Returns:
            How many hashes were withdrawn, and where to go on; None at the end.

        Raises:
            BusyError: as above.
        """
        entries, following = self.entries.walk(pulled.name, position)
        gone = [entry for entry in entries if generation is None or (entry.keys and entry.generation < generation)]
        withdrawn = self._withdraw(pulled, {entry.name: entry.keys for entry in gone})
        self.entries.delete(pulled.name, (entry.name for entry in gone))
        return withdrawn, following

    def _withdraw(self, pulled: PulledList, left: Mapping[str, tuple[HashKey, ...]]) -> int:
        """Withdraw the hashes that left their entries, unless other entries have them."""
        shared = _shared(left.items())
        self.entries.let_go(pulled.name, shared)
        kept = {key for key in _distinct(key for _, key in shared) if self.entries.is_held(pulled.name, key)}
        gone = [key for key in _distinct(key for keys in left.values() for key in keys) if key not in kept]
        return self.listing.withdraw(gone, pulled.source)

    def _final(
        self,
        taken: Iterable[Record],
        left: Mapping[str, tuple[HashKey, ...]],
        known: Mapping[str, Entry],
        generation: int,
    ) -> Iterable[Entry]:
        expires = int(self.clock()) + _REMEMBERED
        for record in taken:
            entry = _entry(record, record.keys, generation)
            if not record.keys:
                was = known.get(record.entry)
                if was is None or replace(was, expires=None) != entry:
                    yield replace(entry, expires=expires)
            elif left[record.entry]:
                yield entry


def _latest(records: Iterable[Record]) -> dict[str, Record]:
    """Return the newest record of each entry; of two of the same time, the last one."""
    latest: dict[str, Record] = {}
    for record in records:
        if record.entry not in latest or record.modified >= latest[record.entry].modified:
            latest[record.entry] = record
    return latest


def _outdated(known: Entry | None, record: Record, generation: int) -> bool:
    return known is not None and known.generation >= generation and known.modified > record.modified


def _entry(record: Record, keys: tuple[HashKey, ...], generation: int) -> Entry:
    return Entry(record.entry, keys, record.modified, generation)


def _minus(keys: tuple[HashKey, ...], others: tuple[HashKey, ...]) -> tuple[HashKey, ...]:
    return tuple(key for key in keys if key not in others)


def _distinct(keys: Iterable[HashKey]) -> tuple[HashKey, ...]:
    return tuple(dict.fromkeys(keys))


def _shared(entries: Iterable[tuple[str, tuple[HashKey, ...]]]) -> list[tuple[str, HashKey]]:
    """Return entries with their hashes, save those entries that are their hash."""
    return [(name, key) for name, keys in entries for key in keys if name != str(key)]
