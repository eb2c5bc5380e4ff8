"""AWS as moto plays it, with the template's tables and buckets, and the functions on it."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, cast
from unittest.mock import patch

import boto3
import botocore.session
from botocore.loaders import Loader
from moto import mock_aws
from moto.core.model_instances import model_data
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_sqs import SQSClient

from tests.support import proofs
from tests.support.functions import Context, load
from tests.support.rollback import cheap_rollback
from tests.support.template import REGION, create_buckets, create_tables
from unspread import aws
from unspread.assembly import judging
from unspread.cases import Cases
from unspread.guard import Guard
from unspread.publish import Publish
from unspread.reconcile import Reconcile, Reconciled
from unspread.settings import ActSettings
from unspread.stores.case_table import CaseTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.snapshots import Snapshots
from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import UploadTable
from unspread.submission import Category, SubmittedItem
from unspread.sweep import Sweep

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ENDPOINT_URL": "",
    "POWERTOOLS_SERVICE_NAME": "test",
    "POWERTOOLS_METRICS_NAMESPACE": "Unspread",
}


@dataclass
class World:
    """The stores, and what happens on them."""

    s3: S3Client
    dynamodb: DynamoDBClient
    sqs: SQSClient
    uploads_bucket: str
    quarantine_bucket: str
    list_bucket: str
    scan_queue: str
    backfill_queue: str
    event_queue: str
    published: list[dict[str, Any]] = field(default_factory=list)

    @property
    def hashes(self) -> HashTable:
        return HashTable(aws.dynamodb(), "HashTable")

    @property
    def log(self) -> HashLog:
        return HashLog(aws.dynamodb(), "HashTable")

    @property
    def index(self) -> UploadIndex:
        return UploadIndex(aws.dynamodb(), "UploadTable")

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(aws.s3(), self.list_bucket)

    @property
    def publish(self) -> Publish:
        return Publish(self.log, self.snapshots)

    @property
    def sweep(self) -> Sweep:
        return judging.sweep(ActSettings.load())

    @property
    def guard(self) -> Guard:
        return judging.guard(ActSettings.load())

    def reconcile(self, age: int = -1000) -> Reconciled:
        """Sweep all that is unswept."""
        return Reconcile(self.log, self.sweep, aws.dynamodb(), "HashTable")(lambda: True, age)

    @property
    def cases(self) -> Cases:
        return Cases(CaseTable(aws.dynamodb(), "CaseTable"), self.hashes, self.log, aws.dynamodb_transactions)

    @property
    def uploads(self) -> UploadTable:
        return UploadTable(aws.dynamodb(), "UploadTable")

    def function(self, name: str) -> ModuleType:
        """Load a function: a cold start."""
        return load(name)

    def submit(self, case: str, *items: SubmittedItem, category: Category = "adult") -> None:
        """Submit a case."""
        self.cases.submit(case, category, items)

    def put(self, key: str, body: bytes, **more: Any) -> dict[str, Any]:
        """Upload an object; return what the queue gets to know of it."""
        answer = self.s3.put_object(Bucket=self.uploads_bucket, Key=key, Body=body, **more)
        return self.message(key, answer["VersionId"], answer["ETag"].strip('"'), len(body))

    def message(self, key: str, version: str, etag: str = "0" * 32, size: int = 1) -> dict[str, Any]:
        """Return the body of a message about an object version."""
        item = {"key": key, "size": size, "etag": etag, "version-id": version, "sequencer": "0062E99A88DC407460"}
        return {"bucket": {"name": self.uploads_bucket}, "object": item}

    def deliver(
        self,
        *messages: dict[str, Any] | str,
        received: int = 1,
        scan: ModuleType | None = None,
        remaining: int = 300_000,
        queue: str = "scan",
    ) -> list[int]:
        """Give messages to the scan function in one batch; return the positions of those that will come back."""
        records = []
        url = self.backfill_queue if queue == "backfill" else self.scan_queue
        for body in messages:
            text = body if isinstance(body, str) else json.dumps(body)
            self.sqs.send_message(QueueUrl=url, MessageBody=text)
            real = self.sqs.receive_message(QueueUrl=url)["Messages"][0]
            records.append(
                {
                    "messageId": str(uuid.uuid4()),
                    "receiptHandle": real["ReceiptHandle"],
                    "body": text,
                    "attributes": {
                        "ApproximateReceiveCount": str(received),
                        "SentTimestamp": "1700000000000",
                        "SenderId": "events",
                        "ApproximateFirstReceiveTimestamp": "1700000000001",
                    },
                    "messageAttributes": {},
                    "md5OfBody": real["MD5OfBody"],
                    "eventSource": "aws:sqs",
                    "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:{queue}",
                    "awsRegion": REGION,
                }
            )
        function = scan or self.function("scan")
        response = function.handler({"Records": records}, Context(remaining=remaining))
        failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        return [at for at, record in enumerate(records) if record["messageId"] in failed]

    def record(self, message: dict[str, Any]) -> dict[str, Any]:
        """Return the record of an upload, as plain values."""
        found = [item for item in self.records() if item["key"] == message["object"]["key"]]
        return next(item for item in found if item["version"] == message["object"]["version-id"])

    def records(self) -> list[dict[str, Any]]:
        """Return every upload's record."""
        items = cast("list[dict[str, Any]]", aws.dynamodb().scan(TableName="UploadTable", ConsistentRead=True)["Items"])
        return [item for item in items if item["sk"] == "record"]

    def events(self) -> list[dict[str, Any]]:
        """Return what was published so far, in order."""
        while messages := self.sqs.receive_message(QueueUrl=self.event_queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self.published.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.event_queue, ReceiptHandle=message["ReceiptHandle"])
        return self.published

    def event_types(self) -> list[str]:
        """Return the types of what was published so far, sorted."""
        return sorted(event["detail-type"] for event in self.events())

    def is_there(self, message: dict[str, Any]) -> bool:
        """Tell whether an object version is still in the upload bucket."""
        listed = self.s3.list_object_versions(Bucket=self.uploads_bucket, Prefix=message["object"]["key"])
        wanted = (message["object"]["key"], message["object"]["version-id"])
        return wanted in {(version["Key"], version["VersionId"]) for version in listed.get("Versions", [])}

    def quarantined(self) -> list[bytes]:
        """Return the contents of the quarantine bucket."""
        listed = self.s3.list_objects_v2(Bucket=self.quarantine_bucket).get("Contents", [])
        return [self.s3.get_object(Bucket=self.quarantine_bucket, Key=item["Key"])["Body"].read() for item in listed]


def share_models() -> None:
    """Let the clients of this world read the services' models from memory: moto makes every world a new session."""
    session = botocore.session.get_session()
    session.register_component("data_loader", _models())
    boto3.setup_default_session(botocore_session=session)


@cache
def _models() -> Loader:
    loader: Loader = botocore.session.get_session().get_component("data_loader")
    return loader


def let_go_of_copies() -> None:
    """Let go of all tables, items and stream records that moto made or copied for a transaction.

    It keeps them for its dashboard, which nobody looks at: 22 GB after ten minutes of the interleavings.
    """
    for model in model_data["dynamodb"].values():
        model.instances_tracked = []  # type: ignore[attr-defined]


def with_band(band: str) -> list[tuple[bytes, str]]:
    """Look a band up in moto's own store."""
    table = dynamodb_backends["123456789012"][REGION].get_table("UploadTable")
    rows = table.items.get(DynamoType({"S": f"band#{band}"}), {})
    parts = [str(item.attrs["sk"].value).partition("#") for item in rows.values()]
    return [(bytes.fromhex(pdq), upload_id) for pdq, _, upload_id in parts]


@contextmanager
def direct_bands() -> Iterator[None]:
    """Look bands up without moto's client, which takes 4 ms for each of the hundreds that a listing asks for."""
    with patch.object(UploadIndex, "with_band", lambda _, band: with_band(band)):
        yield


@contextmanager
def a_world() -> Iterator[World]:
    """Make a world of its own for one test."""
    with patch.dict("os.environ", ENVIRONMENT), mock_aws(), cheap_rollback():
        for client in (aws.dynamodb, aws.dynamodb_transactions, aws.s3, aws.events, aws.sqs, aws.secrets):
            client.cache_clear()
        let_go_of_copies()
        share_models()
        s3, dynamodb, sqs = boto3.client("s3"), boto3.client("dynamodb"), boto3.client("sqs")
        tables, buckets = create_tables(dynamodb), create_buckets(s3)
        scan_queue = sqs.create_queue(QueueName="scan")["QueueUrl"]
        backfill_queue = sqs.create_queue(QueueName="backfill")["QueueUrl"]
        event_queue = sqs.create_queue(QueueName="events")["QueueUrl"]
        events = boto3.client("events")
        events.put_rule(Name="published", EventPattern=json.dumps({"source": ["unspread"]}))
        queue_arn = f"arn:aws:sqs:{REGION}:123456789012:events"
        events.put_targets(Rule="published", Targets=[{"Id": "queue", "Arn": queue_arn}])
        secret = boto3.client("secretsmanager").create_secret(Name="proof", SecretString=proofs.SECRET)
        names = {
            "HASH_TABLE": tables["HashTable"],
            "UPLOAD_TABLE": tables["UploadTable"],
            "CASE_TABLE": tables["CaseTable"],
            "QUARANTINE_BUCKET": buckets["QuarantineBucket"],
            "LIST_BUCKET": buckets["ListBucket"],
            "SCAN_QUEUE_URL": scan_queue,
            "BACKFILL_QUEUE_URL": backfill_queue,
            "PROOF_SECRET": secret["ARN"],
            "PROOF_COST": "1000",
        }
        with patch.dict("os.environ", names):
            yield World(
                s3,
                dynamodb,
                sqs,
                buckets["UploadBucket"],
                buckets["QuarantineBucket"],
                buckets["ListBucket"],
                scan_queue,
                backfill_queue,
                event_queue,
            )
