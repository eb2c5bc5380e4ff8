"""People decide, on the deployed stack: with the review function's own role, and requests that are signed."""

from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from tests.e2e import operators
from tests.e2e.conftest import Listed, Secret
from tests.e2e.people import Person
from tests.local import watch
from tests.local.stack import Stack
from tests.support import polling
from unspread.cli.review_client import ReviewClient

OWNERS: dict[str, Any] = {
    "ContentType": "image/jpeg",
    "CacheControl": "max-age=60",
    "Metadata": {"album": "summer"},
    "Tagging": "team=photos&plan=a%20b",
}
KEY = "review/a b+c%20é.jpg"


@pytest.fixture
def reviewer(stack: Stack) -> ReviewClient:
    return operators.reviewer(stack)


def put(stack: Stack, key: str, body: bytes) -> watch.Uploaded:
    answer = stack.s3.put_object(Bucket=stack.uploads, Key=key, Body=body, **OWNERS)
    return watch.Uploaded(key, answer["VersionId"], body, stack.uploads)


def seen(stack: Stack, key: str) -> dict[str, Any]:
    """Return what a reader gets of an object."""
    answer = stack.s3.get_object(Bucket=stack.uploads, Key=key)
    tags = stack.s3.get_object_tagging(Bucket=stack.uploads, Key=key)["TagSet"]
    told = {name: answer.get(name) for name in ("ContentType", "CacheControl", "Metadata", "ETag")}
    return told | {"Body": answer["Body"].read(), "Tags": sorted((tag["Key"], tag["Value"]) for tag in tags)}


@pytest.mark.parametrize(("method", "path"), [("GET", "/reviews"), ("GET", "/reviews/audit"), ("POST", "/reviews/ab")])
def test_without_credentials_nothing_is_told_or_decided(stack: Stack, method: str, path: str) -> None:
    with urllib3.PoolManager(retries=False, timeout=polling.PATIENCE) as http:
        assert http.request(method, stack.api + path, body=b"{}" if method == "POST" else None).status == 403


def test_a_release_puts_back_byte_for_byte_and_the_same_object_passes(
    stack: Stack, person: Person, reviewer: ReviewClient, listing: Callable[[], Listed]
) -> None:
    listed = listing()
    first = put(stack, KEY, listed.copy)
    before = seen(stack, KEY)
    assert watch.verdict(stack, first) == "match"
    assert watch.in_place(stack, first) is None
    name = watch.upload_id(first)
    (waiting,) = (each for each in reviewer.all() if each["id"] == name)
    assert (waiting["verdict"], waiting["key"], waiting["action"]) == ("match", KEY, "quarantined")

    with watch.listening(stack, {"source": ["unspread"]}) as listener:
        decided = reviewer.decide(name, "release", "it is somebody else")
        events = watch.events_of(listener, first, {"Review Decided", "Object Released"})

    assert (decided["decision"], decided["done"]) == ("release", True)
    assert events["Object Released"]["restored"] is True
    assert seen(stack, KEY) == before
    assert watch.quarantined(stack, first) is None
    assert [(item["found"], item["removed"]) for item in person.status(listed.code)["items"]] == [(0, 0)]
    version = stack.s3.head_object(Bucket=stack.uploads, Key=KEY)["VersionId"]
    assert watch.verdict(stack, watch.Uploaded(KEY, version, listed.copy, stack.uploads)) == "clean"
    assert watch.verdict(stack, put(stack, KEY, listed.copy)) == "clean"
    assert watch.in_place(stack, put(stack, "review/elsewhere.jpg", listed.copy)) == listed.copy
    month = decided["since"][:7]
    assert ("release", "it is somebody else") in [(each["what"], each["note"]) for each in reviewer.audit(month)]


def test_a_confirmed_match_stays_and_retention_leaves_it_until_its_day(
    stack: Stack, reviewer: ReviewClient, listing: Callable[[], Listed]
) -> None:
    listed = listing()
    copy = put(stack, "review/confirmed.jpg", listed.copy)
    assert watch.verdict(stack, copy) == "match"
    name = watch.upload_id(copy)
    assert reviewer.decide(name, "confirm")["done"] is True
    polling.until("it waits no longer", lambda: name not in {each["id"] for each in reviewer.all()})
    assert watch.invoke(stack, "RetainFunction")["stuck"] == 0
    assert watch.quarantined(stack, copy) == listed.copy


def test_of_two_people_who_have_to_agree_one_decides_nothing(strict: Stack, draw: Callable[[], Secret]) -> None:
    secret = draw()
    secret.submit(strict)
    copy = put(strict, "review/two.jpg", secret.copy)
    assert watch.verdict(strict, copy) == "match"
    name = watch.upload_id(copy)
    ann, ben = (operators.reviewer(strict, operators.user(strict, who, "execute-api:Invoke")) for who in ("ann", "ben"))

    for _ in "once", "again":
        voted = ann.decide(name, "confirm")
        assert (voted["decision"], voted["done"]) == ("", False)
    assert [(vote["who"].rpartition("/")[2], vote["decision"]) for vote in voted["votes"]] == [("ann", "confirm")]
    assert name in {each["id"] for each in ben.all()}
    agreed = ben.decide(name, "confirm")
    assert (agreed["decision"], agreed["done"]) == ("confirm", True)

    alone = ann.decide(name, "release")
    assert (alone["decision"], watch.in_place(strict, copy), watch.quarantined(strict, copy)) == (
        "confirm",
        None,
        secret.copy,
    )
    undone = ben.decide(name, "release")
    assert (undone["decision"], undone["done"]) == ("release", True)
    assert strict.s3.get_object(Bucket=strict.uploads, Key=copy.key)["Body"].read() == secret.copy
    said = [(entry["who"].rpartition("/")[2], entry["what"]) for entry in ann.audit(voted["since"][:7])]
    assert said == [("ann", "confirm"), ("ben", "confirm"), ("ann", "release"), ("ben", "release")]
