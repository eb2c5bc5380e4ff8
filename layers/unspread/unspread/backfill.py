"""What a bucket holds already is scanned: listed here, queued for scan, and counted when all of it is judged.

A run goes on step by step, each an invocation of the function. Where it is stands in the table after every page, so
that a step which died is repeated from there: what was queued twice is scanned once.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from unspread.scan_filter import ScanFilter
from unspread.stores.queue import Queue
from unspread.stores.run_table import Kind, Run, RunTable, State, SupersededError
from unspread.stores.upload_table import UploadTable
from unspread.stores.versions import PAGE, StoredVersion, Versions
from unspread.verdict import Verdict

_A_SECOND = 100
"""Scans a second that waiting is reckoned with."""
_SHORTEST_WAIT, _LONGEST_WAIT = 2, 300
_RECOUNT_WAIT = 60
_PACED = 5
"""Seconds' worth of uploads that a paced run queues at once."""
UNJUDGED = "unjudged"
"""What was queued and got no verdict: it is in the dead-letter queue."""
_RECOUNTS = 3
"""How often it is waited for versions without a verdict although the queue tells that it is empty: that may be old."""


@dataclass(frozen=True, slots=True)
class Step:
    """What comes after a step: another one in so many seconds, or none.

    Attributes:
        again: whether there is anything left to do.
        wait: seconds to wait before.
        queued: versions that this step queued.
        lost: those among them of which there was no record at all.
    """

    again: bool
    wait: int = 0
    queued: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Backfill:
    """Takes a run a step further."""

    versions: Versions
    uploads: UploadTable
    queue: Queue
    runs: RunTable
    wanted: ScanFilter
    ahead: int
    clock: Callable[[], float] = time.time
    tags: bool = False
    """Whether versions that were judged before tags were wanted are queued again, to be tagged."""

    def __call__(self, kind: Kind, bucket: str, turn: int, enough_time: Callable[[], bool]) -> Step:
        """Take a run further while there is `enough_time`."""
        run = self.runs.read(kind, bucket)
        if run is None or run.turn != turn or run.state.over:
            return Step(again=False)
        try:
            match run.state:
                case State.SCANNING:
                    return self._scanning(run)
                case State.COUNTING:
                    return self._count(run, enough_time)
                case State.CLEARING:
                    return self._clear(run, enough_time)
                case _:
                    return self._list(run, enough_time)
        except SupersededError:
            return Step(again=False)

    def _list(self, run: Run, enough_time: Callable[[], bool]) -> Step:
        """List and queue, until enough wait to be scanned or it is told to stop."""
        run = replace(run, waiting=self.queue.length(), touched=self.clock())
        queued = lost = 0
        while enough_time():
            if run.waiting + queued >= self.ahead:
                if self.runs.save(run):
                    return self._stopped(run, queued, lost)
                return Step(again=True, wait=_wait_for(self.ahead), queued=queued, lost=lost)
            run, left, unknown = self._page(run)
            queued, lost = queued + left, lost + unknown
            if self.runs.save(run) and not run.state.over:
                return self._stopped(run, queued, lost)
            if run.state is not State.LISTING:
                break
            if run.pace and queued:
                return Step(again=True, wait=ceil(queued / run.pace), queued=queued, lost=lost)
        return Step(again=not run.state.over, queued=queued, lost=lost)

    def _page(self, run: Run) -> tuple[Run, int, int]:
        """List a page and queue what is left of it; return the run after it, how many were queued, how many unknown."""
        most = min(PAGE, self.ahead, run.pace * _PACED or PAGE)
        page, cursor = self.versions.page(run.bucket, run.prefix, run.cursor, most)
        wanted = [version for version in page if self._concerns(run, version)]
        readable = [version.upload for version in wanted if not version.archived]
        known = self.uploads.outcomes([upload.id for upload in readable], tags=self.tags)
        left = [upload for upload in readable if known.get(upload.id) is None]
        if left and run.kind is Kind.BACKFILL:
            self.runs.keep_queued(run, [upload.id for upload in left])
            run = replace(run, pages=run.pages + 1)
        self.queue.send(upload.message() for upload in left)
        if cursor is None:
            run = replace(run, state=State.SCANNING if run.kind is Kind.BACKFILL else State.DONE)
        run = replace(run, cursor=cursor, touched=self.clock()).counting(
            listed=len(page),
            wanted=len(wanted),
            bytes=sum(version.upload.size for version in wanted),
            archived=len(wanted) - len(readable),
            known=len(readable) - len(left),
            queued=len(left),
        )
        return run, len(left), sum(upload.id not in known for upload in left)

    def _scanning(self, run: Run) -> Step:
        """Wait until the queue is empty: stopping means no more than not to wait."""
        run = replace(run, waiting=self.queue.length(), touched=self.clock())
        if not run.waiting:
            run = replace(run, state=State.COUNTING, page=0, counted=_without_verdicts(run))
        if self.runs.save(run):
            return self._stopped(run)
        return Step(again=True, wait=_wait_for(run.waiting) if run.waiting else 0)

    def _count(self, run: Run, enough_time: Callable[[], bool]) -> Step:
        """Count the verdicts of what was queued: by its identifiers, for matches are in the bucket no longer."""
        while run.page < run.pages:
            if not enough_time():
                return Step(again=True)
            queued = self.runs.queued(run)
            known = self.uploads.outcomes(queued, tags=self.tags)
            verdicts = Counter(known.get(upload_id) or UNJUDGED for upload_id in queued)
            run = replace(run, page=run.page + 1, touched=self.clock()).counting(**verdicts)
            self.runs.save(run)
        if run.counted.get(UNJUDGED) and run.recounts < _RECOUNTS:
            self.runs.save(replace(run, state=State.SCANNING, recounts=run.recounts + 1))
            return Step(again=True, wait=_RECOUNT_WAIT)
        self.runs.save(replace(run, state=State.CLEARING, page=0))
        return Step(again=True)

    def _clear(self, run: Run, enough_time: Callable[[], bool]) -> Step:
        """Delete what was kept for counting."""
        while run.page < run.pages:
            if not enough_time():
                self.runs.save(run)
                return Step(again=True)
            self.runs.clear_queued(run)
            run = replace(run, page=run.page + 1, touched=self.clock())
        self.runs.save(replace(run, state=State.DONE, touched=self.clock()))
        return Step(again=False)

    def _stopped(self, run: Run, queued: int = 0, lost: int = 0) -> Step:
        self.runs.save(replace(run, state=State.STOPPED, halted=run.state))
        return Step(again=False, queued=queued, lost=lost)

    def _concerns(self, run: Run, version: StoredVersion) -> bool:
        in_time = run.since <= version.modified < run.before
        return in_time and self.wanted.wants(version.upload.key, version.upload.size)


def _without_verdicts(run: Run) -> dict[str, int]:
    return {name: number for name, number in run.counted.items() if name not in {*Verdict, UNJUDGED}}


def _wait_for(messages: int) -> int:
    return min(_LONGEST_WAIT, max(_SHORTEST_WAIT, messages // _A_SECOND))
