"""Every AWS call of scan and submit, made to fail once and for good: nothing is lost, nothing wrongly clean."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.support import pictures
from tests.support.faults import denied, failing, throttled, unanswered
from tests.support.items import item_of
from tests.support.world import World, a_world
from unspread.cases import CaseNotFoundError
from unspread.hash_key import HashKey
from unspread.stores.case_table import CaseStatus

CASE = "c" * 64
PICTURE = pictures.picture(1, (400, 300))
ITEM = item_of(pictures.png(PICTURE))
COPY = pictures.altered(PICTURE)
FAULTS = [(throttled, False), (denied, False), (unanswered, True)]

# The retry of a failed message is a courtesy, and must not hide the fault.
COURTESY = "ChangeMessageVisibility"


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.stores.transaction.time.sleep", lambda _: None)
    monkeypatch.setattr("unspread.stores.transaction.commit.__kwdefaults__", {"attempts": 3, "wait": lambda _: None})


def calls_of(action: Callable[[World], object], prepare: Callable[[World], object] = lambda _: None) -> list[str]:
    """Return the operations that an action calls, in order, when nothing fails."""
    with a_world() as world:
        prepared = prepare(world)
        with failing(lambda _at, _operation: False) as calls:
            action(world) if prepared is None else action(prepared)  # type: ignore[arg-type]
        return calls.made


def scan_calls() -> list[str]:
    with a_world() as world:
        world.submit(CASE, ITEM)
        scan, message = world.function("scan"), world.put("a.jpg", COPY)
        with failing(lambda _at, _operation: False) as calls:
            world.deliver(message, scan=scan)
        return [call for call in calls.made if call not in ("SendMessage", "ReceiveMessage")]


SCAN_CALLS = scan_calls()


@pytest.mark.parametrize(("fault", "performed"), FAULTS, ids=["throttled", "denied", "answer lost"])
@pytest.mark.parametrize("position", range(len(SCAN_CALLS)), ids=[f"{n}-{c}" for n, c in enumerate(SCAN_CALLS)])
def test_a_scan_whose_call_fails_once_ends_well_on_its_retry(
    world: World, position: int, fault: Callable[[str], Exception], performed: bool
) -> None:
    world.submit(CASE, ITEM)
    scan, message = world.function("scan"), world.put("a.jpg", COPY)
    skipped = 2  # SendMessage and ReceiveMessage are the test's own

    with failing(lambda at, _operation: at == position + skipped, fault, performed=performed):
        failed = world.deliver(message, scan=scan)

    assert_nothing_lost(world, message)
    if failed:
        assert world.deliver(message, scan=scan, received=2) == []
    assert_caught(world, message)


@pytest.mark.parametrize("operation", sorted(set(SCAN_CALLS)))
def test_a_scan_whose_call_fails_for_good_keeps_its_message_and_loses_nothing(world: World, operation: str) -> None:
    world.submit(CASE, ITEM)
    scan, message = world.function("scan"), world.put("a.jpg", COPY)
    for received in range(1, 4):
        with failing(lambda _at, made: made == operation, denied):
            assert world.deliver(message, scan=scan, received=received) == [0], "the message has to come back"
        assert_nothing_lost(world, message)
        assert all(record.get("verdict") != "clean" for record in world.records())
    assert world.deliver(message, scan=scan, received=4) == []
    assert_caught(world, message)


def test_a_fault_of_the_courtesy_call_is_no_fault_of_the_scan(world: World) -> None:
    scan, message = world.function("scan"), world.put("a.jpg", COPY)
    with failing(lambda _at, operation: operation in (COURTESY, "GetObject"), denied) as calls:
        assert world.deliver(message, scan=scan) == [0]
    assert COURTESY in calls.made
    assert world.records() == []


@pytest.mark.parametrize("status", [403, 503])
def test_an_object_that_may_not_be_read_is_never_judged(world: World, status: int) -> None:
    message = world.put("a.jpg", COPY)
    with failing(lambda _at, operation: operation == "GetObject", denied if status == 403 else throttled):
        assert world.deliver(message) == [0]
    assert world.records() == []


def test_events_that_the_bus_refuses_are_published_by_the_retry(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.submit(CASE, ITEM)
    message = world.put("a.jpg", COPY)
    with monkeypatch.context() as patch:
        refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}, {"EventId": "1"}]}
        patch.setattr("unspread.aws.events", lambda: _Bus(refused))
        assert world.deliver(message) == [0]
    assert world.deliver(message, received=2) == []
    assert_caught(world, message)


def test_a_copy_that_differs_is_not_trusted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.submit(CASE, ITEM)
    message = world.put("a.jpg", COPY)
    with monkeypatch.context() as patch:
        patch.setattr("unspread.stores.objects.Objects.in_quarantine", lambda *_: False)
        assert world.deliver(message) == [0]
    assert world.is_there(message)


# ------------------------------------------------------------------------------------------------- submitting


def submit_calls() -> list[str]:
    with a_world() as world, failing(lambda _at, _operation: False) as calls:
        world.submit(CASE, ITEM, OTHER)
        return calls.made


OTHER = item_of(pictures.png(pictures.picture(2, (400, 300))))
SUBMIT_CALLS = submit_calls()
WITHDRAW_CALLS = calls_of(lambda world: world.cases.withdraw(CASE), lambda world: world.submit(CASE, ITEM, OTHER))


@pytest.mark.parametrize(("fault", "performed"), FAULTS, ids=["throttled", "denied", "answer lost"])
@pytest.mark.parametrize("position", range(len(SUBMIT_CALLS)))
def test_a_submission_whose_call_fails_once_is_completed_by_its_repetition(
    world: World, position: int, fault: Callable[[str], Exception], performed: bool
) -> None:
    with failing(lambda at, _operation: at == position, fault, performed=performed):
        attempt(lambda: world.submit(CASE, ITEM, OTHER))
    world.submit(CASE, ITEM, OTHER)
    assert_listed(world)


@pytest.mark.parametrize("position", range(len(SUBMIT_CALLS)))
def test_a_submission_that_is_never_repeated_is_swept_away(world: World, position: int) -> None:
    with failing(lambda at, _operation: at >= position, denied):
        attempt(lambda: world.submit(CASE, ITEM, OTHER))
    world.cases.settle(unsettled_for=-61)
    assert active(world) == set()
    with pytest.raises(CaseNotFoundError):
        world.cases.report(CASE)
    world.submit(CASE, ITEM, OTHER)
    assert_listed(world)


@pytest.mark.parametrize(("fault", "performed"), FAULTS, ids=["throttled", "denied", "answer lost"])
@pytest.mark.parametrize("position", range(len(WITHDRAW_CALLS)))
def test_a_withdrawal_whose_call_fails_once_is_completed_by_its_repetition(
    world: World, position: int, fault: Callable[[str], Exception], performed: bool
) -> None:
    world.submit(CASE, ITEM, OTHER)
    with failing(lambda at, _operation: at == position, fault, performed=performed):
        attempt(lambda: world.cases.withdraw(CASE))
    world.cases.withdraw(CASE)
    assert_withdrawn(world)


@pytest.mark.parametrize("position", range(len(WITHDRAW_CALLS)))
def test_a_withdrawal_that_is_never_repeated_is_completed_by_settle(world: World, position: int) -> None:
    world.submit(CASE, ITEM, OTHER)
    with failing(lambda at, _operation: at >= position, denied):
        attempt(lambda: world.cases.withdraw(CASE))
    if world.cases.report(CASE).status is CaseStatus.OPEN:
        return  # it had not begun: its holder was told so
    world.cases.settle(unsettled_for=-61)
    assert_withdrawn(world)


# ----------------------------------------------------------------------------------------------------- helpers


class _Bus:
    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def put_events(self, **_: object) -> dict[str, Any]:
        return self._answer


def attempt(action: Callable[[], object]) -> None:
    with suppress(Exception):  # whatever it is, the caller saw it fail
        action()


def assert_nothing_lost(world: World, message: dict[str, Any]) -> None:
    assert world.is_there(message) or world.quarantined() == [COPY]


def assert_caught(world: World, message: dict[str, Any]) -> None:
    assert not world.is_there(message)
    assert world.quarantined() == [COPY]
    record = world.record(message)
    assert (record["verdict"], record["action"], record["done"]) == ("match", "quarantined", True)
    assert set(world.event_types()) == {"Match Found", "Object Quarantined"}
    assert [(item.found, item.removed) for item in world.cases.report(CASE).items] == [(1, 1)]


def active(world: World) -> set[HashKey]:
    return set(world.hashes.read_listed())


def assert_listed(world: World) -> None:
    assert active(world) == {*ITEM.listable(), *OTHER.listable()}
    assert world.cases.report(CASE).status is CaseStatus.OPEN
    assert {listed.sources for listed in world.hashes.read([*ITEM.listable(), *OTHER.listable()]).values()} == {1}
    assert list(world.cases.cases.unsettled(2**40)) == []


def assert_withdrawn(world: World) -> None:
    assert active(world) == set()
    report = world.cases.report(CASE)
    assert (report.status, report.items) == (CaseStatus.WITHDRAWN, ())
    assert {listed.sources for listed in world.hashes.read([*ITEM.listable(), *OTHER.listable()]).values()} == {0}
    assert list(world.cases.cases.unsettled(2**40)) == []
