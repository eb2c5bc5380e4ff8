"""Copies in quarantine go when they are due, and not before; what was left half done is seen through."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.faults import denied, failing, throttled, unanswered
from tests.support.functions import Context, sample
from tests.support.reviews import ALEX, COPY, Desk, audit, caught, current, review, suspected, table
from tests.support.world import World, a_world
from unspread.assembly import reviewing
from unspread.cases import CaseReport
from unspread.retain import Retain, Retained
from unspread.review import Decision
from unspread.settings import RetainSettings

FAULTS = [(throttled, False), (denied, False), (unanswered, True)]


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.stores.transaction.commit.__kwdefaults__", {"attempts": 3, "wait": lambda _: None})


def retain(days: float = 0) -> Retained:
    """Run retention so many days from now."""
    made = reviewing.retain(RetainSettings.load())
    return Retain(made.reviewing, made.unreviewed_days, lambda: time.time() + days * 86400)()


def test_a_confirmed_copy_goes_on_its_day_and_a_record_stays(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    desk.decide(name, "confirm")
    assert retain(29).deleted == 0
    assert world.quarantined() == [COPY]
    assert retain(30.1).deleted == 1
    assert not world.s3.list_object_versions(Bucket=world.quarantine_bucket).get("Versions")
    assert retain(31).deleted == 0
    day = datetime.fromtimestamp(time.time() + 30.1 * 86400, UTC)
    assert review(name).deleted == day.date().isoformat()
    (entry,) = audit(f"{day:%Y-%m}")
    assert (entry.review, entry.who, entry.what, entry.note) == (name, "retention", "deleted", "adult")
    assert desk.decide(name, "hold").status == 409
    assert desk.decide(name, "appeal").status == 409
    assert desk.decide(name, "release").status == 409


def test_a_held_copy_stays_until_it_is_let_go(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    desk.decide(name, "confirm")
    assert desk.decide(name, "hold").body["hold"] is True
    assert retain(4000).deleted == 0
    assert world.quarantined() == [COPY]
    desk.decide(name, "unhold")
    assert retain(31).deleted == 1


def test_what_nobody_decides_is_kept_long_but_not_for_ever(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    assert retain(399) == Retained(0, 0, 0, 0)
    assert retain(401) == Retained(1, 0, 1, 0)
    assert world.quarantined() == []
    assert review(name).decision == "expired"
    assert list(table().open()) == []
    assert desk.decide(name, "release").status == 409


@pytest.mark.parametrize("decision", ["hold", "escalate"])
def test_what_somebody_keeps_open_does_not_expire(world: World, desk: Desk, decision: str) -> None:
    name, _ = caught(world)
    desk.decide(name, decision)
    assert retain(4000) == Retained(0, 0, 0, 0)
    assert world.quarantined() == [COPY]


def test_a_suspect_that_nobody_decides_on_stays_open(world: World) -> None:
    name, message = suspected(world)
    assert retain(4000) == Retained(0, 0, 0, 0)
    assert world.is_there(message)
    assert review(name).is_open


def test_a_deletion_that_died_is_finished_by_the_next_run(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    desk.decide(name, "confirm")
    with failing(lambda _at, operation: operation == "DeleteObject", denied), suppress(Exception):
        retain(31)
    assert world.quarantined() == [COPY]
    assert desk.decide(name, "hold").status == 409
    assert retain(31).deleted == 1
    assert world.quarantined() == []


def test_a_decision_that_cannot_be_seen_through_is_told(world: World, desk: Desk) -> None:
    name, message = caught(world)
    with failing(lambda _at, operation: operation == "CopyObject", denied):
        assert desk.decide(name, "release").status == 503
    world.put(message["object"]["key"], b"newer")
    assert retain() == Retained(0, 0, 0, 1)


def test_the_function_runs_on_its_schedule(world: World) -> None:
    answer = world.function("review").retain(sample("retain"), Context())
    assert answer == {"deleted": 0, "completed": 0, "expired": 0, "stuck": 0}


# --------------------------------------------------------------------- every call of a decision, made to fail


def decide(decision: Decision) -> Callable[[str], object]:
    return lambda name: reviewing.reviewing(RetainSettings.load()).decide(name, decision, ALEX)


def prepared(world: World, decision: Decision) -> tuple[str, dict[str, Any]]:
    if decision is Decision.RELEASE:
        return caught(world, Metadata={"album": "summer"}, Tagging="team=photos")
    name, message = suspected(world)
    world.guard.approve(next(iter(world.hashes.read_listed())))
    for key in world.hashes.read_listed():
        world.guard.approve(key)
    return name, message


def calls_of(decision: Decision) -> list[str]:
    with a_world() as world:
        name, _ = prepared(world, decision)
        with failing(lambda _at, _operation: False) as calls:
            decide(decision)(name)
        return calls.made


def report(world: World) -> CaseReport:
    return world.cases.report("c" * 64)


def assert_released(world: World, message: dict[str, Any]) -> None:
    there = current(world, message["object"]["key"])
    assert (there["Body"], there["Metadata"], there["Tags"]) == (COPY, {"album": "summer"}, [("team", "photos")])
    assert not world.s3.list_object_versions(Bucket=world.quarantine_bucket).get("Versions")
    assert [(item.found, item.removed) for item in report(world).items] == [(0, 0)]
    versions = world.s3.list_object_versions(Bucket=world.uploads_bucket).get("Versions", [])
    assert len(versions) == 1
    assert "Object Released" in world.event_types()


def assert_confirmed(world: World, message: dict[str, Any]) -> None:
    assert not world.is_there(message)
    assert world.quarantined() == [COPY]
    assert [(item.found, item.removed) for item in report(world).items] == [(1, 1)]
    assert "Object Quarantined" in world.event_types()


ASSERTIONS = {Decision.RELEASE: assert_released, Decision.CONFIRM: assert_confirmed}
POSITIONS = [(decision, at, call) for decision in ASSERTIONS for at, call in enumerate(calls_of(decision))]
READS = ("Get", "Head", "List", "Query", "BatchGet")


@pytest.mark.parametrize(
    ("decision", "position"),
    [
        # Dying at a reading call is dying after the write before it: all of them are soaked.
        pytest.param(
            decision, at, id=f"{decision}-{at}-{call}", marks=[pytest.mark.soak] if call.startswith(READS) else []
        )
        for decision, at, call in POSITIONS
    ],
)
def test_a_decision_that_dies_after_any_call_is_finished_by_its_repetition_or_by_retain(
    world: World, decision: Decision, position: int
) -> None:
    name, message = prepared(world, decision)
    fault, performed = FAULTS[position % len(FAULTS)]
    with failing(lambda at, _operation: at >= position, fault), suppress(Exception):
        decide(decision)(name)
    assert world.is_there(message) or world.quarantined() or decision is Decision.RELEASE
    with failing(lambda at, _operation: at == position, fault, performed=performed), suppress(Exception):
        decide(decision)(name)
    if not review(name).decision:
        decide(decision)(name)
    elif review(name).is_open:
        assert retain().completed == 1
    ASSERTIONS[decision](world, message)
    assert review(name).done
    assert list(table().open()) == []
