"""A full reading withdraws what a list no longer has, and a removal all that it had."""

import pytest

from tests.exchange.pull_world import PullWorld, pdq
from tests.support.world import World
from tests.unit.pull.played import Played, entry, hashes, lists, playing, withdraws
from unspread import aws, ulid
from unspread.pull.service import Outcome
from unspread.pull.source import Fault
from unspread.stores.pull_entries import PullEntries
from unspread.submission import SubmittedHash, SubmittedItem


def test_a_resync_withdraws_what_the_list_no_longer_has(platform: PullWorld, world: World) -> None:
    platform.add()
    world.submit("c" * 64, SubmittedItem("image", hashes=(SubmittedHash(pdq(3).value, 90),)))
    platform.run(playing(other=Played([lists(1, 2, 3), lists(4)])))
    assert platform.table.switch("other", "resync", on=True)
    platform.run(playing(other=Played([lists(2, 5)])))
    assert platform.listed == hashes(2, 3, 5)
    assert platform.sources(3) == 1
    assert platform.table.all()[0].resync is False
    again = platform.log.read_from(ulid.START)[0]
    platform.run(playing(other=Played([lists(2, 5)])))
    assert platform.log.read_from(ulid.START)[0] == again


def test_only_a_reading_that_was_not_the_first_looks_for_what_is_no_longer_there(
    platform: PullWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[str] = []
    walk = PullEntries.walk
    monkeypatch.setattr(PullEntries, "walk", lambda *given: walked.append(given[1]) or walk(*given))  # type: ignore[func-returns-value]
    platform.add()
    platform.run(playing(other=Played([lists(1, 2)])))
    assert walked == []
    platform.table.switch("other", "resync", on=True)
    platform.run(playing(other=Played([lists(2)])))
    assert set(walked) == {"other"}
    assert platform.listed == hashes(2)


def test_a_resync_believes_the_list_whatever_its_times(platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([lists(1, at=900) + withdraws(2, at=900)])))
    platform.table.switch("other", "resync", on=True)
    platform.run(playing(other=Played([withdraws(1, at=100) + lists(2, at=100)])))
    assert platform.listed == hashes(2)


def test_until_a_full_reading_ends_nothing_is_withdrawn(platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([lists(*range(6))])))
    platform.table.switch("other", "resync", on=True)
    shorter = Played([lists(0), lists(1), lists(2)])
    for seen in range(2):
        assert platform.run(playing(other=shorter), pages=1) == {"other": Outcome.UNFINISHED}, seen
        assert platform.listed == hashes(*range(6))
    for _ in range(30):
        platform.run(playing(other=shorter), pages=1)
    assert platform.listed == hashes(0, 1, 2)


def test_a_full_reading_of_which_most_cannot_be_read_withdraws_nothing(platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([lists(1, 2, 3)])))
    platform.table.switch("other", "resync", on=True)
    assert platform.run(playing(other=Played([lists(1)], skipped=2))) == {"other": Outcome.FAILING}
    assert platform.listed == hashes(1, 2, 3)
    assert platform.state().reason == Fault.MALFORMED
    platform.table.switch("other", "resync", on=True)
    assert platform.run(playing(other=Played([lists(1)], skipped=1))) == {"other": Outcome.COMPLETE}
    assert platform.listed == hashes(1)


def test_a_list_that_is_removed_takes_its_source_from_all_its_hashes(platform: PullWorld, world: World) -> None:
    platform.add()
    platform.add(name="kept")
    world.submit("c" * 64, SubmittedItem("image", hashes=(SubmittedHash(pdq(1).value, 90),)))
    both = playing(other=Played([[*lists(*range(8)), entry("42/a", 8, 9), *withdraws(7)]]), kept=Played([lists(2)]))
    platform.run(both)
    platform.table.switch("other", "removing", on=True)
    runs = 0
    while runs < 100 and "other" in {pulled.name for pulled in platform.table.all()}:
        platform.run(both, pages=1)
        runs += 1
    assert runs > 3
    assert platform.listed == hashes(1, 2)
    assert [platform.sources(n) for n in (1, 2)] == [1, 1]
    items = aws.dynamodb().scan(TableName="PullTable")["Items"]
    assert not [item for item in items if "other" in (str(item["pk"]) + str(item["sk"]))]


def test_a_removal_withdraws_everything_though_a_full_reading_was_being_ended(platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([lists(*range(40))])))
    platform.table.switch("other", "resync", on=True)
    platform.run(playing(other=Played([lists(*range(20))])), pages=5)
    assert platform.state().dropping
    platform.table.switch("other", "removing", on=True)
    assert platform.run(playing()) == {"other": Outcome.REMOVED}
    assert platform.listed == set()


def test_a_removed_list_may_be_added_again(platform: PullWorld) -> None:
    platform.add()
    played = Played([lists(1)])
    platform.run(playing(other=played))
    platform.table.switch("other", "removing", on=True)
    platform.run(playing(other=played))
    platform.add()
    platform.run(playing(other=played))
    assert platform.listed == hashes(1)
