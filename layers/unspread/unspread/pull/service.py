"""The pulling of all lists: a turn for each, whose failures are its own.

Lists whose last turn is longest ago come first, and each gets an equal share of what time is left, so that a list of
millions and lists of a few go on side by side. What a run does not finish the next one goes on with.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum

from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from unspread.pull.intake import Intake
from unspread.pull.pulled_list import PulledList, State
from unspread.pull.reporting import Reporting
from unspread.pull.source import Reporter, Source, SourceError
from unspread.pull.turn import Turn
from unspread.stores.pull_table import LeaseLostError, PullTable
from unspread.stores.transaction import BusyError
from unspread.telemetry import failure, logger, metrics

_LEASE_AFTER = 90
"""Seconds for which a lease outlasts what time a run says it has: it may be at its last page a little longer."""

type Sources = Callable[[PulledList, int], AbstractContextManager[Source]]
"""Makes the source of a list, given how many of its turns failed in a row. Raises SourceError."""


class Outcome(StrEnum):
    """How a turn ended."""

    COMPLETE = "complete"  # read to the end
    UNFINISHED = "unfinished"  # there is more for the next run, or another run is at it
    FAILING = "failing"  # by its own fault
    FAULT = "fault"  # by ours, or by AWS's
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Pull:
    """The pulling of lists."""

    table: PullTable
    intake: Intake
    reporting: Reporting
    sources: Sources
    clock: Callable[[], float] = time.time
    wait: Callable[[float], object] = time.sleep

    def __call__(self, seconds: Callable[[], float]) -> dict[str, Outcome]:
        """Give each list its turn; return how each ended.

        Args:
            seconds: tells how many are left; a turn ends with the page in which they run out.
        """
        states = self.table.states()
        lists = sorted(self.table.all(), key=lambda pulled: states.get(pulled.name, State()).attempted)
        self.reporting.hand_out(lists, lambda: seconds() > 0)
        turns = [pulled for pulled in lists if pulled.enabled or pulled.removing]
        outcomes: dict[str, Outcome] = {}
        for number, pulled in enumerate(turns):
            left = seconds()
            outcomes[pulled.name] = self._turn(pulled, seconds, until=left - left / (len(turns) - number))
        return outcomes

    def _turn(self, pulled: PulledList, seconds: Callable[[], float], until: float) -> Outcome:
        leased = self.table.lease(pulled.name, max(0.0, seconds()) + _LEASE_AFTER)
        if leased is None:
            return Outcome.UNFINISHED
        state, lease = leased
        turn = Turn(
            pulled,
            state,
            self.intake,
            self.reporting,
            save=lambda state: self.table.save(pulled.name, state, lease),
            going_on=lambda: seconds() > until,
            wait=self.wait,
        )
        reason = ""
        try:
            outcome = self._remove(turn) if pulled.removing else self._read(turn)
        except SourceError as error:
            outcome, reason = Outcome.FAILING, error.fault.value
        except (BusyError, LeaseLostError, ClientError, BotoCoreError) as error:
            outcome, reason = Outcome.FAULT, "ours"
            logger.error("a list's turn broke off", extra={"list": pulled.name} | failure(error))
        _note(turn, outcome, reason)
        return outcome if outcome is Outcome.REMOVED else self._release(turn, lease, outcome, reason)

    def _read(self, turn: Turn) -> Outcome:
        pulled = turn.pulled
        if pulled.resync:
            turn.restart()
            self.table.switch(pulled.name, "resync", on=False)
        with self.sources(pulled, turn.state.failures) as source:
            try:
                ended = turn.read(source)
            finally:  # a list that cannot be read may still listen
                if pulled.feedback and isinstance(source, Reporter):
                    turn.counts.told = self.reporting.tell(pulled, source, turn.going_on)
        return Outcome.COMPLETE if ended else Outcome.UNFINISHED

    def _remove(self, turn: Turn) -> Outcome:
        if not turn.drop():
            return Outcome.UNFINISHED
        self.table.forget(turn.pulled.name)
        return Outcome.REMOVED

    def _release(self, turn: Turn, lease: str, outcome: Outcome, reason: str) -> Outcome:
        state = replace(turn.state, failures=turn.state.failures + 1 if reason else 0, reason=reason)
        if outcome is Outcome.COMPLETE:
            state = replace(state, succeeded=int(self.clock()))
        try:
            self.table.save(turn.pulled.name, state, lease, release=True)
        except (LeaseLostError, ClientError, BotoCoreError) as error:
            logger.error("a list's state is not saved", extra={"list": turn.pulled.name} | failure(error))
            return Outcome.FAULT
        return outcome


def _note(turn: Turn, outcome: Outcome, reason: str) -> None:
    counts = turn.counts
    said = {"list": turn.pulled.name, "outcome": outcome.value, "reason": reason, "skipped": counts.skipped}
    logger.info("pulled", extra=said | {"listed": counts.listed, "withdrawn": counts.withdrawn, "told": counts.told})
    metrics.add_metric("HashesPulled", MetricUnit.Count, counts.listed)
    metrics.add_metric("HashesWithdrawn", MetricUnit.Count, counts.withdrawn)
    metrics.add_metric("RecordsSkipped", MetricUnit.Count, counts.skipped)
    metrics.add_metric("FeedbackTold", MetricUnit.Count, counts.told)
    metrics.add_metric("ListFailing", MetricUnit.Count, int(outcome is Outcome.FAILING))
