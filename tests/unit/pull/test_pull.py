"""What lists say becomes what we list for them: at any page, after any death, whatever other lists do."""

import random
from dataclasses import replace

import pytest

from tests.exchange.pull_world import PullWorld, pdq
from tests.support.faults import denied, failing
from tests.support.world import World
from tests.unit.pull.played import Played, entry, hashes, lists, playing, withdraws
from unspread import aws, ulid
from unspread.pull.service import Outcome
from unspread.pull.source import Fault, Record
from unspread.stores.transaction import BusyError
from unspread.submission import SubmittedHash, SubmittedItem


def test_a_list_is_read_into_ours_under_its_own_source_and_category(platform: PullWorld) -> None:
    platform.add(category="minor")
    assert platform.run(playing(other=Played([lists(1, 2), lists(3)]))) == {"other": Outcome.COMPLETE}
    assert platform.listed == hashes(1, 2, 3)
    _, ours = platform.hashes.read_with_source(hashes(1, 2, 3), "list#other")
    assert ours == hashes(1, 2, 3)
    assert platform.hashes.read([pdq(1)])[pdq(1)].category == "minor"
    state = platform.state()
    assert (state.cursor, state.reason, state.failures, state.full, state.dropping) == ("2", "", 0, False, None)
    assert state.succeeded


def test_what_the_list_withdraws_is_withdrawn_for_it_alone(platform: PullWorld, world: World) -> None:
    platform.add()
    world.submit("c" * 64, SubmittedItem("image", hashes=(SubmittedHash(pdq(2).value, 90),)))
    played = Played([lists(1, 2, 3)])
    platform.run(playing(other=played))
    assert platform.sources(2) == 2
    played.pages_ = [*played.pages_, withdraws(1, 2)]
    platform.run(playing(other=played))
    assert platform.listed == hashes(2, 3)
    assert platform.sources(2) == 1
    assert world.cases.report("c" * 64).items


def test_nothing_changes_when_records_come_again(platform: PullWorld) -> None:
    platform.add()
    pages = [lists(1, 2), withdraws(2), lists(3)]
    platform.run(playing(other=Played(pages)))
    before = platform.hashes.read(hashes(1, 2, 3)), platform.log.read_from(ulid.START)[0]
    platform.run(playing(other=Played([*pages, lists(1), withdraws(2), lists(3)])))
    assert (platform.hashes.read(hashes(1, 2, 3)), platform.log.read_from(ulid.START)[0]) == before


@pytest.mark.parametrize("paged", [True, False])
def test_the_newest_record_holds_in_whatever_order_they_come(platform: PullWorld, paged: bool) -> None:
    platform.add()
    records: list[Record] = []
    for n in range(12):
        active = lists(n, at=100 if n % 2 else 300) + withdraws(n, at=200)
        records += active
    random.Random(6).shuffle(records)
    pages = [[record] for record in records] if paged else [records]
    platform.run(playing(other=Played(pages)))
    assert platform.listed == hashes(*range(0, 12, 2))


def test_of_two_records_of_the_same_time_the_later_one_holds(platform: PullWorld) -> None:
    platform.add()
    pages = [lists(1, 2), [*withdraws(1, at=100), *lists(1)], withdraws(2, at=100)]
    platform.run(playing(other=Played(pages)))
    assert platform.listed == hashes(1)


def test_withdrawn_entries_are_remembered_for_a_while_only(platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([withdraws(1)])))
    known = platform.entries.read("other", [str(pdq(1))])[str(pdq(1))]
    assert known.keys == ()
    assert known.expires is not None


# --------------------------------------------------------------------------------------- entries of several hashes


def test_a_hash_stays_while_any_entry_has_it(platform: PullWorld) -> None:
    platform.add()
    played = Played([[entry("42/a", 1, 2), entry("42/b", 2, 3)]])
    platform.run(playing(other=played))
    assert platform.listed == hashes(1, 2, 3)
    assert platform.sources(2) == 1
    played.pages_ = [*played.pages_, [entry("42/a", at=200)]]
    platform.run(playing(other=played))
    assert platform.listed == hashes(2, 3)
    played.pages_ = [*played.pages_, [entry("42/b", at=200)]]
    platform.run(playing(other=played))
    assert platform.listed == set()


def test_an_entry_may_change_its_hashes(platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([[entry("42/a", 1, 2)], [entry("42/a", 2, 3, at=200)]])))
    assert platform.listed == hashes(2, 3)


def test_a_hash_that_moves_from_one_entry_to_another_is_never_withdrawn(platform: PullWorld) -> None:
    platform.add()
    moved = [entry("42/a", at=200), entry("42/b", 1, at=200)]
    platform.run(playing(other=Played([[entry("42/a", 1)], moved])))
    assert platform.listed == hashes(1)
    assert platform.hashes.read([pdq(1)])[pdq(1)].version == 1


# ---------------------------------------------------------------------------------------------------- failures


def test_a_malformed_page_is_tried_again(platform: PullWorld) -> None:
    platform.add()
    played = Played([lists(1), lists(2)], faults={1: [Fault.MALFORMED, Fault.MALFORMED]})
    assert platform.run(playing(other=played)) == {"other": Outcome.COMPLETE}
    assert platform.listed == hashes(1, 2)
    assert platform.waits == [2.0, 2.0]


def test_a_page_that_stays_malformed_marks_the_list_and_keeps_its_cursor(platform: PullWorld) -> None:
    platform.add()
    platform.add(name="healthy")
    stuck = Played([lists(1), lists(2)], faults={1: [Fault.MALFORMED] * 3})
    both = playing(other=stuck, healthy=Played([lists(3)]))
    assert platform.run(both) == {"other": Outcome.FAILING, "healthy": Outcome.COMPLETE}
    assert platform.listed == hashes(1, 3)
    state = platform.state()
    assert (state.cursor, state.reason, state.failures) == ("1", "malformed", 1)
    assert platform.run(both)["other"] is Outcome.COMPLETE
    assert platform.listed == hashes(1, 2, 3)
    assert (platform.state().reason, platform.state().failures) == ("", 0)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.MALFORMED])
def test_other_faults_mark_the_list_at_once(platform: PullWorld, fault: Fault) -> None:
    platform.add()
    played = Played([lists(1), lists(2)], faults={1: [fault]})
    assert platform.run(playing(other=played)) == {"other": Outcome.FAILING}
    assert (platform.state().cursor, platform.state().reason) == ("1", fault.value)
    assert platform.waits == []


def test_failures_in_a_row_are_counted_for_smaller_pages(platform: PullWorld) -> None:
    platform.add()
    played = Played([lists(1)], faults={0: [Fault.TOO_LARGE] * 2})
    seen = []
    plain = playing(other=played)
    for _ in range(3):
        platform.run(lambda pulled, failures: seen.append(failures) or plain(pulled, failures))  # type: ignore[func-returns-value]
    assert seen == [0, 1, 2]
    assert platform.state().failures == 0


def test_a_disabled_list_is_left_alone(platform: PullWorld) -> None:
    platform.add()
    platform.table.switch("other", "enabled", on=False)
    assert platform.run(playing(other=Played([lists(1)]))) == {}
    assert platform.listed == set()


def test_faults_of_aws_break_off_one_turn_and_no_other(platform: PullWorld) -> None:
    platform.add()
    platform.add(name="zealous")
    both = playing(other=Played([lists(1)]), zealous=Played([lists(2)]))
    failed: list[int] = []

    def first(_at: int, operation: str) -> bool:
        return operation == "BatchWriteItem" and not failed and not failed.append(1)  # type: ignore[func-returns-value]

    with failing(first, denied):
        outcomes = platform.run(both)
    assert sorted(outcomes.values()) == [Outcome.COMPLETE, Outcome.FAULT]
    assert platform.run(both) == {"other": Outcome.COMPLETE, "zealous": Outcome.COMPLETE}
    assert platform.listed == hashes(1, 2)


def test_items_that_dynamodb_leaves_unwritten_are_written_again(platform: PullWorld) -> None:
    left: list[int] = []

    class Full:
        def __getattr__(self, name: str) -> object:
            return getattr(aws.dynamodb(), name)

        def batch_write_item(self, RequestItems: dict[str, list[object]]) -> dict[str, object]:  # noqa: N803
            left.append(len(RequestItems["PullTable"]))
            return {"UnprocessedItems": RequestItems}

    entries = replace(platform.puller().intake, entries=type(platform.entries)(Full(), "PullTable"))  # type: ignore[arg-type]
    with pytest.raises(BusyError):
        entries(platform.add(), 1, lists(1))
    assert left == [1] * 8
    assert platform.listed == set()


def test_lists_that_waited_longest_come_first(platform: PullWorld) -> None:
    platform.add(name="a")
    platform.add(name="b")
    order: list[str] = []
    played = playing(a=Played([lists(1)]), b=Played([lists(2)]))
    platform.run(lambda pulled, failures: order.append(pulled.name) or played(pulled, failures))  # type: ignore[func-returns-value]
    aws.dynamodb().update_item(
        TableName="PullTable",
        Key={"pk": "states", "sk": "a"},
        UpdateExpression="ADD attempted :more",
        ExpressionAttributeValues={":more": 60},
    )
    platform.run(lambda pulled, failures: order.append(pulled.name) or played(pulled, failures))  # type: ignore[func-returns-value]
    assert order == ["a", "b", "b", "a"]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.stores.items.time.sleep", lambda _: None)
