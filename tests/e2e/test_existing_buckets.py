"""Buckets that were there before us: watched, backfilled, and left as they were otherwise."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from PIL.Image import Image

from tests.e2e import operators, people
from tests.e2e.operators import command as operate
from tests.local import watch
from tests.local.deploy import EXISTING_BUCKETS
from tests.local.stack import Stack
from tests.support import pictures, polling
from unspread.stores.run_table import State

VERSIONED, UNVERSIONED = EXISTING_BUCKETS
LISTED = 5
SECONDS_EACH = 3.0
SLOWER = 1.5
"""How many times later the median live upload may be judged beside a backfill: held by the long run alone, for the
suite shares its machine with other suites and would measure them."""
PACE = 2
"""Uploads a second of that backfill. Without a pace it takes all of this machine, which all functions share."""

ODD_KEYS = ["a b+c%20é.jpg", 'quoted "and" \\.jpg', "100%.jpg"]


def picture(number: int) -> Image:
    return pictures.picture(seed=70_000 + number, size=(320, 240))


@dataclass(frozen=True)
class Foreign:
    """A bucket of somebody else's, with notifications of theirs."""

    stack: Stack
    name: str

    def notifications(self) -> dict[str, Any]:
        found: dict[str, Any] = dict(self.stack.s3.get_bucket_notification_configuration(Bucket=self.name))
        del found["ResponseMetadata"]
        return found

    def put(self, key: str, body: bytes) -> watch.Uploaded:
        answer = self.stack.s3.put_object(Bucket=self.name, Key=key, Body=body)
        return watch.Uploaded(key, answer.get("VersionId", "null"), body, self.name)

    def versions(self) -> Counter[tuple[str, str]]:
        pages = self.stack.s3.get_paginator("list_object_versions").paginate(Bucket=self.name)
        return Counter((item["Key"], item["VersionId"]) for page in pages for item in page.get("Versions", []))

    def records(self) -> list[dict[str, Any]]:
        """Return the records of its objects, without canaries."""
        pages = self.stack.dynamodb.get_paginator("scan").paginate(
            TableName=self.stack.outputs["UploadTableName"], ConsistentRead=True
        )
        items = [item for page in pages for item in page["Items"] if item["sk"]["S"] == "record"]
        plain: list[dict[str, Any]] = [
            {name: next(iter(value.values())) for name, value in item.items()} for item in items
        ]
        return [
            item for item in plain if item["bucket"] == self.name and not item["key"].startswith("unspread-canary/")
        ]


@pytest.fixture
def foreign(stack: Stack) -> Iterator[Callable[..., Foreign]]:
    made = []

    def make(name: str, *, versioned: bool) -> Foreign:
        stack.s3.create_bucket(Bucket=name)
        if versioned:
            stack.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        url = stack.sqs.create_queue(QueueName=f"theirs-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        arn = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
        document = {"Version": "2012-10-17", "Statement": [{**policy, "Resource": arn}]}
        stack.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(document)})
        stack.s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "Id": "theirs",
                        "QueueArn": arn,
                        "Events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"],
                        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "theirs/"}]}},
                    }
                ]
            },
        )
        made.append(name)
        return Foreign(stack, name)

    yield make
    for name in made:
        for key, version in Foreign(stack, name).versions():
            stack.s3.delete_object(Bucket=name, Key=key, VersionId=version)
        for marker in stack.s3.list_object_versions(Bucket=name).get("DeleteMarkers", []):
            stack.s3.delete_object(Bucket=name, Key=marker["Key"], VersionId=marker["VersionId"])
        stack.s3.delete_bucket(Bucket=name)


def status(stack: Stack, bucket: str) -> dict[str, Any]:
    """Return what the command line tells of the backfill of a bucket."""
    document: dict[str, Any] = json.loads(operate(stack, "backfill", bucket, "--status"))
    return document


def state(stack: Stack, kind: str, bucket: str) -> tuple[str, int]:
    """Return where a run is, and how much it has queued."""
    table, key = stack.outputs["UploadTableName"], {"pk": {"S": kind}, "sk": {"S": bucket}}
    item = stack.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    return item["state"]["S"], int(item["counted"]["M"].get("queued", {"N": "0"})["N"])


def becomes(stack: Stack, bucket: str, wanted: State, seconds: float = polling.PATIENCE) -> None:
    """Wait until the backfill of a bucket is there."""
    polling.until(f"the backfill to be {wanted}", lambda: state(stack, "backfill", bucket)[0] == wanted, seconds)


def live_seconds(stack: Stack, number: int) -> float:
    """Upload a picture; return how long it took to be judged."""
    body = pictures.jpeg(picture(number))
    begun = time.monotonic()
    uploaded = watch.upload(stack, f"live/{uuid.uuid4().hex}.jpg", body)
    polling.until("a live verdict", lambda: watch.record(stack, uploaded), step=0.005)
    return time.monotonic() - begun


@pytest.mark.parametrize(("count", "live"), [(100, 3), pytest.param(2000, 25, marks=pytest.mark.soak)])
def test_a_bucket_is_watched_and_backfilled_stopped_half_way_and_gone_on_with(
    count: int, live: int, stack: Stack, foreign: Callable[..., Foreign], tmp_path: Path
) -> None:
    bucket = foreign(VERSIONED, versioned=True)
    before = bucket.notifications()
    for number in range(LISTED):
        (tmp_path / f"{number}.png").write_bytes(pictures.png(picture(number)))
    people.submit(stack, tmp_path)

    keys = [*ODD_KEYS, *(f"old/{number}.jpg" for number in range(count - len(ODD_KEYS) - LISTED))]
    bodies = [pictures.altered(picture(n)) if n < LISTED else pictures.jpeg(picture(n)) for n in range(count)]
    # The first ones are overwritten: what is listed lies below, as noncurrent versions, and one below a delete marker.
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(bucket.put, keys[:LISTED], bodies[:LISTED]))
        stored += pool.map(bucket.put, keys, bodies[LISTED:])
    stack.s3.delete_object(Bucket=bucket.name, Key=keys[LISTED])
    assert bucket.versions() == Counter((each.key, each.version) for each in stored)

    operate(stack, "watch", bucket.name, "--no-backfill")
    assert bucket.notifications() == {**before, "EventBridgeConfiguration": {}}
    assert "0 scanned before" in operate(stack, "backfill", bucket.name, "--dry-run")

    operate(stack, "backfill", bucket.name, "--yes", "--detach", "--pace", str(PACE))
    polling.until(
        "half to be queued",
        lambda: state(stack, "backfill", bucket.name)[1] >= count // 2,
        count / PACE + polling.PATIENCE,
    )
    operate(stack, "backfill", bucket.name, "--stop")
    becomes(stack, bucket.name, State.STOPPED)
    half = state(stack, "backfill", bucket.name)[1]
    assert count // 2 <= half < count
    for number in range(3):  # beside what was queued, so that there are functions for both when it counts
        live_seconds(stack, 92_000 + number)
    polling.until("what is queued to be scanned", lambda: watch.waiting(stack, "BackfillQueueUrl") == 0)
    alone = [live_seconds(stack, 90_000 + number) for number in range(live)]

    operate(stack, "backfill", bucket.name, "--resume", "--detach")
    begun = time.monotonic()
    beside: list[float] = []
    while state(stack, "backfill", bucket.name)[0] != State.DONE and len(beside) < live:
        beside.append(live_seconds(stack, 91_000 + len(beside)))
    becomes(stack, bucket.name, State.DONE, SECONDS_EACH * count + polling.PATIENCE)
    took = time.monotonic() - begun
    done = status(stack, bucket.name)
    figures = {"alone": sorted(alone), "beside": sorted(beside), "half": half, "seconds": took}
    print(figures, done)
    assert beside, figures

    assert (done["queued"], done.get("unjudged", 0)) == (count, 0)
    assert {name: done[name] for name in ("match", "clean")} == {"match": LISTED, "clean": count - LISTED}
    versions = {each.version for each in stored}
    records = [item for item in bucket.records() if item["version"] in versions]
    assert Counter((item["key"], item["version"]) for item in records) == Counter((u.key, u.version) for u in stored)
    verdicts = {item["version"]: item["verdict"] for item in records}
    assert [verdicts[each.version] for each in stored[:LISTED]] == ["match"] * LISTED
    assert [watch.in_place(stack, each) for each in stored[:LISTED]] == [None] * LISTED
    assert [watch.quarantined(stack, each) for each in stored[:LISTED]] == [each.body for each in stored[:LISTED]]
    assert sum(bucket.versions().values()) == count - LISTED
    assert bucket.notifications() == {**before, "EventBridgeConfiguration": {}}
    if live > 3:
        assert len(beside) == live, figures
        assert median(beside) <= SLOWER * median(alone), figures
    assert f"{count - LISTED:,} scanned before" in operate(stack, "backfill", bucket.name, "--dry-run")

    operate(stack, "unwatch", bucket.name)
    assert bucket.notifications() == before


def test_without_versions_an_upload_has_one_verdict_whichever_way_it_was_found(
    stack: Stack, foreign: Callable[..., Foreign], tmp_path: Path
) -> None:
    bucket = foreign(UNVERSIONED, versioned=False)
    (tmp_path / "listed.png").write_bytes(pictures.png(picture(60_000)))
    people.submit(stack, tmp_path / "listed.png")
    copy = pictures.altered(picture(60_000))
    bucket.put("before.jpg", copy)
    bucket.put("innocent.jpg", pictures.jpeg(picture(60_001)))
    operate(stack, "watch", bucket.name, "--no-backfill")
    bucket.put("live.jpg", copy)
    bucket.put("live, innocent.jpg", pictures.jpeg(picture(60_002)))

    def done(wanted: int) -> Callable[[], bool]:
        return lambda: sum(bool(item.get("done")) for item in bucket.records()) == wanted

    polling.until("live verdicts", done(2))
    operate(stack, "backfill", bucket.name, "--yes")
    told = status(stack, bucket.name)
    assert (told["known"], told["queued"], told["match"], told["clean"]) == (1, 2, 1, 1)
    verdicts = {item["key"]: item["verdict"] for item in bucket.records()}
    assert verdicts == {
        "before.jpg": "match",
        "innocent.jpg": "clean",
        "live.jpg": "match",
        "live, innocent.jpg": "clean",
    }
    assert sorted(key for key, _ in bucket.versions()) == ["innocent.jpg", "live, innocent.jpg"]

    reviewer = operators.reviewer(stack)
    (waiting,) = (each for each in reviewer.all() if (each["bucket"], each["key"]) == (bucket.name, "live.jpg"))
    assert reviewer.decide(waiting["id"], "release")["done"] is True
    assert stack.s3.get_object(Bucket=bucket.name, Key="live.jpg")["Body"].read() == copy
    assert sorted(key for key, _ in bucket.versions()) == ["innocent.jpg", "live, innocent.jpg", "live.jpg"]

    (name,) = (item["pk"].removeprefix("object#") for item in bucket.records() if item["key"] == "live, innocent.jpg")
    assert watch.named(stack, name) == {"sha256", "md5", "band", "key"}
    stack.s3.delete_object(Bucket=bucket.name, Key="live, innocent.jpg")
    polling.until("what was deleted to be forgotten", lambda: not watch.named(stack, name))
    operate(stack, "unwatch", bucket.name)


def test_lost_events_are_looked_for_as_the_roles_let(stack: Stack) -> None:
    assert watch.invoke(stack, "LostEventsFunction")["begun"] == 1
    polling.until("the look to end", lambda: state(stack, "check", stack.uploads)[0] == State.DONE)
