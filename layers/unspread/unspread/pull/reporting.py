"""Feedback to the lists that we pull: what was found here of theirs, so that people who submitted there see it.

Counting a copy leaves a mark (`stores.local_counts`). Marks are handed out to the lists that have the hash and want to
hear of it, and only then deleted; each list's queue is told from, and only then emptied. So every count is told at
least once, the latest one last, and a list that does not answer keeps nobody waiting.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from unspread.hash_key import HashKey
from unspread.pull.pulled_list import PulledList
from unspread.pull.source import CountedHash, Reporter
from unspread.stores.hash_table import HashTable
from unspread.stores.local_counts import LocalCounts
from unspread.stores.pull_table import PullTable

HASHES_A_REPORT = 200
"""As many as another Unspread takes at once."""


@dataclass(frozen=True, slots=True)
class Reporting:
    """Tells lists what was found of theirs."""

    table: PullTable
    hashes: HashTable
    counts: LocalCounts

    def hand_out(self, lists: Iterable[PulledList], going_on: Callable[[], bool]) -> None:
        """Queue the hashes whose counts changed for each of these lists that has them."""
        hearing = [pulled for pulled in lists if pulled.feedback and not pulled.removing]
        for marks in self.counts.marks():
            for pulled in hearing:
                _, theirs = self.hashes.read_with_source((mark.key for mark in marks), pulled.source)
                self.table.queue(pulled.name, theirs)
            for mark in marks:
                self.counts.unmark(mark)
            if not going_on():
                return

    def joined(self, pulled: PulledList, keys: Sequence[HashKey]) -> None:
        """Queue those hashes, new in a list, of which copies were found here before."""
        if pulled.feedback and keys:
            self.table.queue(pulled.name, self.counts.read(keys))

    def tell(self, pulled: PulledList, reporter: Reporter, going_on: Callable[[], bool]) -> int:
        """Tell a list what is queued for it; return the number of hashes told. Raises SourceError."""
        told = 0
        for marks in batched(self.table.queued(pulled.name), HASHES_A_REPORT, strict=False):
            counts = self.counts.read(mark.key for mark in marks)
            counted = [CountedHash(key, found, removed) for key, (found, removed) in counts.items() if found]
            if counted:
                reporter.report(counted)
            for mark in marks:
                self.table.told(pulled.name, mark)
            told += len(counted)
            if not going_on():
                break
        return told
