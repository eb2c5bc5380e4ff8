"""What lists say becomes what we list for them: at any page, after any death, whatever other lists do."""

import random
from dataclasses import replace

import pytest

from tests.exchange.pull_world import PullWorld, pdq
from tests.support.faults import denied, failing, unanswered
from tests.support.world import World
from tests.unit.pull.played import Played, entry, hashes, lists, playing, withdraws
from unspread import aws, ulid
from unspread.hash_key import HashKey
from unspread.pull.service import Outcome
from unspread.pull.source import Fault, Record
from unspread.stores.pull_entries import PullEntries
from unspread.stores.pull_table import PullTable
from unspread.stores.transaction import BusyError
from unspread.submission import SubmittedHash, SubmittedItem


def sources_of(platform: PullWorld, n: int) -> int:
    return platform.hashes.read([pdq(n)])[pdq(n)].sources


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
    assert sources_of(platform, 2) == 2
    played.pages_ = [*played.pages_, withdraws(1, 2)]
    platform.run(playing(other=played))
    assert platform.listed == hashes(2, 3)
    assert sources_of(platform, 2) == 1
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
    assert sources_of(platform, 2) == 1
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


# ------------------------------------------------------------------------------------------------- full readings


def test_a_resync_withdraws_what_the_list_no_longer_has(platform: PullWorld, world: World) -> None:
    platform.add()
    world.submit("c" * 64, SubmittedItem("image", hashes=(SubmittedHash(pdq(3).value, 90),)))
    platform.run(playing(other=Played([lists(1, 2, 3), lists(4)])))
    assert platform.table.switch("other", "resync", on=True)
    platform.run(playing(other=Played([lists(2, 5)])))
    assert platform.listed == hashes(2, 3, 5)
    assert sources_of(platform, 3) == 1
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
    assert [sources_of(platform, n) for n in (1, 2)] == [1, 1]
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


# ------------------------------------------------------------------------------------------------ time and death


def test_a_run_stops_between_pages_and_the_next_goes_on(platform: PullWorld) -> None:
    platform.add()
    played = Played([lists(n) for n in range(5)])
    for n in range(1, 5):
        assert platform.run(playing(other=played), pages=1) == {"other": Outcome.UNFINISHED}
        assert (platform.state().cursor, platform.listed) == (str(n), hashes(*range(n)))
    for _ in range(20):
        platform.run(playing(other=played), pages=1)
    assert platform.listed == hashes(*range(5))


class Killed(BaseException):
    """The process is gone."""


HISTORY = [
    [*lists(1, 2, 3), entry("42/a", 10, 11)],
    [*withdraws(2), entry("42/b", 11, 12, at=150)],
    [*lists(4), entry("42/a", 12, at=200)],
]


def long_history() -> list[list[Record]]:
    """Make pages of records that list, withdraw, and change hashes that several entries have."""
    rng = random.Random(6)

    def record(at: int) -> Record:
        if rng.random() < 0.4:
            return entry(f"42/{rng.randrange(6)}", *rng.sample(range(100, 112), rng.randrange(4)), at=at)
        n = rng.randrange(20)
        return (lists(n, at=at) if rng.random() < 0.6 else withdraws(n, at=at))[0]

    return [[record(1_000 + page * 10 + rng.randrange(20)) for _ in range(8)] for page in range(10)]


def remaining(history: list[list[Record]]) -> set[HashKey]:
    """Return the hashes of the newest record of each entry."""
    newest: dict[str, Record] = {}
    for each in (record for page in history for record in page):
        if each.entry not in newest or each.modified >= newest[each.entry].modified:
            newest[each.entry] = each
    return {key for each in newest.values() for key in each.keys}


def settled(platform: PullWorld, history: list[list[Record]]) -> None:
    """Run on, as the schedule does once the lease of a run that died has ended."""
    outcomes: dict[str, Outcome] = {}
    while outcomes != {"other": Outcome.COMPLETE}:
        aws.dynamodb().update_item(
            TableName="PullTable",
            Key={"pk": "states", "sk": "other"},
            UpdateExpression="REMOVE leased_until",
        )
        outcomes = platform.run(playing(other=Played(history)))
        assert outcomes["other"] in (Outcome.COMPLETE, Outcome.FAULT)


@pytest.mark.parametrize(
    ("history", "step", "performed"),
    [
        pytest.param(HISTORY, 6, False, id="short"),
        pytest.param(HISTORY, 6, True, id="short, answers lost"),
        pytest.param(HISTORY, 1, False, id="short, every call", marks=pytest.mark.soak),
        pytest.param(HISTORY, 1, True, id="short, every answer lost", marks=pytest.mark.soak),
        pytest.param(long_history(), 1, False, id="long, every call", marks=pytest.mark.soak),
    ],
)
def test_killed_at_any_call_nothing_is_lost_and_nothing_twice(
    platform: PullWorld, history: list[list[Record]], step: int, performed: bool
) -> None:
    def kill(_: str) -> Exception:
        raise Killed

    wanted = remaining(history)
    platform.add()
    with failing(lambda _at, _operation: False) as whole:
        platform.run(playing(other=Played(history)))
    assert platform.listed == wanted
    everything = {key for page in history for record in page for key in record.keys}
    for at in range(performed, len(whole.made), step):
        platform.table.switch("other", "removing", on=True)
        platform.run(playing(other=Played(history)))
        assert platform.listed == set()
        platform.add()
        with failing(lambda n, _operation, at=at: n == at, kill, performed=performed), pytest.raises(Killed):  # type: ignore[misc]
            platform.run(playing(other=Played(history)))
        settled(platform, history)
        assert platform.listed == wanted, whole.made[at]
        known = platform.hashes.read(everything)
        assert {key: listed.sources for key, listed in known.items() if listed.sources} == dict.fromkeys(wanted, 1)


def test_one_run_at_a_time_works_on_a_list(platform: PullWorld) -> None:
    platform.add()
    assert platform.table.lease("other", 100)
    assert platform.run(playing(other=Played([lists(1)]))) == {"other": Outcome.UNFINISHED}
    assert platform.listed == set()


def test_a_lease_ends_by_itself_and_its_holder_writes_no_more(platform: PullWorld) -> None:
    now = [1000.0]
    table = PullTable(aws.dynamodb(), "PullTable", clock=lambda: now[0])
    first = table.lease("other", 100)
    now[0] += 102
    second = table.lease("other", 100)
    assert first
    assert second
    with pytest.raises(Exception, match=r"^$") as raised:
        table.save("other", replace(first[0], cursor="1"), first[1])
    assert type(raised.value).__name__ == "LeaseLostError"
    table.save("other", replace(second[0], cursor="2"), second[1])
    assert table.states()["other"].cursor == "2"


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


def test_an_answer_that_is_lost_changes_nothing(platform: PullWorld) -> None:
    platform.add()
    with failing(lambda at, _operation: at % 7 == 6, unanswered, performed=True):
        platform.run(playing(other=Played(HISTORY)))
    settled(platform, HISTORY)
    assert platform.listed == hashes(1, 3, 4, 11, 12)
