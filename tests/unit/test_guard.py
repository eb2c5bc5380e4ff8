"""The prevalence guard: a hash that hits very many uploads waits for a person."""

import hashlib

import pytest

from tests.support import pictures
from tests.support.items import item_of
from tests.support.stream import swept
from tests.support.world import World
from unspread import aws, ulid
from unspread.bulk import BulkListing
from unspread.hash_key import HashKey, Kind
from unspread.submission import SubmittedItem

pytestmark = pytest.mark.usefixtures("direct_bands")

CASE, OTHER_CASE = "c" * 64, "d" * 64
LISTED = pictures.picture(1, (400, 300))


def test_a_hash_that_hits_too_many_past_uploads_is_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREVALENCE_LIMIT", "3")
    messages = [world.put(f"{n}.jpg", pictures.jpeg(LISTED, 60 + n)) for n in range(5)]
    world.deliver(*messages)
    world.submit(CASE, item_of(pictures.png(LISTED), digests=False))
    swept(world)
    verdicts = sorted(world.record(message)["verdict"] for message in messages)
    assert verdicts == ["match"] * 3 + ["suspect"] * 2
    assert sum(map(world.is_there, messages)) == 2
    later = world.put("later.jpg", pictures.altered(LISTED))
    world.deliver(later)
    assert world.record(later)["verdict"] == "suspect"

    (held,) = [key for key in item_of(pictures.png(LISTED), digests=False).listable() if key.kind is Kind.PDQ]
    world.guard.approve(held)
    swept(world)
    assert not any(map(world.is_there, [*messages, later]))


def test_a_hash_that_hits_too_many_new_uploads_is_held_and_approved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREVALENCE_LIMIT", "2")
    world.submit(CASE, SubmittedItem("video", md5=hashlib.md5(b"logo", usedforsecurity=False).hexdigest()))
    messages = [world.put(f"{n}.gif", b"logo") for n in range(4)]
    world.deliver(*messages)
    assert [world.record(message)["verdict"] for message in messages] == ["match", "match", "suspect", "suspect"]
    world.guard.approve(HashKey(Kind.MD5, hashlib.md5(b"logo", usedforsecurity=False).hexdigest()))
    more = world.put("more.gif", b"logo")
    world.deliver(more)
    assert world.record(more)["verdict"] == "match"


def test_hashes_of_a_trusted_list_are_never_held(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREVALENCE_LIMIT", "1")
    monkeypatch.setenv("TRUSTED_LISTS", "kept-by-people,another")
    listing = BulkListing(world.hashes, world.log, aws.dynamodb_transactions)
    digests = {name: hashlib.md5(name.encode(), usedforsecurity=False).hexdigest() for name in ("another", "unknown")}
    for name, digest in digests.items():
        listing([HashKey(Kind.MD5, digest)], f"list#{name}", "adult", "2026-01-01")
    verdicts = {}
    for name in digests:
        messages = [world.put(f"{name}{n}.gif", name.encode()) for n in range(3)]
        world.deliver(*messages)
        verdicts[name] = [world.record(message)["verdict"] for message in messages]
    assert verdicts == {"another": ["match"] * 3, "unknown": ["match", "suspect", "suspect"]}


def test_a_hash_of_two_sources_is_exempt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREVALENCE_LIMIT", "1")
    for case in (CASE, OTHER_CASE):
        world.submit(case, item_of(pictures.png(LISTED)))
    messages = [world.put(f"{n}.jpg", pictures.jpeg(LISTED, 60 + n)) for n in range(4)]
    world.deliver(*messages)
    assert {world.record(message)["verdict"] for message in messages} == {"match"}


def test_approving_what_is_not_held_changes_nothing(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    before = len(world.log.read_from(ulid.START)[0])
    for key in item_of(pictures.png(LISTED)).listable():
        world.guard.approve(key)
    world.guard.approve(HashKey(Kind.MD5, "00" * 16))
    assert len(world.log.read_from(ulid.START)[0]) == before
