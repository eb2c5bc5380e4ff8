"""Feedback to lists: what was found here of theirs, told at least once, and never what others found."""

import pytest

from tests.exchange.pull_world import PullWorld, pdq
from tests.support import pictures
from tests.support.items import item_of
from tests.support.world import World
from tests.unit.pull.played import Played, hashes, lists, playing
from unspread import aws
from unspread.hash_key import HashKey
from unspread.pull.service import Outcome
from unspread.pull.source import CountedHash, Fault, single
from unspread.stores.local_counts import Mark

PICTURE = pictures.picture(1, (400, 300))


def copies(platform: PullWorld, n: int, found: int = 1, removed: int = 0) -> None:
    actions = platform.counts.count(pdq(n), found=found, removed=removed)
    aws.dynamodb().transact_write_items(TransactItems=actions)  # type: ignore[arg-type]


def marks(platform: PullWorld) -> list[Mark]:
    return [mark for page in platform.counts.marks() for mark in page]


@pytest.fixture
def played(platform: PullWorld) -> Played:
    """A list of three hashes that hears of what was found, read to its end."""
    platform.add(feedback=True)
    made = Played([lists(1, 2, 3)])
    platform.run(playing(other=made))
    return made


def test_a_scanned_copy_is_told_to_the_list_that_has_it(platform: PullWorld, world: World) -> None:
    (key,) = (key for key in item_of(pictures.png(PICTURE), digests=False).listable() if key.kind == "pdq")
    platform.add(feedback=True)
    played = Played([[single(key, 100, listed=True)]])
    platform.run(playing(other=played))
    message = world.put("copy.jpg", pictures.jpeg(PICTURE))
    assert world.deliver(message) == []
    assert not world.is_there(message)
    platform.run(playing(other=played))
    assert played.told == [CountedHash(key, 1, 1)]
    assert marks(platform) == []
    platform.run(playing(other=played))
    assert len(played.told) == 1


def test_the_latest_count_is_told(platform: PullWorld, played: Played) -> None:
    copies(platform, 1)
    copies(platform, 1, found=2, removed=1)
    platform.run(playing(other=played))
    copies(platform, 1, found=0, removed=2)
    platform.run(playing(other=played))
    assert played.told == [CountedHash(pdq(1), 3, 1), CountedHash(pdq(1), 3, 3)]


def test_what_participants_found_is_not_told_on(platform: PullWorld, played: Played) -> None:
    elsewhere = platform.hashes.count(pdq(1), found=5, removed=5, elsewhere=5)
    aws.dynamodb().transact_write_items(TransactItems=[elsewhere])  # type: ignore[list-item]
    copies(platform, 1)
    platform.run(playing(other=played))
    assert played.told == [CountedHash(pdq(1), 1, 0)]


def test_only_lists_that_have_the_hash_and_want_to_hear_are_told(platform: PullWorld, played: Played) -> None:
    platform.add(name="silent")
    platform.add(name="listening", feedback=True)
    silent, listening = Played([lists(1)]), Played([lists(2)])
    every = playing(other=played, silent=silent, listening=listening)
    platform.run(every)
    for n in (1, 2, 9):
        copies(platform, n)
    platform.run(every)
    assert {each.key for each in played.told} == hashes(1, 2)
    assert {each.key for each in listening.told} == hashes(2)
    assert silent.told == []
    assert marks(platform) == []


def test_copies_found_before_the_list_had_the_hash_are_told_once_it_has(platform: PullWorld) -> None:
    copies(platform, 1, found=4, removed=3)
    platform.run(playing())
    platform.add(feedback=True)
    played = Played([lists(1, 2)])
    platform.run(playing(other=played))
    assert played.told == [CountedHash(pdq(1), 4, 3)]


def test_a_list_that_does_not_listen_keeps_nobody_waiting_and_hears_later(platform: PullWorld, played: Played) -> None:
    platform.add(name="well", feedback=True)
    well = Played([lists(1)])
    both = playing(other=played, well=well)
    platform.run(both)
    played.deaf = True
    copies(platform, 1)
    outcomes = platform.run(both)
    assert outcomes == {"other": Outcome.FAILING, "well": Outcome.COMPLETE}
    assert (well.told, played.told, marks(platform)) == ([CountedHash(pdq(1), 1, 0)], [], [])
    played.deaf = False
    platform.run(both)
    assert played.told == [CountedHash(pdq(1), 1, 0)]


def test_a_list_that_cannot_be_read_may_still_hear(platform: PullWorld, played: Played) -> None:
    copies(platform, 1)
    played.faults = {1: [Fault.UNREACHABLE]}
    assert platform.run(playing(other=played)) == {"other": Outcome.FAILING}
    assert played.told == [CountedHash(pdq(1), 1, 0)]


def test_a_count_that_comes_while_the_one_before_is_told_is_told_next(platform: PullWorld, played: Played) -> None:
    copies(platform, 1)
    told = played.report

    def report(counted: list[CountedHash]) -> None:
        told(counted)
        copies(platform, 1)
        platform.table.queue("other", [pdq(1)])

    played.report = report  # type: ignore[method-assign, assignment]
    platform.run(playing(other=played))
    assert [mark.key for mark in platform.table.queued("other")] == [pdq(1)]
    assert [mark.key for mark in marks(platform)] == [pdq(1)]


def test_hundreds_are_told_in_portions(platform: PullWorld, played: Played) -> None:
    keys: list[HashKey] = [pdq(n) for n in range(450)]
    for n in range(0, 450, 50):
        actions = [action for key in keys[n : n + 50] for action in platform.counts.count(key, found=1)]
        aws.dynamodb().transact_write_items(TransactItems=actions)  # type: ignore[arg-type]
    platform.table.queue("other", keys)
    sizes: list[int] = []
    told = played.report

    def report(counted: list[CountedHash]) -> None:
        sizes.append(len(counted))
        told(counted)

    played.report = report  # type: ignore[method-assign, assignment]
    platform.run(playing(other=played))
    assert sorted(sizes) == [50, 200, 200]
    assert {each.key for each in played.told} == set(keys)
