"""What becomes of an upload."""

import hashlib
import io
from dataclasses import replace

import boto3
import pytest
from PIL import Image

from tests.support import pictures
from tests.support.items import item_of
from tests.support.world import World
from unspread.hash_key import HashKey, Kind
from unspread.submission import SubmittedItem

CASE = "c" * 64
LISTED = pictures.picture(1)
INNOCENT = pictures.picture(2)


def test_an_altered_copy_is_moved_into_quarantine_byte_for_byte(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    copy = pictures.altered(LISTED)
    message = world.put("holiday.jpg", copy, Metadata={"owner": "jane"}, Tagging="album=summer")

    assert world.deliver(message) == []

    assert not world.is_there(message)
    assert world.quarantined() == [copy]
    record = world.record(message)
    assert (record["verdict"], record["action"], record["done"]) == ("match", "quarantined", True)
    key = record["quarantine"]["key"]
    kept = world.s3.get_object(Bucket=world.quarantine_bucket, Key=key)
    assert kept["Metadata"] == {"owner": "jane"}
    tags = world.s3.get_object_tagging(Bucket=world.quarantine_bucket, Key=key)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"album": "summer", "unspread-status": "match"}
    assert world.event_types() == ["Match Found", "Object Quarantined"]
    report = world.cases.report(CASE)
    assert [(item.found, item.removed) for item in report.items] == [(1, 1)]


def test_an_innocent_picture_is_left_alone(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("innocent.jpg", pictures.jpeg(INNOCENT))

    assert world.deliver(message) == []

    assert world.is_there(message)
    assert world.record(message)["verdict"] == "clean"
    assert world.quarantined() == []
    assert world.events() == []


def test_several_records_in_one_message_batch_are_each_judged(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    messages = [world.put(f"{n}.jpg", pictures.jpeg(pictures.picture(n), 80)) for n in range(1, 5)]

    assert world.deliver(*messages) == []

    assert [world.record(message)["verdict"] for message in messages] == ["match", "clean", "clean", "clean"]


@pytest.mark.parametrize(
    "key", ["a b+c%20é.jpg", 'say "cheese".jpg', "日本/語.png", "x" * 1024, "a%2Fb.jpg", "plus+.jpg"]
)
def test_awkward_keys_are_found_and_only_they_are_removed(world: World, key: str) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    neighbours = [world.put(other, b"hello") for other in ("a b c é.jpg", "a b+c é.jpg", "a/b.jpg", "plus .jpg")]
    message = world.put(key, pictures.jpeg(LISTED))

    assert world.deliver(message) == []

    assert not world.is_there(message)
    assert world.record(message)["verdict"] == "match"
    assert all(world.is_there(neighbour) for neighbour in neighbours)


def test_a_key_that_arrives_encoded_is_not_taken_for_a_deleted_object(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("a b+c.jpg", pictures.jpeg(LISTED))
    encoded = world.message("a+b%2Bc.jpg", message["object"]["version-id"])

    assert world.deliver(encoded) == []

    assert not world.is_there(message)
    assert world.record(message)["verdict"] == "match"


def test_an_exact_copy_of_a_listed_video_is_found_by_its_digest(world: World) -> None:
    video = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40
    world.submit(CASE, replace(item_of(pictures.jpeg(LISTED)), kind="video", hashes=()))
    world.submit("d" * 64, SubmittedItem("video", md5=HashKey.of(Kind.MD5, _md5(video)).value))
    message = world.put("clip.mp4", video)
    other = world.put("other.mp4", video + b"1")

    assert world.deliver(message, other) == []

    assert (world.record(message)["verdict"], world.record(other)["verdict"]) == ("match", "unsupported")
    assert world.quarantined() == [video]


def test_an_empty_object_is_unsupported_even_if_somebody_listed_nothing(world: World) -> None:
    message = world.put("empty", b"")
    world.deliver(message)
    assert (world.record(message)["verdict"], world.record(message)["reason"]) == ("unsupported", "empty")


def test_a_damaged_picture_is_an_error_left_where_it_is_and_not_repeated(world: World) -> None:
    message = world.put("damaged.jpg", b"\xff\xd8\xff\xe0" + b"\0" * 4000)

    assert world.deliver(message) == []

    record = world.record(message)
    assert record["verdict"] == "error"
    assert record["reason"]
    assert world.is_there(message)
    assert world.event_types() == ["Scan Failed"]
    assert world.events()[0]["detail"]["reason"] == record["reason"]


def test_a_truncated_copy_of_a_listed_picture_is_a_match_all_the_same(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    whole = pictures.jpeg(LISTED)
    message = world.put("cut.jpg", whole[: len(whole) * 98 // 100])
    world.deliver(message)
    assert world.record(message)["verdict"] == "match"


def test_a_truncated_innocent_picture_is_never_clean(world: World) -> None:
    whole = pictures.jpeg(INNOCENT)
    message = world.put("cut.jpg", whole[: len(whole) // 2])
    world.deliver(message)
    assert world.record(message)["verdict"] == "error"


def test_a_picture_over_the_pixel_limit_is_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_PIXELS", "1000000")
    message = world.put("large.jpg", pictures.jpeg(pictures.picture(3, (1200, 900))))
    world.deliver(message)
    assert (world.record(message)["verdict"], world.record(message)["reason"]) == ("error", "too_many_pixels")


def test_a_picture_over_the_byte_limit_is_an_error_and_a_video_is_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_PICTURE_BYTES", "5000")
    picture, video = world.put("large.jpg", pictures.jpeg(INNOCENT)), world.put("large.mp4", b"mp4" * 3000)
    world.deliver(picture, video)
    assert (world.record(picture)["verdict"], world.record(picture)["reason"]) == ("error", "too_many_bytes")
    assert world.record(video)["verdict"] == "unsupported"


def test_an_object_over_the_object_limit_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_OBJECT_BYTES", "5000")
    told, untold = world.put("told", b"a" * 6000), world.put("untold", b"b" * 6000)
    untold["object"]["size"] = 1
    world.deliver(told, untold)
    for message in (told, untold):
        assert (world.record(message)["verdict"], world.record(message)["reason"]) == ("error", "too_many_bytes")


def test_an_object_deleted_before_its_scan_is_never_clean(world: World) -> None:
    message = world.put("gone.jpg", pictures.jpeg(INNOCENT))
    world.s3.delete_object(Bucket=world.uploads_bucket, Key="gone.jpg", VersionId=message["object"]["version-id"])
    assert world.deliver(message) == []
    assert (world.record(message)["verdict"], world.record(message)["reason"]) == ("error", "gone")


def test_a_version_under_a_delete_marker_is_still_found(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("hidden.jpg", pictures.jpeg(LISTED))
    world.s3.delete_object(Bucket=world.uploads_bucket, Key="hidden.jpg")
    world.deliver(message)
    assert not world.is_there(message)
    assert world.record(message)["verdict"] == "match"


def test_only_the_matching_version_of_a_replaced_object_is_removed(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    first = world.put("same.jpg", pictures.jpeg(LISTED))
    second = world.put("same.jpg", pictures.jpeg(INNOCENT))

    assert world.deliver(second) == []
    assert world.deliver(first) == []  # out of order

    assert not world.is_there(first)
    assert world.is_there(second)
    assert (world.record(first)["verdict"], world.record(second)["verdict"]) == ("match", "clean")


def test_an_unversioned_object_that_was_replaced_is_left_to_its_own_event(world: World) -> None:
    boto3.client("s3").create_bucket(Bucket="plain")
    world.submit(CASE, item_of(pictures.png(LISTED)))
    old = world.s3.put_object(Bucket="plain", Key="p.jpg", Body=pictures.jpeg(LISTED))["ETag"].strip('"')
    new = world.s3.put_object(Bucket="plain", Key="p.jpg", Body=pictures.jpeg(INNOCENT))["ETag"].strip('"')
    about = [
        {"bucket": {"name": "plain"}, "object": {"key": "p.jpg", "size": 1, "etag": etag, "sequencer": sequencer}}
        for etag, sequencer in ((old, "01"), (new, "02"))
    ]
    assert world.deliver(*about) == []
    assert sorted((item["verdict"], item["reason"]) for item in world.records()) == [("clean", ""), ("error", "gone")]
    assert world.s3.get_object(Bucket="plain", Key="p.jpg")["ETag"].strip('"') == new


def test_the_same_content_uploaded_again_without_versions_is_another_upload(world: World) -> None:
    boto3.client("s3").create_bucket(Bucket="plain")
    world.submit(CASE, item_of(pictures.png(LISTED)))
    for sequencer in ("01", "02"):
        etag = world.s3.put_object(Bucket="plain", Key="p.jpg", Body=pictures.jpeg(LISTED))["ETag"].strip('"')
        item = {"key": "p.jpg", "size": 1, "etag": etag, "sequencer": sequencer}
        assert world.deliver({"bucket": {"name": "plain"}, "object": item}) == []
        assert "Contents" not in world.s3.list_objects_v2(Bucket="plain")
    assert len(world.quarantined()) == 2
    assert world.cases.report(CASE).items[0].removed == 2


def test_a_repeated_event_changes_nothing_and_counts_nothing_twice(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    match, clean = world.put("a.jpg", pictures.jpeg(LISTED)), world.put("b.jpg", pictures.jpeg(INNOCENT))
    world.deliver(match, clean)
    before = world.records()

    assert world.deliver(match, clean, match) == []

    assert world.records() == before
    assert world.event_types() == ["Match Found", "Object Quarantined"]
    assert world.cases.report(CASE).items[0].found == 1


def test_a_weaker_verdict_never_replaces_a_match(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("a.jpg", pictures.jpeg(LISTED))
    world.deliver(message)
    world.cases.withdraw(CASE)
    key = {"pk": {"S": world.records()[0]["pk"]}, "sk": {"S": "record"}}
    # as if the end of the first scan had not been written
    world.dynamodb.update_item(TableName="UploadTable", Key=key, UpdateExpression="REMOVE done")

    assert world.deliver(message) == []

    assert world.record(message)["verdict"] == "match"
    assert len(world.quarantined()) == 1


def test_a_withdrawn_hash_does_not_act(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    world.cases.withdraw(CASE)
    message = world.put("a.jpg", pictures.jpeg(LISTED))
    world.deliver(message)
    assert world.record(message)["verdict"] == "clean"
    assert world.is_there(message)


def test_a_match_withdrawn_before_it_was_acted_on_is_taken_back(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("a.jpg", pictures.jpeg(LISTED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unspread.stores.objects.Objects.copy_to_quarantine", _die)
        assert world.deliver(message) == [0]
    assert world.record(message)["verdict"] == "match"
    world.cases.withdraw(CASE)

    assert world.deliver(message, received=2) == []

    assert world.record(message)["verdict"] == "clean"
    assert world.is_there(message)


def test_a_near_but_not_matching_hash_makes_a_suspect(world: World) -> None:
    item = item_of(pictures.png(LISTED), digests=False)
    pdq = bytearray.fromhex(item.hashes[0].pdq)
    pdq[:5] = bytes(byte ^ 0xFF for byte in pdq[:5])  # 40 bits away
    world.submit(CASE, SubmittedItem("image", hashes=(replace(item.hashes[0], pdq=pdq.hex(), phash=None),)))
    message = world.put("a.jpg", pictures.png(LISTED))

    assert world.deliver(message) == []

    assert world.record(message)["verdict"] == "suspect"
    assert world.is_there(message)
    assert world.event_types() == ["Suspect Found"]
    assert world.events()[0]["detail"]["distance"] == 40


def test_a_crop_of_a_listed_picture_is_suspect_by_its_windows(world: World) -> None:
    listed = item_of(pictures.png(LISTED), windows=True)
    world.submit(CASE, listed)
    width, height = LISTED.size
    crop = LISTED.crop((0, 0, width * 8 // 10, height * 8 // 10))
    message = world.put("crop.jpg", pictures.jpeg(crop))
    assert world.deliver(message) == []
    assert world.record(message)["verdict"] == "suspect"
    assert world.is_there(message)
    assert world.events()[0]["detail"]["kind"] == "window"
    world.cases.withdraw(CASE)
    later = world.put("later.jpg", pictures.jpeg(crop))
    world.deliver(later)
    assert world.record(later)["verdict"] == "clean"


def test_observe_records_and_publishes_and_moves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCH_ACTION", "observe")
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("a.jpg", pictures.jpeg(LISTED))

    assert world.deliver(message) == []

    assert world.is_there(message)
    assert world.quarantined() == []
    assert world.event_types() == ["Match Found"]
    assert [(item.found, item.removed) for item in world.cases.report(CASE).items] == [(1, 0)]


def test_ten_tags_of_the_owner_are_kept_and_ours_is_left_out(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    world.deliver(world.put("a.jpg", pictures.jpeg(LISTED), Tagging="&".join(f"k{n}=v" for n in range(10))))
    key = world.records()[0]["quarantine"]["key"]
    tags = world.s3.get_object_tagging(Bucket=world.quarantine_bucket, Key=key)["TagSet"]
    assert {tag["Key"] for tag in tags} == {f"k{n}" for n in range(10)}


def test_a_picture_that_killed_three_scans_is_an_error_and_its_digests_are_checked(world: World) -> None:
    message = world.put("killer.jpg", pictures.jpeg(INNOCENT))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unspread.content.hash_picture", _exit)
        for received in (1, 2, 3):
            with pytest.raises(SystemExit):
                world.deliver(message, received=received)

    assert world.deliver(message, received=4) == []

    assert (world.record(message)["verdict"], world.record(message)["reason"]) == ("error", "crashed")
    assert len(bytes(world.record(message)["sha256"])) == 32


def test_a_message_without_time_left_comes_back(world: World) -> None:
    message = world.put("late.jpg", pictures.jpeg(INNOCENT))
    assert world.deliver(message, remaining=9_000) == [0]
    assert world.records() == []


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"bucket": {"name": "b"}}', '{"bucket": {"name": "b"}, "object": {"key": ""}}']
)
def test_a_message_that_is_none_comes_back_and_lets_the_others_pass(world: World, body: str) -> None:
    message = world.put("a.jpg", pictures.jpeg(INNOCENT))
    assert world.deliver(body or " ", message) == [0]
    assert world.record(message)["verdict"] == "clean"


def test_a_failed_message_comes_back_soon(world: World) -> None:
    message = world.put("a.jpg", pictures.jpeg(INNOCENT))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unspread.stores.upload_table.UploadTable.write", _die)
        assert world.deliver(message) == [0]
    waiting = world.sqs.get_queue_attributes(
        QueueUrl=world.scan_queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
    )
    assert waiting["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_every_frame_of_an_animation_is_looked_at(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    frames = [pictures.picture(n).resize((400, 300)) for n in (5, 6)] + [LISTED.resize((400, 300))]
    data = io.BytesIO()
    frames[0].save(data, "WEBP", save_all=True, append_images=frames[1:], duration=100, quality=80)
    message = world.put("animated.webp", data.getvalue())
    world.deliver(message)
    assert world.record(message)["verdict"] == "match"


def test_a_mirrored_copy_is_found(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("mirrored.jpg", pictures.jpeg(LISTED.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
    world.deliver(message)
    assert world.record(message)["verdict"] == "match"


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _die(*_: object, **__: object) -> None:
    raise ConnectionError


def _exit(*_: object, **__: object) -> None:
    raise SystemExit


def test_a_failed_message_of_a_queue_that_is_not_known_comes_back_all_the_same(world: World) -> None:
    unread = world.message("nowhere.jpg", "a-version")
    unread["bucket"] = {"name": "no-such-bucket"}
    assert world.deliver(unread, queue="renamed") == [0]
