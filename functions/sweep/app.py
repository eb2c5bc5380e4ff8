"""A hash was listed: find it among past uploads. And, on a schedule, see to what the stream has not."""

from base64 import b64decode
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread import aws
from unspread.assembly import judging
from unspread.changes import LogEntry, unpack
from unspread.hash_key import Kind
from unspread.reconcile import Reconcile
from unspread.settings import ActSettings
from unspread.stores.hash_log import HashLog
from unspread.sweep import Sweep, probing_is_cheaper
from unspread.telemetry import failure, logger, metrics

processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)

ENOUGH_TIME = 60_000
"""Milliseconds that a step of the reconciler may take."""


class UnreconciledError(Exception):
    """Entries are left although there was time: the run counts as failed, and the next one tries again."""


@cache
def sweep() -> Sweep:
    """Put the sweep together."""
    return judging.sweep(ActSettings.load())


def sweep_record(record: DynamoDBRecord) -> None:
    """Sweep the log entry of one stream record. What it raises lets the record come back."""
    entry, appeared = _entry(record)
    try:
        acted = sweep().entry(entry, appeared)
    except Exception as error:
        logger.error("sweep will be repeated", extra={"entry": entry.ulid, **failure(error)})
        raise
    logger.info("swept", extra={"entry": entry.ulid, "acted": acted})
    metrics.add_metric("FoundAmongPastUploads", MetricUnit.Count, acted)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Sweep a batch of log entries, unless there are so many hashes that reading all records once is cheaper."""
    metrics.add_metric("Received", MetricUnit.Count, len(event["Records"]))
    entries = [_entry(DynamoDBRecord(record))[0] for record in event["Records"]]
    hashes = sum(change.key.kind is Kind.PDQ for entry in entries for change in entry.adds())
    if not probing_is_cheaper(hashes, sweep().uploads.size()):
        logger.info("left to the reconciler", extra={"hashes": hashes})
        return {"batchItemFailures": []}
    return process_partial_response(event, sweep_record, processor, context)


@metrics.log_metrics
def reconcile(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Sweep what is unswept after a quarter of an hour."""
    settings = ActSettings.load()
    log = HashLog(aws.dynamodb(), settings.hash_table)
    run = Reconcile(log, sweep(), aws.dynamodb(), settings.hash_table)
    done = run(lambda: context.get_remaining_time_in_millis() > ENOUGH_TIME)
    logger.info("reconciled", extra={"swept": done.swept, "left": done.left, "acted": done.acted})
    metrics.add_metric("Unswept", MetricUnit.Count, done.left)
    metrics.add_metric("FoundAmongPastUploads", MetricUnit.Count, done.acted)
    if done.left and context.get_remaining_time_in_millis() > ENOUGH_TIME:
        raise UnreconciledError(f"{done.left} entries are left for the next run.")
    return {"swept": done.swept, "left": done.left}


def _entry(record: DynamoDBRecord) -> tuple[LogEntry, int]:
    """Return a stream record's log entry, and when it appeared, in ms since 1970."""
    dynamodb = record.dynamodb
    if dynamodb is None or dynamodb.new_image is None:
        raise ValueError("The stream has to give new images.")
    image = dynamodb.new_image
    appeared = int(float(dynamodb.approximate_creation_date_time or 0) * 1000)
    return LogEntry(image["sk"], unpack(b64decode(image["changes"]))), appeared
