"""Scans of what lies in existing buckets: without versions, past the filter, back in the queue it came from."""

import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.backfills import Operator
from tests.support.world import World
from unspread import aws
from unspread.scan_filter import ScanFilter
from unspread.stores.objects import ObjectGoneError, Objects
from unspread.upload import Upload

# ------------------------------------------------------------------------------------------ without versions


def test_without_versions_a_listing_and_an_event_mean_the_same_upload(world: World) -> None:
    world.s3.create_bucket(Bucket="plain")
    operator = Operator(world, "plain")
    etag = world.s3.put_object(Bucket="plain", Key="p", Body=b"x")["ETag"].strip('"')
    event = {"bucket": {"name": "plain"}, "object": {"key": "p", "size": 1, "etag": etag, "sequencer": "01"}}
    operator.begin()
    operator.step()
    (queued,) = operator.scanned()
    assert world.deliver(event) == []
    assert [item["verdict"] for item in world.records()] == ["clean"], "the event found the record of the backfill"

    etag = world.s3.put_object(Bucket="plain", Key="q", Body=b"y")["ETag"].strip('"')
    event = {"bucket": {"name": "plain"}, "object": {"key": "q", "size": 1, "etag": etag, "sequencer": "02"}}
    assert world.deliver(event) == []
    operator.to_the_end()
    operator.begin()
    operator.step()
    assert operator.scanned() == [], "and the backfill that of the event"
    assert operator.latest().counted["known"] == 2
    assert queued.key == "p"


def test_a_version_from_before_its_bucket_kept_versions_is_scanned_and_removed_below_newer_ones(world: World) -> None:
    world.s3.create_bucket(Bucket="plain")
    operator = Operator(world, "plain")
    world.s3.put_object(Bucket="plain", Key="p", Body=b"old")
    world.s3.put_bucket_versioning(Bucket="plain", VersioningConfiguration={"Status": "Enabled"})
    newer = world.s3.put_object(Bucket="plain", Key="p", Body=b"new")["VersionId"]
    operator.begin()
    operator.step()
    old, new = sorted(operator.scanned(), key=lambda upload: upload.version != "null")
    assert (old.version, new.version) == ("null", newer)
    objects = Objects(aws.s3(), world.quarantine_bucket)
    with objects.open(old) as (size, chunks):
        assert (size, b"".join(chunks)) == (3, b"old")
    objects.remove(old)
    left = world.s3.list_object_versions(Bucket="plain")
    assert [(item["Key"], item["VersionId"]) for item in left["Versions"]] == [("p", newer)]
    assert "DeleteMarkers" not in left


def test_a_copy_is_made_where_the_one_version_has_no_name(world: World) -> None:
    """Were that taken for "gone", a match would stay where it is."""

    class Nameless:
        def __getattr__(self, name: str) -> Any:
            return getattr(aws.s3(), name)

        def copy_object(self, CopySource: dict[str, str], **more: Any) -> Any:  # noqa: N803
            if "VersionId" in CopySource:
                raise ClientError({"Error": {"Code": "NoSuchVersion", "Message": ""}}, "CopyObject")
            return aws.s3().copy_object(CopySource=CopySource, **more)  # type: ignore[arg-type]

    world.s3.create_bucket(Bucket="plain")
    etag = world.s3.put_object(Bucket="plain", Key="p", Body=b"x")["ETag"].strip('"')
    objects = Objects(Nameless(), world.quarantine_bucket)  # type: ignore[arg-type]
    objects.copy_to_quarantine(Upload("plain", "p", "null", etag, 1, "01"), hashlib.sha256(b"x").digest())
    assert world.quarantined() == [b"x"]
    gone = Upload("plain", "q", "null", etag, 1, "01")
    with pytest.raises(ObjectGoneError):
        objects.copy_to_quarantine(gone, b"")


# ------------------------------------------------------------------------------------------ the scan function


def test_a_failed_message_comes_back_in_the_queue_it_came_from(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    message = world.put("p", b"x")
    assert world.deliver(message, remaining=1, queue="backfill") == [0]
    attributes = world.sqs.get_queue_attributes(
        QueueUrl=world.backfill_queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_what_the_filter_leaves_out_is_not_read_and_has_no_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCAN_PREFIXES", "pictures/")
    out, canary, within = (world.put(key, b"x") for key in ("logs/1", "unspread-canary/1", "pictures/1"))
    assert world.deliver(out, canary, within) == []
    assert sorted(item["key"] for item in world.records()) == ["pictures/1", "unspread-canary/1"]


@pytest.mark.parametrize(
    ("wanted", "key", "size", "scanned"),
    [
        (ScanFilter(), "anything", 0, True),
        (ScanFilter(prefixes=("a/", "b/")), "b/1", 1, True),
        (ScanFilter(prefixes=("a/", "b/")), "c/a/", 1, False),
        (ScanFilter(suffixes=(".Jpg",)), "x.JPG", 1, True),
        (ScanFilter(suffixes=(".jpg",)), "x.jpg.txt", 1, False),
        (ScanFilter(smallest=2), "x", 1, False),
        (ScanFilter(smallest=2), "x", 2, True),
        (ScanFilter(largest=2), "x", 2, True),
        (ScanFilter(largest=2), "x", 3, False),
        (ScanFilter(prefixes=("a/",), suffixes=(".jpg",), smallest=9), "unspread-canary/1", 1, True),
    ],
)
def test_the_filter(wanted: ScanFilter, key: str, size: int, scanned: bool) -> None:
    assert wanted.wants(key, size) is scanned
