"""`unspread serving-policy`: the statements that close an existing bucket, which no stack manages, as they close ours.

They are read from the policy of the stack's own bucket, so that the two cannot differ.
"""

import argparse
import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from unspread import aws
from unspread.cli.errors import CommandError
from unspread.cli.stack_outputs import outputs

_OURS = "Unspread"
_DENIES_READS = "UnspreadServeOnlyClean"


class ServingError(CommandError):
    """A bucket that cannot be closed. The message says what to change."""


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subcommands.add_parser(
        "serving-policy", help="print the statements by which a bucket serves only what was found clean (for operators)"
    )
    parser.add_argument("bucket", metavar="BUCKET", help="an existing bucket, with versions")
    parser.add_argument("--stack", metavar="NAME", required=True, help="the deployed stack, with ServeOnlyClean")
    parser.set_defaults(run=lambda options: _run(options.bucket, options.stack))


def _run(bucket: str, stack: str) -> int:
    try:
        own = outputs(stack, "UploadBucketName")["UploadBucketName"]
        if aws.s3().get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
            message = (
                f"The bucket {bucket} keeps no versions: an object written over another could inherit its tag. Enable"
                " versioning first. Objects from before then stay unserved until they are written again."
            )
            raise ServingError(message)
        policy = json.loads(aws.s3().get_bucket_policy(Bucket=own)["Policy"])
    except ClientError as error:
        raise ServingError(f"AWS refused {error.operation_name}: {error.response['Error']['Code']}.") from None
    except BotoCoreError as error:
        raise ServingError(str(error)) from None
    statements = [_moved(statement, own, bucket) for statement in policy["Statement"] if _is_ours(statement)]
    if _DENIES_READS not in {statement["Sid"] for statement in statements}:
        raise ServingError(f"The stack {stack} does not close reads. Deploy it with ServeOnlyClean=true first.")
    print(json.dumps(statements, indent=2))
    return 0


def _is_ours(statement: dict[str, Any]) -> bool:
    return str(statement.get("Sid", "")).startswith(_OURS)


def _moved(statement: dict[str, Any], own: str, bucket: str) -> dict[str, Any]:
    """Return a statement for another bucket."""
    return statement | {"Resource": statement["Resource"].replace(f":::{own}/", f":::{bucket}/")}
