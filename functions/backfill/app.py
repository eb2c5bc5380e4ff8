"""What a bucket holds already: a step of its backfill. And, on a schedule, a look for lost events."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.assembly import backfilling
from unspread.settings import BackfillSettings, LostEventsSettings
from unspread.stores.run_table import Kind
from unspread.telemetry import logger, metrics

ENOUGH_TIME = 60_000
"""Milliseconds that a page may take."""

MOST_STEPS = 1500
"""Steps of one execution; a new one takes over then, for the history of an execution has an end at 25,000 events."""


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take a run a step further; tell the state machine what comes next."""
    kind = Kind(event["kind"])
    step = backfilling.backfill(BackfillSettings.load())(
        kind, event["bucket"], event["turn"], lambda: context.get_remaining_time_in_millis() > ENOUGH_TIME
    )
    logger.info("listed", extra={"kind": kind, "queued": step.queued, "lost": step.lost, "again": step.again})
    if kind is Kind.CHECK:
        metrics.add_metric("LostEvents", MetricUnit.Count, step.lost)
    else:
        metrics.add_metric("Backfilled", MetricUnit.Count, step.queued)
    steps = event.get("steps", 0) + 1
    going_on = "renew" if steps >= MOST_STEPS else "wait"
    following = {"next": going_on if step.again else "end", "wait": max(1, step.wait), "steps": steps % MOST_STEPS}
    return {name: event[name] for name in ("kind", "bucket", "turn")} | following


def look_around(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Begin to look for lost events in every watched bucket."""
    begun, resumed = backfilling.look_around(LostEventsSettings.load())()
    logger.info("looking for lost events", extra={"begun": begun, "resumed": resumed})
    return {"begun": begun, "resumed": resumed}
