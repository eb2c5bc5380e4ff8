"""What is gone for good is no longer looked for: a version, and without versions what a key held."""

import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest

from tests.support import pictures
from tests.support.faults import denied, failing
from tests.support.functions import Context
from tests.support.world import World
from unspread.bands import bands
from unspread.stores.objects import Objects
from unspread.stores.versions import Versions

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


# ------------------------------------------------------------------------------------------ without versions


@pytest.fixture
def plain(world: World) -> str:
    """A bucket that keeps no versions."""
    world.s3.create_bucket(Bucket="plain")
    return "plain"


def store(world: World, key: str, body: bytes, sequencer: str = "01") -> dict[str, Any]:
    """Store an object there; return its event."""
    etag = world.s3.put_object(Bucket="plain", Key=key, Body=body)["ETag"].strip('"')
    return {
        "bucket": {"name": "plain"},
        "object": {"key": key, "size": len(body), "etag": etag, "sequencer": sequencer},
    }


def delete(world: World, key: str) -> dict[str, Any]:
    """Delete an object there; return its event, which tells nothing of what the object was."""
    world.s3.delete_object(Bucket="plain", Key=key)
    return {"bucket": {"name": "plain"}, "object": {"key": key, "sequencer": "09"}}


def findable(world: World) -> dict[str, set[str]]:
    """Return, by key, the kinds of items by which uploads to that bucket would be found; every upload has all."""
    keys = {str(record["pk"]).removeprefix("object#"): record["key"] for record in world.records()}
    found: dict[str, set[str]] = {}
    for item in world.dynamodb.scan(TableName="UploadTable")["Items"]:
        kind, name = item["pk"]["S"].partition("#")[0], item["sk"]["S"].rpartition("#")[2]
        if name in keys:
            found.setdefault(keys[name], set()).add(kind)
    return found


ALL = {"sha256", "md5", "band", "key"}


def test_without_versions_what_is_deleted_is_no_longer_found_and_its_record_stays(world: World, plain: str) -> None:
    assert world.deliver(store(world, "a", pictures.jpeg(LISTED)), store(world, "a/b", pictures.jpeg(LISTED))) == []
    assert findable(world) == {"a": ALL, "a/b": ALL}
    for _ in range(2):
        assert forget(world, delete(world, "a")) == []
        assert findable(world) == {"a/b": ALL}
    assert sorted(record["key"] for record in world.records()) == ["a", "a/b"]
    assert forget(world, delete(world, "never stored")) == []


def test_without_versions_what_is_overwritten_is_no_longer_found(world: World, plain: str) -> None:
    other = pictures.jpeg(pictures.picture(2, (400, 300)))
    assert world.deliver(store(world, "a", pictures.jpeg(LISTED))) == []
    assert world.deliver(store(world, "a", other, "02")) == []
    first, second = sorted(world.records(), key=lambda record: bool(record.get("leaving")), reverse=True)
    for record, left in ((first, set()), (second, {str(second["pk"]).removeprefix("object#")})):
        pdq = bytes(record["hashes"][0]["pdq"].value)
        assert {name for band in bands(pdq) for _, name in world.index.with_band(band)} == left


def test_without_versions_a_fault_while_forgetting_what_was_overwritten_costs_no_verdict(
    world: World, plain: str
) -> None:
    assert world.deliver(store(world, "a", pictures.jpeg(LISTED))) == []
    overwriting = store(world, "a", b"no picture", "02")
    with failing(lambda _at, operation: operation == "ListObjectVersions", denied):
        assert world.deliver(overwriting) == [0]
    assert world.deliver(overwriting, received=2) == []
    assert sorted(record["verdict"] for record in world.records()) == ["clean", "unsupported"]
    assert forget(world, delete(world, "a")) == [], "what was left is forgotten at the next occasion"
    assert findable(world) == {}


def test_without_versions_a_deletion_that_is_told_late_leaves_what_came_after_it(world: World, plain: str) -> None:
    body = pictures.jpeg(LISTED)
    assert world.deliver(store(world, "a", body)) == []
    late = delete(world, "a")
    assert world.deliver(store(world, "a", body, "02")) == []
    assert forget(world, late) == []
    assert findable(world) == {"a": ALL}


def test_without_versions_the_same_stored_again_within_the_second_is_found(world: World, plain: str) -> None:
    body = pictures.jpeg(LISTED)
    with patch.object(Objects, "modified", lambda *_: datetime(2026, 11, 23, tzinfo=UTC)):
        first = store(world, "a", body)
        assert world.deliver(first) == []
        assert forget(world, delete(world, "a")) == []
        assert findable(world) == {}
        again = store(world, "a", body, "02")
        assert world.deliver(again) == []
        assert findable(world) == {"a": ALL}
        assert world.deliver(first, received=2) == [], "an event that is told again is that of the first"
        assert len(world.records()) == 2
    assert forget(world, delete(world, "a")) == []
    assert findable(world) == {}


@pytest.mark.parametrize("before", [True, False])
def test_without_versions_the_same_stored_while_it_is_being_forgotten_is_found(
    world: World, plain: str, *, before: bool
) -> None:
    """Stored and scanned before the look at the bucket it is seen there; after it, it has another name."""
    body = pictures.jpeg(LISTED)
    look = Versions.etags

    def meanwhile(versions: Versions, upload: Any) -> set[str]:
        there = set() if before else look(versions, upload)
        assert world.deliver(store(world, "a", body, "02")) == []
        return look(versions, upload) if before else there

    with patch.object(Objects, "modified", lambda *_: datetime(2026, 11, 23, tzinfo=UTC)):
        assert world.deliver(store(world, "a", body)) == []
        deleted = delete(world, "a")
        with patch.object(Versions, "etags", meanwhile):
            assert forget(world, deleted) == []
    assert findable(world) == {"a": ALL}


def test_a_version_from_before_its_bucket_kept_versions_is_found_while_it_lies_below_newer_ones(
    world: World, plain: str
) -> None:
    assert world.deliver(store(world, "a", pictures.jpeg(LISTED))) == []
    world.s3.put_bucket_versioning(Bucket=plain, VersioningConfiguration={"Status": "Enabled"})
    world.s3.put_object(Bucket=plain, Key="a", Body=b"newer")
    deleted = {"bucket": {"name": plain}, "object": {"key": "a", "sequencer": "09", "version-id": "null"}}
    assert forget(world, deleted) == []
    assert findable(world) == {"a": ALL}
    world.s3.delete_object(Bucket=plain, Key="a", VersionId="null")
    assert forget(world, deleted) == []
    assert findable(world) == {}


@pytest.mark.parametrize("refused", ["Query", "GetItem", "UpdateItem", "ListObjectVersions", "BatchWriteItem"])
def test_without_versions_a_fault_while_forgetting_lets_the_message_come_back(
    world: World, plain: str, refused: str
) -> None:
    assert world.deliver(store(world, "a", pictures.jpeg(LISTED))) == []
    deleted = delete(world, "a")
    with failing(lambda _at, operation: operation == refused, denied):
        assert forget(world, deleted) == [{"itemIdentifier": "1"}]
    assert forget(world, deleted) == []
    assert findable(world) == {}


def _pdq(world: World, message: dict[str, Any]) -> bytes:
    return bytes(world.record(message)["hashes"][0]["pdq"].value)


def _id(world: World, message: dict[str, Any]) -> str:
    return str(world.record(message)["pk"]).removeprefix("object#")
