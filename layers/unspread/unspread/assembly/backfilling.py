"""The use cases that list buckets, put together from a function's variables."""

from unspread import aws
from unspread.backfill import Backfill
from unspread.runs import LookAround, Runs
from unspread.settings import BackfillSettings, LostEventsSettings
from unspread.stores.executions import Executions
from unspread.stores.queue import Queue
from unspread.stores.run_table import RunTable
from unspread.stores.upload_table import UploadTable
from unspread.stores.versions import Versions


def backfill(settings: BackfillSettings) -> Backfill:
    """Put a backfill together."""
    return Backfill(
        versions=Versions(aws.s3()),
        uploads=UploadTable(aws.dynamodb(), settings.upload_table),
        queue=Queue(aws.sqs(), settings.backfill_queue_url),
        runs=RunTable(aws.dynamodb(), settings.upload_table),
        wanted=settings.scan_filter(),
        ahead=settings.backfill_ahead,
        tags=settings.tag_verdicts,
    )


def runs(upload_table: str, state_machine: str) -> Runs:
    """Put together what begins and stops runs."""
    return Runs(RunTable(aws.dynamodb(), upload_table), Executions(aws.step_functions(), state_machine))


def look_around(settings: LostEventsSettings) -> LookAround:
    """Put together what the schedule does."""
    return LookAround(
        runs(settings.upload_table, settings.backfill_state_machine), settings.upload_bucket, settings.existing_buckets
    )
