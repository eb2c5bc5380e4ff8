"""Lists of others are pulled into ours, and told what was found here of theirs."""

from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.assembly import pulling
from unspread.pull.service import Outcome
from unspread.settings import PullSettings
from unspread.telemetry import metrics

KEPT_BACK = 60
"""Seconds kept back for the page at which the time runs out."""


class PullFailedError(Exception):
    """Some lists' turns broke off by a fault of ours: the run counts as failed, and the next one tries again."""


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Give each list its turn. A list's own failure fails nothing: it is counted, and tried again by the next run."""
    outcomes = pulling.pull(PullSettings.load())(lambda: context.get_remaining_time_in_millis() / 1000 - KEPT_BACK)
    counts = Counter(outcomes.values())
    if counts[Outcome.FAULT]:
        raise PullFailedError(f"{counts[Outcome.FAULT]} lists are left for the next run.")
    return {outcome.value: counts[outcome] for outcome in Outcome}
