"""An anonymous case is submitted, an upload is caught."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e import people
from tests.e2e.conftest import Listed
from tests.e2e.people import Person
from tests.local import watch
from tests.local.stack import Stack
from tests.support import pictures

AWKWARD_KEYS = [
    "a b+c%20é.jpg",
    'she said "hello".jpg',
    "it's <here> & there.jpg",
    "back\\slash.jpg",
    "per%2Fcent%2B.jpg",
    "日本語/🙂.jpg",
]


def test_an_altered_copy_of_a_listed_picture_is_moved_into_quarantine(
    stack: Stack, person: Person, listing: Callable[[], Listed]
) -> None:
    listed = listing()
    assert listed.copy != listed.original
    with watch.listening(stack, {"source": ["unspread"]}) as listener:
        copy = watch.upload(stack, "main/copy.jpg", listed.copy)
        assert watch.verdict(stack, copy) == "match"
        events = watch.events_of(listener, copy, {"Match Found", "Object Quarantined"})
    assert watch.quarantined(stack, copy) == listed.copy
    assert watch.in_place(stack, copy) is None
    place = {"bucket": stack.quarantine, "key": watch.quarantine_key(copy)}
    assert events["Object Quarantined"]["quarantine"] == place
    assert (events["Match Found"]["bucket"], events["Match Found"]["key"]) == (stack.uploads, copy.key)
    tags = stack.s3.get_object_tagging(Bucket=stack.quarantine, Key=place["key"])["TagSet"]
    assert {"Key": "unspread-status", "Value": "match"} in tags
    status = person.status(listed.code)
    assert status["status"] == "open"
    assert [(item["found"], item["removed"]) for item in status["items"]] == [(1, 1)]


def test_an_innocent_picture_is_left_alone(stack: Stack, listing: Callable[[], Listed], innocent: bytes) -> None:
    listing()
    other = watch.upload(stack, "main/innocent.jpg", innocent)
    assert watch.verdict(stack, other) == "clean"
    assert watch.in_place(stack, other) == innocent
    assert watch.quarantined(stack, other) is None


def test_after_withdrawal_the_same_upload_passes(stack: Stack, person: Person, listing: Callable[[], Listed]) -> None:
    listed = listing()
    assert '"withdrawn"' in people.command(stack, "withdraw", listed.code)
    again = watch.upload(stack, "main/withdrawn.jpg", listed.copy)
    assert watch.verdict(stack, again) == "clean"
    assert watch.in_place(stack, again) == listed.copy
    assert person.status(listed.code)["status"] == "withdrawn"


def test_only_the_version_that_matched_is_removed(stack: Stack, listing: Callable[[], Listed], innocent: bytes) -> None:
    listed = listing()
    first = watch.upload(stack, "main/replaced.jpg", innocent)
    second = watch.upload(stack, "main/replaced.jpg", listed.copy)
    third = watch.upload(stack, "main/replaced.jpg", innocent + b"\0")
    verdicts = [watch.verdict(stack, version) for version in (first, second, third)]
    assert verdicts == ["clean", "match", "clean"]
    assert watch.in_place(stack, first) == first.body
    assert watch.in_place(stack, second) is None
    assert watch.in_place(stack, third) == third.body
    assert watch.quarantined(stack, second) == listed.copy


@pytest.mark.parametrize("key", AWKWARD_KEYS)
def test_awkward_keys_are_taken_as_they_are(stack: Stack, listing: Callable[[], Listed], key: str) -> None:
    listed = listing()
    with watch.listening(stack, {"source": ["unspread"]}) as listener:
        copy = watch.upload(stack, key, listed.copy)
        assert watch.verdict(stack, copy) == "match"
        events = watch.events_of(listener, copy, {"Object Quarantined"})
    assert events["Object Quarantined"]["key"] == key
    assert watch.in_place(stack, copy) is None
    assert watch.quarantined(stack, copy) == listed.copy


def test_a_listed_video_is_known_by_its_digests(stack: Stack, tmp_path: Path) -> None:
    video = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 400
    file = tmp_path / "video.mp4"
    file.write_bytes(video)
    people.submit(stack, file)
    copy = watch.upload(stack, "main/video.mp4", video)
    assert watch.verdict(stack, copy) == "match"
    assert watch.quarantined(stack, copy) == video
    other = watch.upload(stack, "main/other.mp4", video + b"\0")
    assert watch.verdict(stack, other) == "unsupported"
    assert watch.in_place(stack, other) == other.body


def test_an_empty_object_is_recorded_and_left_alone(stack: Stack) -> None:
    empty = watch.upload(stack, "main/empty.jpg", b"")
    assert watch.verdict(stack, empty) == "unsupported"
    assert watch.in_place(stack, empty) == b""


def test_a_damaged_picture_is_an_error_never_clean_and_left_where_it_is(stack: Stack, innocent: bytes) -> None:
    half = innocent[: len(innocent) // 2]
    with watch.listening(stack, {"source": ["unspread"]}) as listener:
        damaged = watch.upload(stack, "main/damaged.jpg", half)
        assert watch.verdict(stack, damaged) == "error"
        events = watch.events_of(listener, damaged, {"Scan Failed"})
    record = watch.record(stack, damaged)
    assert record is not None
    assert events["Scan Failed"]["reason"] == record["reason"] != ""
    assert watch.in_place(stack, damaged) == half
    assert watch.quarantined(stack, damaged) is None


def test_the_same_picture_in_another_format_is_caught(stack: Stack, listing: Callable[[], Listed]) -> None:
    listed = listing()
    image = pictures.decoded(listed.original)
    for name, body in (("main/again.png", pictures.png(image)), ("main/again.heic", pictures.heic(image))):
        copy = watch.upload(stack, name, body)
        assert watch.verdict(stack, copy) == "match"
        assert hashlib.sha256(watch.quarantined(stack, copy) or b"").digest() == hashlib.sha256(body).digest()


def test_bad_submissions_are_answered_by_problem_documents(person: Person) -> None:
    case = "ab" * 32
    for body in (b"not JSON", {"case": case}, {"case": case, "category": "adult", "items": [], "name": "mine"}):
        answer = person.call("POST", "/submissions", body)
        assert 400 <= answer.status < 500
        assert answer.kind == "application/problem+json"
        assert answer.document["title"]
    assert person.call("GET", "/case", code="00000-00000-00000-00000").status == 404


def test_the_description_of_the_api_is_served(person: Person) -> None:
    answer = person.call("GET", "/openapi.json")
    assert answer.status == 200
    assert {"/submissions", "/case", "/case/items"} <= answer.document["paths"].keys()
