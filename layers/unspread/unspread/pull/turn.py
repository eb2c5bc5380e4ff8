"""One list's turn: read on, page by page, from where the last turn stopped.

A page's cursor is saved after its hashes are committed, so that a turn that dies anywhere repeats a page, and loses
none. What a full reading did not show is withdrawn at its end, step by step.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from unspread.pull.intake import Intake
from unspread.pull.pulled_list import PulledList, State
from unspread.pull.reporting import Reporting
from unspread.pull.source import Fault, Page, Source, SourceError

MOST_FAILURES = 3
"""Attempts at a page in one turn."""

_PAUSE = 2.0


@dataclass(slots=True)
class Counts:
    """What a turn did."""

    listed: int = 0
    withdrawn: int = 0
    skipped: int = 0
    told: int = 0


@dataclass(slots=True)
class Turn:
    """A turn of a list.

    Attributes:
        pulled: the list.
        state: how far it is; `save` writes it.
        going_on: tells whether there is time for another page.
    """

    pulled: PulledList
    state: State
    intake: Intake
    reporting: Reporting
    save: Callable[[State], None]
    going_on: Callable[[], bool]
    counts: Counts = field(default_factory=Counts)
    wait: Callable[[float], object] = time.sleep

    def restart(self) -> None:
        """Have the list read anew."""
        self._move(replace(self.state, cursor="", full=False, dropping=None))

    def read(self, source: Source) -> bool:
        """Read on; tell whether the list was read to its end. Raises SourceError, BusyError."""
        if not self._drop_unseen():
            return False
        for failures in range(MOST_FAILURES):
            cursor = self.state.cursor
            try:
                ended = self._pages(source)
            except SourceError as error:
                got_on = self.state.cursor != cursor
                if error.fault is not Fault.MALFORMED or (failures == MOST_FAILURES - 1 and not got_on):
                    raise
                self.wait(_PAUSE)
            else:
                return ended and self._end()
        return False  # it got on each time, and is read on by the next turn

    def drop(self) -> bool:
        """Withdraw everything that the list lists; tell whether that is done. Raises BusyError."""
        if not self.state.removing:
            self._move(replace(self.state, removing=True, dropping=""))
        return self._drop(None)

    def _pages(self, source: Source) -> bool:
        for page in source.pages(self.state.cursor):
            if page.begins:
                generation = self.state.generation + 1
                self.state = replace(self.state, generation=generation, full=True, read=0, skipped=0, dropping=None)
            taken = self.intake(self.pulled, self.state.generation, page.records)
            self.reporting.joined(self.pulled, taken.new)
            self.counts.listed += len(taken.new)
            self.counts.withdrawn += taken.withdrawn
            self.counts.skipped += page.skipped
            self._move(self._after(page))
            if page.ends:
                return True
            if not self.going_on():
                return False
        raise SourceError(Fault.MALFORMED)

    def _after(self, page: Page) -> State:
        after = replace(self.state, cursor=page.cursor)
        if not after.full:
            return after
        after = replace(after, read=after.read + len(page.records), skipped=after.skipped + page.skipped)
        if not page.ends:
            return after
        earlier = after.generation > 1  # else there is nothing that this reading could not have shown
        return replace(after, full=False, dropping="" if earlier and after.skipped <= after.read else None)

    def _end(self) -> bool:
        if self.state.skipped > self.state.read:
            raise SourceError(Fault.MALFORMED)  # the full reading may have shown what it seems not to have
        return self._drop_unseen()

    def _drop_unseen(self) -> bool:
        """Withdraw what the last full reading did not show; tell whether that is done."""
        return self._drop(self.state.generation)

    def _drop(self, generation: int | None) -> bool:
        while self.state.dropping is not None:
            withdrawn, following = self.intake.drop(self.pulled, self.state.dropping, generation)
            self.counts.withdrawn += withdrawn
            self._move(replace(self.state, dropping=following))
            if following is not None and not self.going_on():
                return False
        return True

    def _move(self, state: State) -> None:
        self.save(state)
        self.state = state
