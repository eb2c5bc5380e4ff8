"""An object is gone for good: no listing needs to find it any longer."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import Json

from unspread import aws
from unspread.forget import Forget
from unspread.settings import ForgetSettings
from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import UploadTable
from unspread.stores.versions import Versions
from unspread.telemetry import failure, logger
from unspread.upload import UploadMessage


class ForgetRecord(SqsRecordModel):
    """A message of the forget queue: of the same form as the scan queue's."""

    body: Json[UploadMessage]


processor = BatchProcessor(event_type=EventType.SQS, model=ForgetRecord, raise_on_entire_batch_failure=False)


def forget_record(record: ForgetRecord) -> None:
    """Forget the upload of one message. What it raises lets the message come back."""
    table = ForgetSettings.load().upload_table
    upload = record.body.upload()
    try:
        uploads, index = UploadTable(aws.dynamodb(), table), UploadIndex(aws.dynamodb(), table)
        known = Forget(uploads, index, Versions(aws.s3()))(upload)
    except Exception as error:
        logger.error("forget will be repeated", extra={"upload": upload.id, **failure(error)})
        raise
    logger.info("forgotten" if known else "not known", extra={"upload": upload.id})


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Forget a batch of uploads; the messages of those that failed come back."""
    return process_partial_response(event, forget_record, processor, context)
