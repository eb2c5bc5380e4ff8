"""What became of an upload: its record, its copy in quarantine, the events about it."""

import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.local.stack import Stack
from tests.support import polling


@dataclass(frozen=True)
class Uploaded:
    """An object version that was just uploaded."""

    key: str
    version: str
    body: bytes
    bucket: str


def upload(stack: Stack, key: str, body: bytes) -> Uploaded:
    """Put an object into the upload bucket."""
    answer = stack.s3.put_object(Bucket=stack.uploads, Key=key, Body=body)
    return Uploaded(key, answer["VersionId"], body, stack.uploads)


def upload_id(uploaded: Uploaded) -> str:
    """Return the identifier that the record and the copy in quarantine go by."""
    name = "\0".join((uploaded.bucket, uploaded.key, uploaded.version))
    return hashlib.sha256(name.encode()).hexdigest()


def record(stack: Stack, uploaded: Uploaded) -> dict[str, Any] | None:
    """Return the upload's record once nothing is left to do about it."""
    key = {"pk": {"S": f"object#{upload_id(uploaded)}"}, "sk": {"S": "record"}}
    item = stack.dynamodb.get_item(TableName=stack.outputs["UploadTableName"], Key=key, ConsistentRead=True).get("Item")
    if not item or not item.get("done", {}).get("BOOL"):
        return None
    return {name: next(iter(value.values())) for name, value in item.items()}


def verdict(stack: Stack, uploaded: Uploaded) -> str:
    """Wait until an upload is scanned and acted on; return its verdict."""
    done = polling.until(f"the verdict on {uploaded.key!r}", lambda: record(stack, uploaded))
    return str(done["verdict"])


def findable(stack: Stack, uploaded: Uploaded) -> set[str]:
    """Return the kinds of items by which a listing would find an upload: of `sha256`, `md5` and `band`."""
    return named(stack, upload_id(uploaded)) & {"sha256", "md5", "band"}  # its open review names it too


def named(stack: Stack, name: str) -> set[str]:
    """Return the kinds of items that name an upload by its identifier in their sort key."""
    pages = stack.dynamodb.get_paginator("scan").paginate(
        TableName=stack.outputs["UploadTableName"],
        FilterExpression="contains(sk, :id)",
        ExpressionAttributeValues={":id": {"S": name}},
        ConsistentRead=True,
    )
    return {item["pk"]["S"].partition("#")[0] for page in pages for item in page["Items"]}


def becomes(stack: Stack, uploaded: Uploaded, wanted: str) -> None:
    """Wait until an upload has this verdict, whatever it was judged before, and nothing is left to do about it."""

    def look() -> bool:
        found = record(stack, uploaded)
        return found is not None and found["verdict"] == wanted

    polling.until(f"{uploaded.key!r} to be judged {wanted!r}", look)


def quarantine_key(uploaded: Uploaded) -> str:
    """Return where in the quarantine bucket an upload's copy would be."""
    return f"objects/{upload_id(uploaded)}"


def quarantined(stack: Stack, uploaded: Uploaded) -> bytes | None:
    """Return the copy in quarantine, or None where there is none."""
    return _read(stack, {"Bucket": stack.quarantine, "Key": quarantine_key(uploaded)})


def in_place(stack: Stack, uploaded: Uploaded) -> bytes | None:
    """Return that version of the object as it is in the upload bucket, or None where it is gone."""
    return _read(stack, {"Bucket": uploaded.bucket, "Key": uploaded.key, "VersionId": uploaded.version})


def waiting(stack: Stack, queue_output: str) -> int:
    """Return how many messages a queue holds, being worked on or not."""
    attributes = stack.sqs.get_queue_attributes(
        QueueUrl=stack.outputs[queue_output],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(int(count) for count in attributes.values())


def invoke(stack: Stack, function: str) -> dict[str, Any]:
    """Invoke a function as its schedule does; return its answer."""
    answer = stack.functions.invoke(FunctionName=stack.resources[function], Payload=b"{}")
    body = answer["Payload"].read()
    assert "FunctionError" not in answer, body
    document: dict[str, Any] = json.loads(body)
    return document


def log_lines(stack: Stack) -> Iterator[str]:
    """Yield every line of every log group of the stack."""
    groups = stack.logs.get_paginator("describe_log_groups").paginate()
    for group in (found for page in groups for found in page["logGroups"]):
        pages = stack.logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        for page in pages:
            yield from (event["message"] for event in page["events"])


@dataclass(frozen=True)
class Listener:
    """A queue that gets what a rule on the default event bus lets through."""

    stack: Stack
    url: str

    def receive(self) -> list[str]:
        """Return, and delete, the messages that have come since; oldest first."""
        bodies = []
        while messages := self.stack.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self.stack.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def events(self) -> list[dict[str, Any]]:
        """Return the events among what has come since."""
        return [json.loads(body) for body in self.receive()]


@contextmanager
def listening(stack: Stack, pattern: dict[str, Any], transformer: dict[str, Any] | None = None) -> Iterator[Listener]:
    """Listen to the default event bus with a rule and a queue of our own, taken away afterwards."""
    name = f"listener-{uuid.uuid4().hex[:12]}"
    url = stack.sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = stack.events.put_rule(Name=name, EventPattern=json.dumps(pattern))["RuleArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
            }
        ],
    }
    stack.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    target: Any = {"Id": "queue", "Arn": arn} | ({"InputTransformer": transformer} if transformer else {})
    stack.events.put_targets(Rule=name, Targets=[target])
    try:
        yield Listener(stack, url)
    finally:
        stack.events.remove_targets(Rule=name, Ids=["queue"])
        stack.events.delete_rule(Name=name)
        stack.sqs.delete_queue(QueueUrl=url)


def events_of(listener: Listener, uploaded: Uploaded, kinds: set[str]) -> dict[str, Any]:
    """Wait until events of all these kinds have come about an upload; return their details by kind."""
    seen: dict[str, Any] = {}

    def look() -> dict[str, Any] | None:
        for event in listener.events():
            if event["detail"].get("version") == uploaded.version:
                seen[event["detail-type"]] = event["detail"]
        return seen if kinds <= seen.keys() else None

    return polling.until(f"the events {sorted(kinds)} about {uploaded.key!r}", look)


def _read(stack: Stack, place: dict[str, str]) -> bytes | None:
    try:
        return stack.s3.get_object(**place)["Body"].read()  # type: ignore[arg-type]
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion", "404"}:
            return None
        raise
