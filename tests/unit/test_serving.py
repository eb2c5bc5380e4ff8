"""Where reads are closed until an object is found clean: every verdict becomes a tag, and no stale one stays."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import botocore.client
import pytest

from tests.support import pictures
from tests.support.faults import denied, failing
from tests.support.world import World
from unspread import aws
from unspread.assembly import backfilling
from unspread.hash_key import HashKey, Kind
from unspread.settings import BackfillSettings
from unspread.stores.objects import TAG
from unspread.stores.transaction import commit
from unspread.submission import SubmittedItem
from unspread.upload import UploadMessage
from unspread.verdict import Status, Verdict

pytestmark = pytest.mark.usefixtures("direct_bands")

CASE = "d" * 64
COPY = pictures.jpeg(pictures.picture(11))
INNOCENT = pictures.jpeg(pictures.picture(12))
TAGS_OF_TEN = "&".join(f"tag{n}=x" for n in range(10))


@pytest.fixture(autouse=True)
def wanted() -> Iterator[None]:
    with patch.dict("os.environ", {"TAG_VERDICTS": "true"}):
        yield


def tags(world: World, message: dict[str, Any]) -> dict[str, str]:
    item = message["object"]
    answer = world.s3.get_object_tagging(Bucket=world.uploads_bucket, Key=item["key"], VersionId=item["version-id"])
    return {tag["Key"]: tag["Value"] for tag in answer["TagSet"]}


def exactly(body: bytes) -> SubmittedItem:
    """Return an item that lists a file by its SHA-256 alone, whose sweep is one look-up."""
    return SubmittedItem("image", sha256=hashlib.sha256(body).hexdigest())


def hold(world: World, body: bytes) -> None:
    """Hold a file's SHA-256, as the guard does."""
    key = HashKey(Kind.SHA256, hashlib.sha256(body).hexdigest())
    actions, changes = world.hashes.set_status(world.hashes.read([key])[key], Status.HELD)
    commit(aws.dynamodb_transactions(), lambda: actions + world.log.append(changes))


def test_a_clean_upload_is_tagged_beside_its_owners_tags(world: World) -> None:
    message = world.put("innocent.jpg", INNOCENT, Tagging="album=summer&year=2026")

    assert world.deliver(message) == []

    assert tags(world, message) == {"album": "summer", "year": "2026", TAG: "clean"}
    assert world.record(message)["tagged"] == "clean"


def test_a_tag_costs_one_write_and_two_reads(world: World) -> None:
    """What docs/serving.md counts: the tags are read and written, and the record is read again."""
    made = {}
    for mode in ("false", "true"):
        message = world.put(f"{mode}.jpg", INNOCENT)
        with patch.dict("os.environ", {"TAG_VERDICTS": mode}), failing(lambda *_: False) as calls:
            assert world.deliver(message) == []
        made[mode] = Counter(calls.made)
    assert made["true"] - made["false"] == Counter(GetObjectTagging=1, PutObjectTagging=1, GetItem=1)


def test_without_the_mode_nothing_is_tagged(world: World) -> None:
    message = world.put("innocent.jpg", INNOCENT)

    with patch.dict("os.environ", {"TAG_VERDICTS": "false"}), failing(lambda *_: False) as calls:
        assert world.deliver(message) == []

    assert tags(world, message) == {}
    assert not any("Tagging" in call for call in calls.made)
    assert "tagged" not in world.record(message)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [(b"%PDF-1.7", "unsupported"), (INNOCENT[:2000], "error"), (INNOCENT, "clean")],
    ids=["document", "damaged", "clean"],
)
def test_what_is_not_clean_is_tagged_with_what_it_is(world: World, body: bytes, verdict: str) -> None:
    message = world.put("some.jpg", body)

    assert world.deliver(message) == []

    assert tags(world, message) == {TAG: verdict}


def test_a_suspect_is_tagged_suspect(world: World) -> None:
    world.submit(CASE, exactly(INNOCENT))
    hold(world, INNOCENT)
    message = world.put("suspect.jpg", INNOCENT)

    assert world.deliver(message) == []

    assert tags(world, message) == {TAG: "suspect"}


def test_a_match_that_is_only_observed_is_tagged(world: World) -> None:
    world.submit(CASE, exactly(COPY))
    message = world.put("copy.jpg", COPY)

    with patch.dict("os.environ", {"MATCH_ACTION": "observe"}):
        assert world.deliver(message) == []

    assert tags(world, message) == {TAG: "match"}


def test_what_is_in_quarantine_needs_no_tag_in_its_bucket(world: World) -> None:
    world.submit(CASE, exactly(COPY))
    message = world.put("copy.jpg", COPY)

    assert world.deliver(message) == []

    assert not world.is_there(message)
    assert world.record(message)["tagged"] == "gone"
    assert world.event_types() == ["Match Found", "Object Quarantined"]


def test_a_listing_takes_clean_away_from_a_past_upload(world: World) -> None:
    message = world.put("copy.jpg", COPY)
    assert world.deliver(message) == []
    assert tags(world, message) == {TAG: "clean"}

    world.submit(CASE, exactly(COPY))
    with patch.dict("os.environ", {"MATCH_ACTION": "observe"}):
        world.reconcile()

    assert tags(world, message) == {TAG: "match"}
    assert world.record(message)["tagged"] == "match"


def test_nothing_that_looks_like_our_tag_stays(world: World) -> None:
    message = world.put("forged.jpg", b"%PDF-1.7", Tagging="Unspread-Status=clean&unspread-status=clean&album=x")

    assert world.deliver(message) == []

    assert tags(world, message) == {"album": "x", TAG: "unsupported"}


def test_each_version_has_its_own_tag(world: World) -> None:
    first = world.put("same.jpg", INNOCENT)
    second = world.put("same.jpg", b"%PDF-1.7")

    assert world.deliver(first) == []

    assert (tags(world, first), tags(world, second)) == ({TAG: "clean"}, {})


def test_an_upload_without_room_for_the_tag_is_told_of_and_not_served(world: World) -> None:
    message = world.put("full.jpg", INNOCENT, Tagging=TAGS_OF_TEN)

    assert world.deliver(message) == []

    assert TAG not in tags(world, message)
    assert len(tags(world, message)) == 10
    record = world.record(message)
    assert (record["verdict"], record["tagged"], record["done"]) == ("clean", "no_room_for_tag", True)
    (event,) = world.events()
    assert event["detail-type"] == "Verdict Not Tagged"
    assert (event["detail"]["reason"], event["detail"]["verdict"]) == ("no_room_for_tag", "clean")


def test_a_full_set_of_tags_that_has_ours_has_room(world: World) -> None:
    nine = "&".join(f"tag{n}=x" for n in range(9))
    message = world.put("full.jpg", INNOCENT, Tagging=f"{nine}&unspread-status=suspect")

    assert world.deliver(message) == []

    assert (len(tags(world, message)), tags(world, message)[TAG]) == (10, "clean")


def test_an_object_without_versions_is_never_tagged(world: World) -> None:
    world.s3.create_bucket(Bucket="unversioned")
    etag = world.s3.put_object(Bucket="unversioned", Key="a.jpg", Body=INNOCENT)["ETag"].strip('"')
    item = {"key": "a.jpg", "size": len(INNOCENT), "etag": etag, "sequencer": "00"}

    assert world.deliver({"bucket": {"name": "unversioned"}, "object": item}) == []

    assert world.s3.get_object_tagging(Bucket="unversioned", Key="a.jpg")["TagSet"] == []
    (event,) = world.events()
    assert event["detail"]["reason"] == "unversioned"


def test_an_upload_that_was_judged_before_tags_were_wanted_is_tagged_when_it_comes_again(world: World) -> None:
    message = world.put("innocent.jpg", INNOCENT)
    with patch.dict("os.environ", {"TAG_VERDICTS": "false"}):
        assert world.deliver(message) == []

    assert world.deliver(message) == []

    assert tags(world, message) == {TAG: "clean"}
    with failing(lambda *_: False) as calls:
        assert world.deliver(message) == []
    assert not any("Tagging" in call for call in calls.made), "and only once"


def test_a_backfill_passes_over_what_is_tagged_alone(world: World) -> None:
    message = world.put("innocent.jpg", INNOCENT)
    upload_id = UploadMessage.model_validate(message).upload().id
    with patch.dict("os.environ", {"TAG_VERDICTS": "false"}):
        assert world.deliver(message) == []
    assert world.uploads.outcomes([upload_id]) == {upload_id: Verdict.CLEAN}
    assert world.uploads.outcomes([upload_id], tags=True) == {upload_id: None}

    assert world.deliver(message) == []

    assert world.uploads.outcomes([upload_id], tags=True) == {upload_id: Verdict.CLEAN}


@pytest.mark.parametrize("tags", [True, False])
def test_a_backfill_looks_for_tags_where_they_are_wanted(world: World, *, tags: bool) -> None:
    variables = {"UPLOAD_TABLE": "UploadTable", "BACKFILL_QUEUE_URL": "queue", "TAG_VERDICTS": str(tags).lower()}
    with patch.dict("os.environ", variables):
        assert backfilling.backfill(BackfillSettings.load()).tags is tags


def test_a_denied_tag_brings_the_message_back(world: World) -> None:
    message = world.put("innocent.jpg", INNOCENT)

    with failing(lambda _, operation: operation == "PutObjectTagging", denied):
        assert world.deliver(message) == [0]

    assert not world.record(message)["done"]
    assert world.deliver(message, received=2) == []
    assert tags(world, message) == {TAG: "clean"}


class Interleaved:
    """Lets something else happen just before a call reaches the service, once."""

    def __init__(self, operation: str, meanwhile: Any) -> None:
        self.operation = operation
        self.meanwhile = meanwhile

    def __enter__(self) -> None:
        real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            if operation == self.operation and self.meanwhile:
                meanwhile, self.meanwhile = self.meanwhile, None
                meanwhile()
            return real(client, operation, arguments)

        self.patch = patch("botocore.client.BaseClient._make_api_call", call)
        self.patch.start()

    def __exit__(self, *_: object) -> None:
        self.patch.stop()
        assert self.meanwhile is None, "it never happened"


def listed_and_swept(world: World) -> None:
    world.submit(CASE, exactly(COPY))
    world.reconcile()


def test_a_scan_that_is_late_with_its_clean_takes_it_back(world: World) -> None:
    """It judged the upload clean; the hash was listed and swept, and the tag set, before the scan's own tag arrived."""
    message = world.put("copy.jpg", COPY)

    with (
        patch.dict("os.environ", {"MATCH_ACTION": "observe"}),
        Interleaved("PutObjectTagging", lambda: listed_and_swept(world)),
    ):
        assert world.deliver(message) == []

    assert world.record(message)["verdict"] == "match"
    assert tags(world, message) == {TAG: "match"}


@pytest.mark.parametrize("performed", [False, True])
def test_a_scan_that_dies_after_a_late_clean_is_repaired_by_its_repetition(world: World, *, performed: bool) -> None:
    message = world.put("copy.jpg", COPY)
    judged: list[str] = []

    def right_after_the_tag(_: int, operation: str) -> bool:
        judged.append(operation)
        return operation == "GetItem" and judged[-2] == "PutObjectTagging" and judged.count("PutObjectTagging") == 2

    with (
        patch.dict("os.environ", {"MATCH_ACTION": "observe"}),
        failing(right_after_the_tag, performed=performed),
        Interleaved("PutObjectTagging", lambda: listed_and_swept(world)),
    ):
        assert world.deliver(message) == [0]

    assert world.record(message)["done"], "the sweep has finished it"
    assert tags(world, message) == {TAG: "clean"}, "and the scan's tag came late"
    with patch.dict("os.environ", {"MATCH_ACTION": "observe"}):
        assert world.deliver(message, received=2) == []
    assert tags(world, message) == {TAG: "match"}
