"""What the operators' commands about buckets share: the stack they work on, and how its refusals are told."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from unspread import aws
from unspread.assembly import backfilling
from unspread.cli.errors import CommandError
from unspread.cli.stack_outputs import StackError, outputs, parameters
from unspread.runs import Runs
from unspread.scan_filter import ScanFilter
from unspread.settings import FilterSettings
from unspread.stores.upload_table import UploadTable

_NEEDED = ("UploadBucketName", "UploadTableName", "BackfillStateMachineArn", "BackfillQueueUrl")


class BucketsError(CommandError):
    """A command that cannot be done. The message says what to change."""


@dataclass(frozen=True, slots=True)
class Operated:
    """A deployed stack, as the commands about buckets see it."""

    name: str
    upload_bucket: str
    existing: tuple[str, ...]
    upload_table: str
    state_machine: str
    wanted: ScanFilter

    @property
    def runs(self) -> Runs:
        """What begins and stops runs."""
        return backfilling.runs(self.upload_table, self.state_machine)

    @property
    def uploads(self) -> UploadTable:
        """The upload table."""
        return UploadTable(aws.dynamodb(), self.upload_table)

    def check(self, bucket: str) -> None:
        """Raise BucketsError if the stack does not know a bucket."""
        if bucket not in (self.upload_bucket, *self.existing):
            names = ",".join((*self.existing, bucket))
            raise BucketsError(
                f"The stack {self.name} may not read the bucket {bucket}. Deploy it with the parameter "
                f"ExistingBuckets={names} first, and if it has a KMS key with ExistingBucketsKeyArn."
            )


def on_stack(parser: argparse.ArgumentParser, run: Callable[[Operated, argparse.Namespace], int]) -> None:
    """Let a command take --stack, and run on that stack."""
    parser.add_argument("bucket")
    parser.add_argument("--stack", metavar="NAME", required=True, help="the deployed stack")
    parser.set_defaults(run=lambda options: _run(options, run))


def _run(options: argparse.Namespace, run: Callable[[Operated, argparse.Namespace], int]) -> int:
    try:
        stack = _operated(options.stack)
        stack.check(options.bucket)
        return run(stack, options)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise BucketsError(f"AWS refused {error.operation_name}: {code}.") from None
    except BotoCoreError as error:
        raise BucketsError(str(error)) from None


def _operated(name: str) -> Operated:
    found = outputs(name, *_NEEDED)
    set_to = parameters(name)
    if "ScanMaxBytes" not in set_to:
        raise StackError(f"The stack {name} has no parameter ScanMaxBytes. Deploy this version of Unspread first.")
    wanted = FilterSettings.model_validate(
        {
            "scan_prefixes": set_to["ScanPrefixes"],
            "scan_suffixes": set_to["ScanSuffixes"],
            "scan_min_bytes": set_to["ScanMinBytes"],
            "scan_max_bytes": set_to["ScanMaxBytes"],
        }
    )
    return Operated(
        name=name,
        upload_bucket=found["UploadBucketName"],
        existing=tuple(each for each in found.get("ExistingBucketNames", "").split(",") if each),
        upload_table=found["UploadTableName"],
        state_machine=found["BackfillStateMachineArn"],
        wanted=wanted.scan_filter(),
    )
