"""The list's log becomes a snapshot, which a cold start of scan loads at once."""

from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread import aws
from unspread.publish import Publish
from unspread.settings import PublishSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.snapshots import Snapshots
from unspread.telemetry import logger, metrics


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Publish a snapshot if enough has changed since the newest."""
    settings = PublishSettings.load()
    log = HashLog(aws.dynamodb(), settings.hash_table)
    done = Publish(log, Snapshots(aws.s3(), settings.list_bucket))()
    logger.info(
        "published" if done.published else "nothing to publish",
        extra={"hashes": done.hashes, "expired": done.expired},
    )
    metrics.add_metric("HashesListed", MetricUnit.Count, done.hashes)
    return {"hashes": done.hashes, "published": int(done.published)}
