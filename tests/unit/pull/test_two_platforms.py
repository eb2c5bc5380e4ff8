"""Two platforms: what is submitted at one is caught at the other, and the submitter sees it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import pytest

from tests.exchange.pull_world import PullWorld, make_table
from tests.exchange.world import BOTH, TABLE, ExchangeWorld, headers_of, served
from tests.support import pictures
from tests.support.functions import load
from tests.support.items import item_of
from tests.support.world import World
from unspread import aws
from unspread.cases import Cases
from unspread.exchange.participant import Keys
from unspread.hash_key import HashKey
from unspread.pull.service import Outcome
from unspread.stores.case_table import CaseTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.submission import SubmittedItem

PICTURE = pictures.picture(1, (400, 300))
CASE = "c" * 64


@dataclass
class Submitted:
    """The platform where people submit, behind HTTP for its participants."""

    exchange: ExchangeWorld
    url: str

    @property
    def hashes(self) -> HashTable:
        return HashTable(aws.dynamodb(), "a-HashTable")

    @property
    def cases(self) -> Cases:
        log = HashLog(aws.dynamodb(), "a-HashTable")
        return Cases(CaseTable(aws.dynamodb(), "a-CaseTable"), self.hashes, log, aws.dynamodb_transactions)


@pytest.fixture
def a(world: World) -> Iterator[Submitted]:
    """The platform where people submit; its tables lie beside those of the one that pulls."""
    for name in ("a-HashTable", "a-CaseTable", *({TABLE} - set(world.dynamodb.list_tables()["TableNames"]))):
        make_table(world.dynamodb, name)
    variables = {"EXCHANGE_TABLE": TABLE, "EXCHANGE_RATE": "1000", "EXCHANGE_BURST": "10000"}
    with patch.dict("os.environ", variables | {"HASH_TABLE": "a-HashTable"}):
        function = load("exchange")
        function.exchange()  # from now on it uses these tables
    exchange = ExchangeWorld(world, function)
    with served(exchange) as url:
        yield Submitted(exchange, url)


@pytest.fixture
def b(platform: PullWorld, a: Submitted) -> PullWorld:
    """The platform that pulls the other's list."""
    keys = a.exchange.participant("b")
    platform.add(a.url + "/v1", credentials=headers_of(keys), feedback=True)
    return platform


def items() -> SubmittedItem:
    return item_of(pictures.png(PICTURE))


def test_a_case_at_one_is_matched_at_the_other_and_seen_by_who_submitted(
    a: Submitted, b: PullWorld, world: World
) -> None:
    a.cases.submit(CASE, "adult", [items()])
    assert b.run() == {"other": Outcome.COMPLETE}
    copy = world.put("copy.jpg", pictures.jpeg(PICTURE))
    innocent = world.put("innocent.jpg", pictures.jpeg(pictures.picture(7, (400, 300))))
    assert world.deliver(copy, innocent) == []
    assert (world.is_there(copy), world.is_there(innocent)) == (False, True)
    for _ in range(2):  # what is told twice counts once
        b.run()
        (status,) = a.cases.report(CASE).items
        assert (status.found, status.removed) == (1, 1)


def test_past_uploads_are_found_and_told_as_well(a: Submitted, b: PullWorld, world: World) -> None:
    copy = world.put("copy.jpg", pictures.jpeg(PICTURE))
    world.deliver(copy)
    assert world.is_there(copy)
    a.cases.submit(CASE, "adult", [items()])
    b.run()
    world.reconcile()
    assert not world.is_there(copy)
    b.run()
    (status,) = a.cases.report(CASE).items
    assert (status.found, status.removed) == (1, 1)


def test_what_is_withdrawn_at_one_passes_at_the_other_after_its_next_pull(
    a: Submitted, b: PullWorld, world: World
) -> None:
    a.cases.submit(CASE, "adult", [items()])
    b.run()
    a.cases.withdraw(CASE)
    b.run()
    assert b.listed == set()
    copy = world.put("copy.jpg", pictures.jpeg(PICTURE))
    world.deliver(copy)
    assert world.is_there(copy)
    assert world.record(copy)["verdict"] == "clean"


def test_what_was_pulled_is_not_served_on(a: Submitted, b: PullWorld, world: World) -> None:
    a.cases.submit(CASE, "adult", [items()])
    b.run()
    assert b.listed
    with patch.dict("os.environ", {"EXCHANGE_TABLE": TABLE, "HASH_TABLE": "HashTable"}):
        theirs = ExchangeWorld(world, load("exchange"))
        keys = theirs.participant("c", BOTH)
        assert served_to(theirs, keys) == set()
        world.submit("d" * 64, items())
        assert served_to(theirs, keys) == b.listed & {key for key in items().listable() if key.kind == "pdq"}


def served_to(exchange: ExchangeWorld, keys: Keys) -> set[HashKey]:
    records = exchange.ask(keys, "GET", "/v1/FetchHashes", startTimestamp=10).body["hashRecords"]
    return {HashKey.parse(f"pdq#{record['hashValue']}") for record in records}


def test_two_that_pull_each_other_count_their_own_copies_only(a: Submitted, b: PullWorld, world: World) -> None:
    """Both have a case on the picture, and each is told what the other found."""
    a.cases.submit(CASE, "adult", [items()])
    world.submit("d" * 64, items())
    b.run()
    world.deliver(world.put("copy.jpg", pictures.jpeg(PICTURE)))
    (key,) = b.listed & {key for key in items().listable() if key.kind == "pdq"}
    told_by_a = world.hashes.count(key, found=7, removed=7, elsewhere=7)
    aws.dynamodb().transact_write_items(TransactItems=[told_by_a])  # type: ignore[list-item]
    b.run()
    assert (a.hashes.read([key])[key].found, world.hashes.read([key])[key].found) == (1, 8)


def test_a_participant_that_was_revoked_fails_and_keeps_what_it_has(a: Submitted, b: PullWorld) -> None:
    a.cases.submit(CASE, "adult", [items()])
    b.run()
    had = b.listed
    a.exchange.participants.revoke("b", "2026-11-22")
    assert b.run() == {"other": Outcome.FAILING}
    assert (b.state().reason, b.listed) == ("credentials", had)


def test_a_minors_hash_does_not_reach_who_may_see_adults_alone(a: Submitted, platform: PullWorld) -> None:
    keys = a.exchange.participant("d", frozenset(["adult"]))
    platform.add(a.url + "/v1", credentials=headers_of(keys))
    a.cases.submit(CASE, "minor", [items()])
    platform.run()
    assert platform.listed == set()
    assert "EXCHANGE_TABLE" not in os.environ
