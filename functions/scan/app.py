"""An upload arrives: fetch, hash, check, act."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Json

from unspread import aws
from unspread.assembly import judging
from unspread.clock import Clock
from unspread.scan import Scan
from unspread.settings import ScanSettings
from unspread.stores.queue import FIRST_SENT, Queue, queue_of
from unspread.telemetry import failure, logger, metrics, took
from unspread.upload import UploadMessage
from unspread.verdict import Verdict


class ScanRecord(SqsRecordModel):
    """A message of the scan queue."""

    body: Json[UploadMessage]


processor = BatchProcessor(event_type=EventType.SQS, model=ScanRecord, raise_on_entire_batch_failure=False)


class OutOfTimeError(Exception):
    """The function's time may not suffice for another upload: a later run takes it."""


@cache
def scan() -> Scan:
    """Put the scan together once for all batches: it keeps the list in memory."""
    return judging.scan(ScanSettings.load())


def scan_record(record: ScanRecord, lambda_context: LambdaContext) -> None:
    """Scan the upload of one message. What it raises lets the message come back."""
    upload = record.body.upload()
    try:
        if lambda_context.get_remaining_time_in_millis() < 1000 * _seconds_for(upload.size):
            raise OutOfTimeError
        if not ScanSettings.load().scan_filter().wants(upload.key, upload.size):
            metrics.add_metric("Filtered", MetricUnit.Count, 1)
            return
        verdict = scan()(upload, again=int(record.attributes.ApproximateReceiveCount) > 1)
    except Exception as error:
        logger.error("scan will be repeated", extra={"upload": upload.id, **failure(error)})
        raise
    outcome = verdict or "known"
    logger.info("scanned", extra={"upload": upload.id, "verdict": outcome})
    metrics.add_metric(outcome.capitalize(), MetricUnit.Count, 1)
    if verdict is Verdict.MATCH and scan().conclude.removes:
        took(Clock.LISTING_TO_REMOVAL, _queued(record))


@metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Scan a batch of uploads; the messages of those that failed come back, soon."""
    metrics.add_metric("Received", MetricUnit.Count, len(event["Records"]))
    response = process_partial_response(event, scan_record, processor, context)
    failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
    for message in event["Records"]:
        if message["messageId"] in failed:
            metrics.add_metric("Repeated", MetricUnit.Count, 1)
            _retry_soon(message)
    return response


def _queued(record: ScanRecord) -> float:
    """Return when an upload was queued for the first time, in seconds since 1970, however often it was sent again."""
    first = record.messageAttributes.get(FIRST_SENT)
    if first and first.stringValue and first.stringValue.isdecimal():
        return int(first.stringValue) / 1000
    return record.attributes.SentTimestamp.timestamp()


def _seconds_for(size: int) -> float:
    """Bound the time of one scan: decoding at most 10 s, reading at 40 MB/s or faster."""
    return 10 + size / 40e6


def _retry_soon(message: dict[str, Any]) -> None:
    settings = ScanSettings.load()
    url = queue_of(message["eventSourceARN"], (settings.scan_queue_url, settings.backfill_queue_url))
    # Without this it comes back all the same, when its visibility timeout ends.
    if url is None:
        logger.warning("message of a queue that is not known comes back late")
        return
    try:
        count = int(message["attributes"]["ApproximateReceiveCount"])
        Queue(aws.sqs(), url).retry_later(message["receiptHandle"], count)
    except (BotoCoreError, ClientError) as error:
        logger.warning("message comes back late", extra=failure(error))
