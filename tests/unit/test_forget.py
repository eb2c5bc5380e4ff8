"""A version that is gone for good is no longer looked for."""

import json
from typing import Any

from tests.support import pictures
from tests.support.faults import denied, failing
from tests.support.functions import Context
from tests.support.world import World
from unspread.bands import bands

LISTED = pictures.picture(1, (400, 300))


def forget(world: World, message: dict[str, Any]) -> list[dict[str, str]]:
    record = {
        "messageId": "1",
        "receiptHandle": "1",
        "body": json.dumps(message),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1",
            "SenderId": "events",
            "ApproximateFirstReceiveTimestamp": "1",
        },
        "messageAttributes": {},
        "md5OfBody": "0" * 32,
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:forget",
        "awsRegion": "us-east-1",
    }
    answer: list[dict[str, str]] = world.function("forget").handler({"Records": [record]}, Context())[
        "batchItemFailures"
    ]
    return answer


def test_a_version_that_is_gone_for_good_is_no_longer_found_and_its_record_stays(world: World) -> None:
    gone, kept = world.put("a.jpg", pictures.altered(LISTED)), world.put("b.jpg", pictures.jpeg(LISTED))
    world.deliver(gone, kept)
    assert forget(world, gone) == []
    found = {name for band in bands(_pdq(world, gone)) for _, name in world.index.with_band(band)}
    assert found <= {_id(world, kept)}
    assert {name for band in bands(_pdq(world, kept)) for _, name in world.index.with_band(band)} == {_id(world, kept)}
    assert world.record(gone)["verdict"] == "clean"
    left = {item["pk"]["S"].partition("#")[0] for item in world.dynamodb.scan(TableName="UploadTable")["Items"]}
    assert left == {"object", "band", "sha256", "md5"}
    assert forget(world, kept) == []
    left = {item["pk"]["S"].partition("#")[0] for item in world.dynamodb.scan(TableName="UploadTable")["Items"]}
    assert left == {"object"}


def test_forgetting_what_was_never_known_or_forgotten_before_is_no_fault(world: World) -> None:
    message = world.put("a.jpg", pictures.jpeg(LISTED))
    assert forget(world, message) == []
    world.deliver(message)
    assert forget(world, message) == []
    assert forget(world, message) == []


def test_a_fault_while_forgetting_lets_the_message_come_back(world: World) -> None:
    message = world.put("a.jpg", pictures.jpeg(LISTED))
    world.deliver(message)
    with failing(lambda _at, operation: operation == "BatchWriteItem", denied):
        assert forget(world, message) == [{"itemIdentifier": "1"}]


def _pdq(world: World, message: dict[str, Any]) -> bytes:
    return bytes(world.record(message)["hashes"][0]["pdq"].value)


def _id(world: World, message: dict[str, Any]) -> str:
    return str(world.record(message)["pk"]).removeprefix("object#")
