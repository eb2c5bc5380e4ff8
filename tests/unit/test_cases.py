"""Cases: listing, counting, withdrawing."""

import threading
from collections.abc import Callable, Sequence

import pytest
from mypy_boto3_dynamodb import DynamoDBClient

from tests.support.faults import one_call_at_a_time
from tests.support.functions import Context
from tests.support.world import World
from unspread import aws
from unspread.cases import CaseConflictError, CaseNotFoundError, TooManyItemsError
from unspread.hash_key import HashKey
from unspread.stores.case_table import CaseStatus
from unspread.stores.transaction import Action, commit
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.verdict import Status

ONE, TWO = "1" * 64, "2" * 64


def item(n: int) -> SubmittedItem:
    return SubmittedItem("image", f"{n:064x}", f"{n:032x}", (SubmittedHash(f"{n:04x}" + "0f" * 30, 90, "0f" * 8),))


def listed(world: World) -> set[HashKey]:
    return set(world.hashes.read_listed())


def test_every_hash_of_a_submission_is_listed(world: World) -> None:
    world.submit(ONE, item(1), item(2))
    assert listed(world) == {*item(1).listable(), *item(2).listable()}
    assert world.cases.report(ONE).status is CaseStatus.OPEN


def test_repeating_a_submission_in_any_order_lists_nothing_twice(world: World) -> None:
    world.submit(ONE, item(1), item(2))
    world.submit(ONE, item(2), item(1))
    assert {hash_.sources for hash_ in world.hashes.read(item(1).listable()).values()} == {1}
    assert len(world.cases.report(ONE).items) == 2


def test_the_same_hash_in_two_items_of_a_case_has_one_source(world: World) -> None:
    shared = item(1).hashes
    world.submit(ONE, item(1), SubmittedItem("image", f"{9:064x}", hashes=shared))
    assert {hash_.sources for hash_ in world.hashes.read(item(1).listable()).values()} == {1}
    world.cases.withdraw(ONE)
    assert listed(world) == set()


def test_a_case_with_other_content_is_refused(world: World) -> None:
    world.submit(ONE, item(1))
    with pytest.raises(CaseConflictError, match="POST /case/items"):
        world.submit(ONE, item(2))
    with pytest.raises(CaseConflictError):
        world.submit(ONE, item(1), category="minor")


def test_a_hash_stays_listed_until_its_last_source_withdraws(world: World) -> None:
    world.submit(ONE, item(1))
    world.submit(TWO, item(1))
    world.cases.withdraw(ONE)
    assert listed(world) == set(item(1).listable())
    world.cases.withdraw(TWO)
    assert listed(world) == set()
    assert {hash_.status for hash_ in world.hashes.read(item(1).listable()).values()} == {Status.WITHDRAWN}


def test_a_withdrawn_hash_that_is_listed_again_is_active_with_a_higher_version(world: World) -> None:
    world.submit(ONE, item(1))
    world.cases.withdraw(ONE)
    world.submit(TWO, item(1))
    assert {(h.status, h.version) for h in world.hashes.read(item(1).listable()).values()} == {(Status.ACTIVE, 3)}


def test_the_stricter_category_of_two_holds(world: World) -> None:
    world.submit(ONE, item(1))
    world.submit(TWO, item(1), category="minor")
    assert {hash_.category for hash_ in world.hashes.read(item(1).listable()).values()} == {"minor"}


def test_a_case_sees_only_copies_found_since_it_joined(world: World) -> None:
    world.submit(ONE, item(1))
    for key in item(1).listable():
        aws.dynamodb().transact_write_items(TransactItems=[world.hashes.count(key, found=5, removed=4)])  # type: ignore[list-item]
    world.submit(TWO, item(1))
    assert [(i.found, i.removed) for i in world.cases.report(ONE).items] == [(5, 4)]
    assert [(i.found, i.removed) for i in world.cases.report(TWO).items] == [(0, 0)]


def test_items_are_added_once_and_in_order(world: World) -> None:
    world.submit(ONE, item(1))
    world.cases.add(ONE, [item(2), SubmittedItem("video", f"{3:064x}")])
    world.cases.add(ONE, [item(2), SubmittedItem("video", f"{3:064x}")])
    assert [i.kind for i in world.cases.report(ONE).items] == ["image", "image", "video"]


def test_a_case_holds_no_more_than_a_hundred_items(world: World) -> None:
    world.submit(ONE, *(SubmittedItem("video", f"{n:064x}") for n in range(1, 100)))
    world.cases.add(ONE, [item(200)])
    with pytest.raises(TooManyItemsError):
        world.cases.add(ONE, [item(201)])
    assert len(world.cases.report(ONE).items) == 100


def test_nothing_is_added_to_a_case_that_is_not_open(world: World) -> None:
    with pytest.raises(CaseNotFoundError):
        world.cases.add(ONE, [item(1)])
    world.submit(ONE, item(1))
    world.cases.withdraw(ONE)
    with pytest.raises(CaseConflictError, match="withdrawn"):
        world.cases.add(ONE, [item(2)])
    with pytest.raises(CaseConflictError, match="withdrawn"):
        world.submit(ONE, item(1))
    assert listed(world) == set()


def test_a_withdrawn_case_keeps_no_hash(world: World) -> None:
    world.submit(ONE, item(1))
    world.cases.withdraw(ONE)
    rest = str(world.dynamodb.scan(TableName="CaseTable")["Items"])
    assert not any(key.value in rest for key in item(1).listable())
    assert "fingerprint" not in rest
    assert "expires" in rest


def test_withdrawing_twice_is_withdrawing_once(world: World) -> None:
    world.submit(ONE, item(1))
    world.submit(TWO, item(1))
    world.cases.withdraw(ONE)
    world.cases.withdraw(ONE)
    assert {hash_.sources for hash_ in world.hashes.read(item(1).listable()).values()} == {1}


def test_withdrawing_an_unknown_case_says_so(world: World) -> None:
    with pytest.raises(CaseNotFoundError):
        world.cases.withdraw(ONE)


def at_once(*actions: Callable[[], object]) -> None:
    """Run actions in threads that start together; raise what any of them raised."""
    barrier = threading.Barrier(len(actions))
    faults: list[BaseException] = []

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - told below
            faults.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    with one_call_at_a_time():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if faults:
        raise ExceptionGroup("at once", [fault for fault in faults if isinstance(fault, Exception)])


@pytest.mark.parametrize("_round", range(5))
def test_two_withdrawals_at_once_leave_the_hash_withdrawn(world: World, _round: int) -> None:
    world.submit(ONE, item(1))
    world.submit(TWO, item(1))
    at_once(lambda: world.cases.withdraw(ONE), lambda: world.cases.withdraw(TWO))
    after = world.hashes.read(item(1).listable()).values()
    assert {(hash_.status, hash_.sources) for hash_ in after} == {(Status.WITHDRAWN, 0)}


@pytest.mark.parametrize("_round", range(5))
def test_one_case_withdrawing_while_another_lists_leaves_the_hash_active(world: World, _round: int) -> None:
    world.submit(ONE, item(1))
    at_once(lambda: world.cases.withdraw(ONE), lambda: world.submit(TWO, item(1)))
    after = world.hashes.read(item(1).listable()).values()
    assert {(hash_.status, hash_.sources) for hash_ in after} == {(Status.ACTIVE, 1)}


@pytest.mark.parametrize("step", range(3))
def test_a_withdrawal_that_another_overtakes_at_any_step_ends_right(
    world: World, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The second withdrawal runs whole between what the first has read and what it writes."""
    world.submit(ONE, item(1))
    world.submit(TWO, item(1))
    steps = iter(range(100))

    def overtaken(client: DynamoDBClient, build: Callable[[], Sequence[Action]]) -> None:
        here = next(steps) == step

        def read_and_wait() -> Sequence[Action]:
            nonlocal here
            actions = build()
            if here:
                here = False
                with monkeypatch.context() as patch:
                    patch.setattr("unspread.cases.commit", commit)
                    world.cases.withdraw(TWO)
            return actions

        commit(client, read_and_wait)

    monkeypatch.setattr("unspread.cases.commit", overtaken)
    world.cases.withdraw(ONE)
    after = world.hashes.read(item(1).listable()).values()
    assert {(hash_.status, hash_.sources) for hash_ in after} == {(Status.WITHDRAWN, 0)}


def test_settle_leaves_open_and_young_cases_alone(world: World) -> None:
    world.submit(ONE, item(1))
    assert world.cases.settle(unsettled_for=-61) == (0, 0)
    assert listed(world) == set(item(1).listable())


def test_the_settle_function_settles(world: World) -> None:
    world.submit(ONE, item(1))
    assert world.function("settle").handler({}, Context()) == {"settled": 0}
