"""A pull that stops, dies or is overtaken goes on without losing anything or doing it twice."""

import random
from dataclasses import replace

import pytest

from tests.exchange.pull_world import PullWorld
from tests.support.faults import failing, unanswered
from tests.unit.pull.played import Played, entry, hashes, lists, playing, withdraws
from unspread import aws
from unspread.hash_key import HashKey
from unspread.pull.service import Outcome
from unspread.pull.source import Record
from unspread.stores.pull_table import PullTable


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


def test_an_answer_that_is_lost_changes_nothing(platform: PullWorld) -> None:
    platform.add()
    with failing(lambda at, _operation: at % 7 == 6, unanswered, performed=True):
        platform.run(playing(other=Played(HISTORY)))
    settled(platform, HISTORY)
    assert platform.listed == hashes(1, 3, 4, 11, 12)
