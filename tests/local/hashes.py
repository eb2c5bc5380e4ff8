"""Hashes in the deployed hash table, listed past the API where a test needs a listing that nobody has swept."""

import time
import uuid

from tests.local import watch
from tests.local.stack import Stack
from tests.local.watch import Uploaded
from unspread import ulid
from unspread.changes import Change, Operation, pack
from unspread.hash_key import HashKey, Kind

QUARTER_OF_AN_HOUR = 900
"""Seconds for which the reconciler leaves an entry to the stream."""


def pdq_of(stack: Stack, uploaded: Uploaded) -> HashKey:
    """Return the PDQ hash that was recorded of an upload, of the whole picture."""
    record = watch.record(stack, uploaded)
    assert record is not None
    return HashKey.of(Kind.PDQ, record["hashes"][0]["M"]["pdq"]["B"])


def list_silently(stack: Stack, key: HashKey) -> None:
    """List a hash without an entry of the log, so that neither the stream nor a reader hears of it."""
    item = {"pk": {"S": str(key)}, "sk": {"S": "hash"}, "status": {"S": "active"}, "category": {"S": "adult"}}
    counts = {"version": {"N": "1"}, "sources": {"N": "1"}, "found": {"N": "0"}, "removed": {"N": "0"}}
    stack.dynamodb.put_item(TableName=stack.outputs["HashTableName"], Item={**item, **counts})


def entry(key: HashKey, others: int = 0) -> bytes:
    """Return the changes of an entry that lists a hash, and as many others that nobody else has heard of."""
    strangers = [HashKey.of(Kind.PDQ, uuid.uuid4().bytes + uuid.uuid4().bytes) for _ in range(others)]
    return pack([Change(Operation.ADD, each, 1) for each in (key, *strangers)])


def note_unswept(stack: Stack, changes: bytes) -> str:
    """Note an entry as unswept for longer than the reconciler leaves to the stream; return its ULID."""
    name = ulid.at(int((time.time() - QUARTER_OF_AN_HOUR - 60) * 1000))
    stack.dynamodb.put_item(
        TableName=stack.outputs["HashTableName"],
        Item={"pk": {"S": "unswept"}, "sk": {"S": name}, "changes": {"B": changes}},
    )
    return name


def unswept(stack: Stack) -> set[str]:
    """Return the ULIDs of the entries whose hashes were not looked for among past uploads yet."""
    pages = stack.dynamodb.get_paginator("query").paginate(
        TableName=stack.outputs["HashTableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "unswept"}},
        ConsistentRead=True,
    )
    return {item["sk"]["S"] for page in pages for item in page["Items"]}
