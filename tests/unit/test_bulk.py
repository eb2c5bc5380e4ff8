"""Very many hashes at once."""

import pytest

from tests.support.faults import failing, throttled
from tests.support.world import World
from unspread import aws, ulid
from unspread.bulk import HASHES_A_TRANSACTION, BulkListing
from unspread.hash_key import HashKey, Kind
from unspread.stores.transaction import BusyError

KEYS = [HashKey(Kind.PDQ, f"{n:064x}") for n in range(HASHES_A_TRANSACTION * 3 + 5)]


def bulk(world: World, waits: list[float] | None = None, **more: float) -> BulkListing:
    noted = [] if waits is None else waits
    return BulkListing(world.hashes, world.log, aws.dynamodb_transactions, wait=noted.append, **more)  # type: ignore[arg-type]


def test_every_hash_is_listed_with_one_log_entry_a_transaction(world: World) -> None:
    with failing(lambda _at, _operation: False) as calls:
        assert bulk(world)(KEYS, "exchange#test", "adult", "2026-11-22") == len(KEYS)
    assert calls.made.count("TransactWriteItems") == 4
    assert set(world.hashes.read_listed()) == set(KEYS)
    entries = world.log.read_from(ulid.START)[0]
    assert [len(entry.changes) for entry in entries] == [49, 49, 49, 5]
    assert world.publish().hashes == len(KEYS)


def test_a_listing_that_was_cut_off_is_begun_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.stores.transaction.time.sleep", lambda _: None)
    monkeypatch.setattr("unspread.stores.transaction.commit.__kwdefaults__", {"attempts": 2, "wait": lambda _: None})
    with failing(lambda at, _operation: at > 4, throttled), pytest.raises((BusyError, Exception)):
        bulk(world)(KEYS, "exchange#test", "adult", "2026-11-22")
    assert 0 < len(set(world.hashes.read_listed())) < len(KEYS)
    bulk(world)(KEYS, "exchange#test", "adult", "2026-11-22")
    assert set(world.hashes.read_listed()) == set(KEYS)
    assert {listed.sources for listed in world.hashes.read(KEYS).values()} == {1}


def test_hashes_given_twice_are_listed_once(world: World) -> None:
    bulk(world)([*KEYS[:10], *KEYS[:10]], "exchange#test", "adult", "2026-11-22")
    assert {listed.sources for listed in world.hashes.read(KEYS[:10]).values()} == {1}


def test_a_source_is_withdrawn_from_the_hashes_that_it_lists(world: World) -> None:
    bulk(world)(KEYS, "exchange#test", "adult", "2026-11-22")
    bulk(world)(KEYS[:3], "exchange#other", "adult", "2026-11-22")
    waits: list[float] = []
    for _ in range(2):
        assert bulk(world, waits, pace=0.001).withdraw(KEYS, "exchange#test") == len(KEYS)
    assert set(world.hashes.read_listed()) == set(KEYS[:3])
    assert [len(entry.changes) for entry in world.log.read_from(ulid.START)[0][4:]] == [46, 49, 49, 5]
    assert len(waits) == 6


def test_the_pace_is_held(world: World) -> None:
    waits: list[float] = []
    clock = iter(range(1000))
    BulkListing(
        world.hashes, world.log, aws.dynamodb_transactions, pace=0.5, clock=lambda: next(clock), wait=waits.append
    )(KEYS, "exchange#test", "adult", "2026-11-22")
    assert waits == [0.0 + 2 * n - (n + 1) for n in range(2, 4)]
