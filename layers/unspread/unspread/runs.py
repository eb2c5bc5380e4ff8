"""Beginning, stopping and going on with runs: what operators and the schedule tell the state machine."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from unspread import ulid
from unspread.stores.executions import Executions
from unspread.stores.run_table import Kind, Run, RunTable, State

STALE = 3600
"""Seconds after which a run that did not go on is taken to have died: steps are minutes apart."""

_LEFT_ALONE = 3600
"""Seconds for which an upload is left to its event."""

_LOOK_BACK = 7 * 24 * 3600
"""Seconds that a look for lost events goes back behind the one before: a multipart upload counts from when it was
begun, may take days, and has its event at its end."""


class RunningError(Exception):
    """The bucket is being listed already."""


class NotRunningError(Exception):
    """There is nothing to stop, or to go on with."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Begins, stops and resumes runs."""

    table: RunTable
    executions: Executions
    clock: Callable[[], float] = time.time

    def begin(
        self, kind: Kind, bucket: str, *, prefix: str = "", since: float = 0, before: float = 0, pace: int = 0
    ) -> Run:
        """Begin to list a bucket. Raises RunningError if that is being done already."""
        last = self.table.read(kind, bucket)
        if last and not last.state.over and not self.stale(last):
            raise RunningError
        now = self.clock()
        turn = last.turn + 1 if last else 1
        run = Run(kind, bucket, turn, prefix, since, before or now, pace, started=now, touched=now)
        self.table.begin(run)
        self._execute(run)
        return run

    def stop(self, bucket: str) -> None:
        """Tell a backfill to stop after the page that it is at. Raises NotRunningError."""
        run = self.table.read(Kind.BACKFILL, bucket)
        if run is None or run.state.over:
            raise NotRunningError
        self.table.stop(run)

    def resume(self, kind: Kind, bucket: str, pace: int | None = None) -> Run:
        """Go on with a run that was stopped, or that died, where it was; at another pace, if one is given.

        Raises:
            NotRunningError: there is none.
            RunningError: it is going on.
        """
        run = self.table.read(kind, bucket)
        if run is None or run.state is State.DONE:
            raise NotRunningError
        if run.state is not State.STOPPED and not self.stale(run):
            raise RunningError
        state = run.halted or run.state
        pace = run.pace if pace is None else pace
        run = replace(run, turn=run.turn + 1, state=state, halted=None, touched=self.clock(), pace=pace)
        self.table.begin(run)
        self._execute(run)
        return run

    def stale(self, run: Run) -> bool:
        """Tell whether a run that is not over does not go on any longer."""
        return run.touched < self.clock() - STALE

    def _execute(self, run: Run) -> None:
        name = f"{run.kind}-{ulid.at(int(self.clock() * 1000))}"
        self.executions.start(name, {"kind": run.kind.value, "bucket": run.bucket, "turn": run.turn})


@dataclass(frozen=True, slots=True)
class LookAround:
    """On a schedule: looks for lost events in the watched buckets, and goes on with backfills that died."""

    runs: Runs
    upload_bucket: str
    existing: Iterable[str]

    def __call__(self) -> tuple[int, int]:
        """Return how many looks were begun, and how many runs go on."""
        begun = resumed = 0
        for bucket in (self.upload_bucket, *self.existing):
            resumed += self._revive(Kind.BACKFILL, bucket)
            watched = self.runs.table.watched(bucket)
            if bucket != self.upload_bucket and watched is None:
                continue  # its events are off: nothing was lost
            if self._revive(Kind.CHECK, bucket):
                resumed += 1
                continue
            last = self.runs.table.read(Kind.CHECK, bucket)
            if last and not last.state.over:
                continue
            since = max(watched[0] if watched else 0, last.before - _LOOK_BACK if last else 0)
            self.runs.begin(Kind.CHECK, bucket, since=since, before=self.runs.clock() - _LEFT_ALONE)
            begun += 1
        return begun, resumed

    def _revive(self, kind: Kind, bucket: str) -> bool:
        run = self.runs.table.read(kind, bucket)
        if run is None or run.state.over or not self.runs.stale(run):
            return False
        self.runs.resume(kind, bucket)
        return True
