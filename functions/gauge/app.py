"""What waits, and for how long: measured every five minutes, for the alarms."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.assembly import gauging
from unspread.settings import GaugeSettings
from unspread.telemetry import NAMESPACE, logger, metrics


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, float]:  # noqa: ARG001 - a schedule says nothing
    """Measure, and write the metrics. Hours are metrics without a unit: CloudWatch knows none for them."""
    found = gauging.gauge(GaugeSettings.load())()
    counts = {"MatchesWaiting": found.matches, "SuspectsWaiting": found.suspects, "ListingsUnswept": found.unswept}
    hours = {
        "OldestOpenHours": found.open_hours,
        "OldestReviewHours": found.review_hours,
        "OldestUnsweptHours": found.unswept_hours,
        "SnapshotBehindHours": found.snapshot_hours,
        "OldestImportHours": found.stalest_import,
    }
    for name, count in counts.items():
        metrics.add_metric(name, MetricUnit.Count, count)
    for name, value in hours.items():
        metrics.add_metric(name, MetricUnit.NoUnit, value)
    for pulled, age in found.import_hours.items():
        with single_metric("ImportAgeHours", MetricUnit.NoUnit, age, namespace=NAMESPACE) as metric:
            metric.add_dimension("list", pulled)
    logger.info("measured", extra=counts | {name: round(value, 2) for name, value in hours.items()})
    return counts | hours
