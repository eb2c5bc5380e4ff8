"""Snapshots of the list: published by the deployed function, loaded by a scan that starts cold."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.e2e.conftest import Secret
from tests.local import hashes, watch
from tests.local.stack import Stack
from tests.support import polling
from unspread.changes import unpack
from unspread.hash_key import HashKey, Kind
from unspread.snapshot import Snapshot

CURRENT = "current.json"


def bucket(stack: Stack) -> str:
    return stack.outputs["ListBucketName"]


def newest(stack: Stack) -> Snapshot:
    """Read the snapshot that scans load."""
    current = json.loads(stack.s3.get_object(Bucket=bucket(stack), Key=CURRENT)["Body"].read())
    name = current["snapshots"][0]
    return Snapshot.from_bytes(stack.s3.get_object(Bucket=bucket(stack), Key=f"snapshots/{name}")["Body"].read())


def publish(stack: Stack) -> None:
    """Have a snapshot of everything listed so far published, as if it were the first."""
    stack.s3.delete_object(Bucket=bucket(stack), Key=CURRENT)
    watch.invoke(stack, "PublishFunction")


@contextmanager
def out_of_the_log(stack: Stack, key: HashKey) -> Iterator[int]:
    """Take the entries that list a hash out of the log, as the log's tail is without them; put them back later."""
    table = stack.outputs["HashTableName"]
    pages = stack.dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "log"}},
        ConsistentRead=True,
    )
    entries = [item for page in pages for item in page["Items"]]
    about = [item for item in entries if key in {change.key for change in unpack(item["changes"]["B"])}]
    for item in about:
        stack.dynamodb.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
    try:
        yield len(about)
    finally:
        for item in about:
            stack.dynamodb.put_item(TableName=table, Item=item)


def start_cold(stack: Stack, function: str) -> None:
    """Let the next run of a function be one of a new process, which knows nothing of what came before."""
    polling.until("an idle scan", lambda: watch.waiting(stack, "ScanQueueUrl") == 0)
    name = stack.resources[function]
    timeout = stack.functions.get_function_configuration(FunctionName=name)["Timeout"]
    stack.functions.update_function_configuration(FunctionName=name, Timeout=timeout)
    stack.functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def test_a_scan_that_starts_cold_knows_the_snapshots_hashes(stack: Stack, draw: Callable[[], Secret]) -> None:
    secret = draw()
    secret.submit(stack)
    exact = watch.upload(stack, "snapshot/before.jpg", secret.original)
    assert watch.verdict(stack, exact) == "match"
    key = hashes.pdq_of(stack, exact)
    publish(stack)
    assert key.bytes in newest(stack).rows[Kind.PDQ].as_dict()
    with out_of_the_log(stack, key) as entries:
        assert entries == 1
        start_cold(stack, "ScanFunction")
        copy = watch.upload(stack, "snapshot/after.jpg", secret.copy)
        assert watch.verdict(stack, copy) == "match"
    assert watch.quarantined(stack, copy) == copy.body
    assert watch.in_place(stack, copy) is None
