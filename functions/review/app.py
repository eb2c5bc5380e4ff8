"""People decide on matches and suspects. And, on a schedule, copies that were kept long enough are deleted."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.api.application import Application
from unspread.api.review import REVIEWERS, review_routes
from unspread.assembly import reviewing
from unspread.review import Reviewing
from unspread.settings import RetainSettings, ReviewSettings
from unspread.telemetry import logger, metrics


@cache
def reviews() -> Reviewing:
    """Put the reviews together, once a request needs them."""
    return reviewing.reviewing(ReviewSettings.load())


application = Application(REVIEWERS, review_routes(reviews))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. The event holds an address and a name: they go into no log."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return application(event, context)


@metrics.log_metrics
def retain(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Delete copies that are due, and see through decisions that were left half done."""
    done = reviewing.retain(RetainSettings.load())()
    told = {"deleted": done.deleted, "completed": done.completed, "expired": done.expired, "stuck": done.stuck}
    logger.info("retained", extra=told)
    metrics.add_metric("Expired", MetricUnit.Count, done.expired)
    metrics.add_metric("DecisionsStuck", MetricUnit.Count, done.stuck)
    return told
