"""The one place that builds AWS clients.

The DynamoDB clients are those of boto3's resource, which take and return plain Python values. Writing
transactions is done by a client of its own without the SDK's retries: each attempt has to be made anew from
what was read just before it (see `stores.transaction`).
"""

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from unspread.stores.executions import StepFunctions

_PATIENT = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,  # as many as sweep has threads
)
_ONCE = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})


@cache
def dynamodb() -> "DynamoDBClient":
    """Client for reads and single-item writes."""
    return boto3.resource("dynamodb", config=_PATIENT).meta.client


@cache
def dynamodb_transactions() -> "DynamoDBClient":
    """Client for TransactWriteItems: one attempt a call."""
    return boto3.resource("dynamodb", config=_ONCE).meta.client


@cache
def s3() -> "S3Client":
    """Client for buckets."""
    return boto3.client("s3", config=_PATIENT)


@cache
def events() -> "EventBridgeClient":
    """Client for the default event bus."""
    return boto3.client("events", config=_PATIENT)


@cache
def sqs() -> "SQSClient":
    """Client for queues."""
    return boto3.client("sqs", config=_PATIENT)


@cache
def step_functions() -> "StepFunctions":
    """Client for state machines."""
    return cast("StepFunctions", boto3.client("stepfunctions", config=_PATIENT))


@cache
def secrets() -> "SecretsManagerClient":
    """Client for secrets."""
    return boto3.client("secretsmanager", config=_PATIENT)


def identity() -> "tuple[Credentials | None, str | None]":
    """Return the operator's credentials and region, to sign requests to our own API with."""
    session = boto3.Session()
    return session.get_credentials(), session.region_name


@cache
def cloudformation() -> "CloudFormationClient":
    """Client for the stack's outputs; operators' commands use it, no function does."""
    return boto3.client("cloudformation", config=_PATIENT)


# ------------------------------------------------------------------ operators' commands use these, no function does


@cache
def functions() -> "LambdaClient":
    """Client for functions and what feeds them."""
    return boto3.client("lambda", config=_PATIENT)


@cache
def iam() -> "IAMClient":
    """Client for roles."""
    return boto3.client("iam", config=_PATIENT)


@cache
def cloudwatch() -> Any:  # noqa: ANN401 - its stubs are not among the developers' packages
    """Client for metrics and alarms."""
    return boto3.client("cloudwatch", config=_PATIENT)


@cache
def sns() -> Any:  # noqa: ANN401 - as above
    """Client for topics."""
    return boto3.client("sns", config=_PATIENT)
