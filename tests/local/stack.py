"""A handle on a deployed stack: its addresses, its resources by their logical names, its clients."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import boto3
import urllib3
from botocore.config import Config
from mypy_boto3_cloudformation import CloudFormationClient
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_events import EventBridgeClient
from mypy_boto3_lambda import LambdaClient
from mypy_boto3_logs import CloudWatchLogsClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient

from tests.local.emulator import REGION
from tests.local.paths import STACK_FILE, LocalError

MOST_FUNCTION_SECONDS = 900


@dataclass(frozen=True)
class Stack:
    """A deployed stack. These six fields are what .local/stack.json holds, for scripts."""

    endpoint: str  # of the emulator: the value for AWS_ENDPOINT_URL
    api: str  # base address of the HTTPS API, without a slash at its end
    page: str
    uploads: str  # name of the upload bucket
    quarantine: str  # name of the quarantine bucket
    stack: str  # name of the CloudFormation stack

    @classmethod
    def find(cls, endpoint: str, name: str) -> Self:
        """Describe a stack that is deployed at an endpoint."""
        outputs = _outputs(endpoint, name)
        api = f"{endpoint}/_aws/execute-api/{outputs['ApiId']}/prod"
        return cls(
            endpoint=endpoint,
            api=api,
            page=f"{api}/",
            uploads=outputs["UploadBucketName"],
            quarantine=outputs["QuarantineBucketName"],
            stack=name,
        )

    @classmethod
    def load(cls) -> Self:
        """Return the stack that `make run` serves just now.

        Raises:
            LocalError: there is none.
        """
        try:
            stack = cls(**json.loads(STACK_FILE.read_text(encoding="utf-8")))
            with urllib3.PoolManager(retries=False, timeout=5) as http:
                http.request("GET", f"{stack.endpoint}/_ministack/health")
        except (OSError, urllib3.exceptions.HTTPError) as error:
            message = "No local stack is running. Start one with `make run` in another terminal."
            raise LocalError(message) from error
        return stack

    def save(self, path: Path = STACK_FILE) -> None:
        """Write the file that scripts find the stack by; whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        unfinished.replace(path)

    def forget(self, path: Path = STACK_FILE) -> None:
        """Take that file away again, unless another stack has written its own since."""
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) == asdict(self):
            path.unlink()

    def close(self) -> None:
        """Close the connections of the clients that were used."""
        for name in ("s3", "sqs", "dynamodb", "events", "logs", "functions", "cloudformation"):
            if name in self.__dict__:
                getattr(self, name).close()

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The outputs of the template."""
        return _outputs(self.endpoint, self.stack)

    @cached_property
    def resources(self) -> Mapping[str, str]:
        """Physical names by the template's logical names."""
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if "PhysicalResourceId" in resource
        }

    @cached_property
    def s3(self) -> S3Client:
        """A client of the emulator."""
        return _session().client("s3", endpoint_url=self.endpoint, config=_config())

    @cached_property
    def sqs(self) -> SQSClient:
        """A client of the emulator."""
        return _session().client("sqs", endpoint_url=self.endpoint, config=_config())

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """A client of the emulator."""
        return _session().client("dynamodb", endpoint_url=self.endpoint, config=_config())

    @cached_property
    def events(self) -> EventBridgeClient:
        """A client of the emulator."""
        return _session().client("events", endpoint_url=self.endpoint, config=_config())

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """A client of the emulator."""
        return _session().client("logs", endpoint_url=self.endpoint, config=_config())

    @cached_property
    def functions(self) -> LambdaClient:
        """A client of the emulator. It waits for a function as long as one may run, and invokes it once."""
        patient = Config(read_timeout=MOST_FUNCTION_SECONDS + 10, retries={"total_max_attempts": 1})
        return _session().client("lambda", endpoint_url=self.endpoint, config=_config().merge(patient))

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """A client of the emulator."""
        return _cloudformation(self.endpoint)


def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)


def _config() -> Config:
    return Config(
        s3={"addressing_style": "path"},
        max_pool_connections=32,
        retries={"mode": "standard", "total_max_attempts": 3},
        proxies={},
    )


def _cloudformation(endpoint: str) -> CloudFormationClient:
    return _session().client("cloudformation", endpoint_url=endpoint, config=_config())


def _outputs(endpoint: str, name: str) -> dict[str, str]:
    stack = _cloudformation(endpoint).describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
