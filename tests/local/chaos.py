"""Makes things go wrong on the local stack, and does what an operator does about it afterwards."""

import base64
import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3

from tests.local import hashes
from tests.local.stack import Stack
from tests.local.watch import Uploaded
from tests.support import polling
from unspread import ulid

VISIBILITY_SECONDS = 30
"""For which a message is hidden that a killed function had, in place of half an hour."""

STREAM_BATCH = 500
"""Records of the stream that sweep is given at once. AWS filters first, so that ten entries of the log are a batch; the
emulator filters what it has cut into batches, and ten records hold an entry or two."""

FED = ("ScanQueue", "ForgetQueue")
"""The queues that functions are fed from here."""


@dataclass(frozen=True)
class Chaos:
    """Faults between the functions of a stack and AWS: see server/faulty_app.py."""

    stack: Stack

    def begin(self, rate: float, seed: int, every: int, kills: int) -> None:
        """Spoil this share of the functions' requests, and so often, at every so many, kill a function."""
        self._call("POST", {"rate": rate, "seed": seed, "every": every, "kills": kills})

    def go_on(self, rate: float) -> None:
        """Spoil this share of the requests, 1.0 for an outage, 0.0 for none."""
        self._call("POST", {"rate": rate})

    def end(self) -> None:
        """Let all requests through, and kill no more."""
        self._call("POST", {"rate": 0.0, "kills": 0})

    def counts(self) -> dict[str, int]:
        """Return the functions' requests since chaos first began, and what was done to them."""
        return self._call("GET", None)

    def _call(self, method: str, document: object) -> dict[str, Any]:
        with urllib3.PoolManager(retries=False, timeout=polling.PATIENCE) as http:
            answer = http.request(method, f"{self.stack.endpoint}/_faults", body=json.dumps(document).encode())
            assert answer.status == 200, answer.data
            found: dict[str, Any] = json.loads(answer.data)
            return found


@contextmanager
def impatient(stack: Stack) -> Iterator[None]:
    """Let messages that a killed function had come back soon, and sweep be given many entries, until the block ends."""
    stream = stack.resources["SweepFunctionListed"]
    stack.functions.update_event_source_mapping(UUID=stream, BatchSize=STREAM_BATCH)
    before = {queue: _attributes(stack, queue)["VisibilityTimeout"] for queue in FED}
    for queue in before:
        _set(stack, queue, VisibilityTimeout=str(VISIBILITY_SECONDS))
    try:
        yield
    finally:
        for queue, seconds in before.items():
            _set(stack, queue, VisibilityTimeout=seconds)
        stack.functions.update_event_source_mapping(UUID=stream, BatchSize=10)


@contextmanager
def worn_out(stack: Stack) -> Iterator[None]:
    """Count every message of the scan queue as received for the last time, until the block ends."""
    before = _attributes(stack, "ScanQueue")["RedrivePolicy"]
    _set(stack, "ScanQueue", RedrivePolicy=json.dumps(json.loads(before) | {"maxReceiveCount": 1}))
    try:
        yield
    finally:
        _set(stack, "ScanQueue", RedrivePolicy=before)


def message(uploaded: Uploaded) -> str:
    """Return what the rule puts into the scan queue about an upload."""
    what = {
        "key": uploaded.key,
        "size": len(uploaded.body),
        "etag": hashlib.md5(uploaded.body).hexdigest(),
        "version-id": uploaded.version,
        "sequencer": "00617F08299329D189",
    }
    return json.dumps({"bucket": {"name": uploaded.bucket}, "object": what})


def announce_again(stack: Stack, uploads: Sequence[Uploaded], chance: random.Random) -> None:
    """Send the messages about uploads twice more, in any order."""
    for uploaded in chance.sample([*uploads, *uploads], 2 * len(uploads)):
        stack.sqs.send_message(QueueUrl=stack.resources["ScanQueue"], MessageBody=message(uploaded))


def stream_again(stack: Stack, count: int, chance: random.Random) -> None:
    """Invoke sweep with entries of the log as the stream told them, some of them twice, in any order."""
    entries = list(_partition(stack, "log"))
    chosen = chance.sample(entries, min(count, len(entries)))
    records = [_stream_record(item) for item in (*chosen, *chosen[:1])]
    chance.shuffle(records)
    body = json.dumps({"Records": records}).encode()
    stack.functions.invoke(FunctionName=stack.resources["SweepFunction"], Payload=body, InvocationType="Event")


def quarter_of_an_hour_later(stack: Stack) -> int:
    """Let what is unswept be old enough for the reconciler, and run it; return what is left."""
    table = stack.outputs["HashTableName"]
    limit = int((time.time() - hashes.QUARTER_OF_AN_HOUR) * 1000)
    for item in _partition(stack, "unswept"):
        if ulid.time_of(item["sk"]["S"]) > limit:
            aged = {**item, "sk": {"S": ulid.at(limit - 60_000)}}
            stack.dynamodb.put_item(TableName=table, Item=aged)
            stack.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    # It may fail by a fault of ours, as by any other: then the next run sees to it.
    stack.functions.invoke(FunctionName=stack.resources["ReconcileFunction"], Payload=b"{}")
    return len(hashes.unswept(stack))


def _stream_record(item: dict[str, Any]) -> dict[str, Any]:
    keys = {"pk": item["pk"], "sk": item["sk"]}
    image = keys | {"changes": {"B": base64.b64encode(item["changes"]["B"]).decode()}}
    seconds = ulid.time_of(item["sk"]["S"]) / 1000
    return {
        "eventID": hashlib.md5(item["sk"]["S"].encode()).hexdigest(),
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": keys,
            "NewImage": image,
            "ApproximateCreationDateTime": seconds,
            "SequenceNumber": str(int(seconds * 1000)),
            "StreamViewType": "NEW_IMAGE",
        },
    }


def _partition(stack: Stack, pk: str) -> Iterator[dict[str, Any]]:
    pages = stack.dynamodb.get_paginator("query").paginate(
        TableName=stack.outputs["HashTableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
        ConsistentRead=True,
    )
    return (item for page in pages for item in page["Items"])


def _attributes(stack: Stack, queue: str) -> dict[str, str]:
    answer = stack.sqs.get_queue_attributes(QueueUrl=stack.resources[queue], AttributeNames=["All"])
    return dict(answer["Attributes"])  # type: ignore[arg-type]


def _set(stack: Stack, queue: str, **attributes: str) -> None:
    stack.sqs.set_queue_attributes(QueueUrl=stack.resources[queue], Attributes=attributes)  # type: ignore[arg-type]
