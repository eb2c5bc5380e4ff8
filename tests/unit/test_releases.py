"""A release puts back what was taken, byte for byte, and remembers it: nothing newer is lost, nothing else passes."""

import pytest

from tests.support import pictures
from tests.support.items import item_of
from tests.support.reviews import (
    CASE,
    COPY,
    ITEM,
    KIM,
    OF_THE_OWNER,
    Desk,
    caught,
    counted,
    current,
    review,
    suspected,
    table,
)
from tests.support.world import World

pytestmark = pytest.mark.usefixtures("direct_bands")


def test_a_release_puts_back_what_was_taken(world: World, desk: Desk) -> None:
    message = world.put("a b+c.jpg", COPY, **OF_THE_OWNER)
    before = current(world, "a b+c.jpg")
    world.submit(CASE, ITEM)
    assert world.deliver(message) == []
    assert not world.is_there(message)
    assert counted(world) == (1, 1)
    (name,) = (each.upload_id for each in table().open())

    answer = desk.decide(name, "release")

    assert (answer.status, answer.body["decision"], answer.body["done"]) == (200, "release", True)
    assert current(world, "a b+c.jpg") == before
    assert world.quarantined() == []
    assert not world.s3.list_object_versions(Bucket=world.quarantine_bucket).get("Versions")
    assert counted(world) == (0, 0)
    assert list(table().open()) == []
    assert {"Review Decided", "Object Released"} <= set(world.event_types())


def again(world: World, key: str = "a b+c.jpg") -> str:
    """Scan what is there now under a key, as any upload; return its verdict."""
    there = world.s3.head_object(Bucket=world.uploads_bucket, Key=key)
    message = world.message(key, there["VersionId"], there["ETag"].strip('"'), there["ContentLength"])
    assert world.deliver(message) == []
    return str(world.record(message)["verdict"])


def test_what_was_released_passes_and_only_that(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    assert desk.decide(name, "release").status == 200
    assert again(world) == "clean"
    world.put("elsewhere.jpg", COPY)
    assert again(world, "elsewhere.jpg") == "clean"
    other = pictures.jpeg(pictures.decoded(COPY), quality=60)
    message = world.put("another file.jpg", other)
    assert world.deliver(message) == []
    assert world.record(message)["verdict"] == "match"


def test_what_was_released_is_not_found_by_a_sweep_of_the_same_hash(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = caught(world)
    assert desk.decide(name, "release").status == 200
    assert again(world) == "clean"
    world.sweep.uploads_of(ITEM.listable())
    assert current(world, "a b+c.jpg")["Body"] == COPY


def test_what_was_released_is_taken_for_another_hash(world: World, desk: Desk) -> None:
    name, message = caught(world)
    assert desk.decide(name, "release").status == 200
    world.submit("d" * 64, item_of(pictures.png(pictures.decoded(COPY))))
    there = world.s3.head_object(Bucket=world.uploads_bucket, Key=message["object"]["key"])
    restored = world.message(message["object"]["key"], there["VersionId"], there["ETag"].strip('"'), len(COPY))
    assert world.deliver(restored) == []
    assert world.record(restored)["verdict"] == "match"
    assert not world.is_there(restored)


def test_a_release_never_writes_over_a_newer_object(world: World, desk: Desk) -> None:
    name, message = caught(world)
    newer = world.put(message["object"]["key"], b"newer")
    answer = desk.decide(name, "release")
    assert answer.status == 409
    assert "newer object" in answer.body["detail"]
    assert review(name).is_open
    assert not review(name).decision
    assert current(world, message["object"]["key"])["Body"] == b"newer"
    assert world.quarantined() == [COPY]

    world.s3.delete_object(
        Bucket=world.uploads_bucket, Key=newer["object"]["key"], VersionId=newer["object"]["version-id"]
    )
    world.s3.delete_object(Bucket=world.uploads_bucket, Key=newer["object"]["key"])  # a delete marker is no object
    assert desk.decide(name, "release").status == 200
    assert current(world, message["object"]["key"])["Body"] == COPY


def test_a_newer_object_that_comes_while_a_release_is_seen_through_stays(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, message = caught(world)
    with monkeypatch.context() as patch:
        patch.setattr("unspread.stores.restoring.Restoring.check_free", lambda *_: None)
        world.put(message["object"]["key"], COPY, ContentType="image/png")  # the same bytes, and yet another object
        assert desk.decide(name, "release").status == 409
    assert current(world, message["object"]["key"])["ContentType"] == "image/png"
    assert world.quarantined() == [COPY]
    assert desk.get(f"/reviews/{name}").body["done"] is False
    assert desk.decide(name, "confirm", KIM).status == 409


def test_a_copy_that_is_not_what_was_scanned_is_not_released(world: World, desk: Desk) -> None:
    name, message = caught(world)
    world.s3.put_object(Bucket=world.quarantine_bucket, Key=f"objects/{name}", Body=b"forged")
    assert desk.decide(name, "release").status == 409
    assert not world.is_there(message)
    assert review(name).is_open


def test_a_suspect_is_released_where_it_is(world: World, desk: Desk) -> None:
    name, message = suspected(world)
    assert desk.decide(name, "release").status == 200
    assert world.is_there(message)
    assert world.record(message)["verdict"] == "clean"
    assert list(table().open()) == []
