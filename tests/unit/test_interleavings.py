"""Promise 1: in whatever order the steps of a scan and of a listing fall, the pair is found.

Scan and listing run in threads that stop before each of their storage steps; a schedule says whose step is next. Every
merge of the two (and of a withdrawal, a hold and its approval, a second delivery) is executed against the tables.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial

import pytest

from tests.support.stage import merges
from tests.support.theatre import Pair, Theatre, a_theatre, pair
from unspread.cases import CaseConflictError, CaseNotFoundError
from unspread.conclude import Conclude
from unspread.scan import Scan
from unspread.stores.hash_log import LATEST
from unspread.verdict import Hit, Judgement, Status


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with a_theatre() as theatre:
        yield theatre


SCAN, LIST = 5, 4
"""Steps of a scan that finds its pair; and of a listing: commit it, look up, judge, ask the table. What is left over
after the schedule runs to its end."""

KINDS = ["sha256", "md5", *(f"{variant} {form}" for variant in ("whole", "solid", "bar") for form in range(8))]


def test_in_every_order_of_a_scan_and_a_listing_the_pair_is_acted_on(theatre: Theatre) -> None:
    for schedule in merges(scan=SCAN, listing=LIST):
        made = pair(theatre, "sha256")
        history = theatre.stage.play(schedule, scan=made.scan, listing=made.list)
        assert made.acted, history


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_in_every_order_the_pair_is_acted_on_for_every_trim_form_and_digest(theatre: Theatre, kind: str) -> None:
    for schedule in merges(scan=SCAN, listing=LIST):
        made = pair(theatre, kind)
        history = theatre.stage.play(schedule, scan=made.scan, listing=made.list)
        assert made.acted, history


@pytest.mark.parametrize("kind", KINDS)
def test_the_pair_is_acted_on_for_every_trim_form_and_digest(theatre: Theatre, kind: str) -> None:
    for schedule in random.Random(kind).sample(merges(scan=SCAN, listing=LIST), 3):
        made = pair(theatre, kind)
        history = theatre.stage.play(schedule, scan=made.scan, listing=made.list)
        assert made.acted, history


@pytest.mark.parametrize("skew", [-LATEST / 1000 + 1, LATEST / 1000 - 1])
def test_clocks_that_differ_lose_no_pair(theatre: Theatre, skew: float) -> None:
    for schedule in merges(scan=SCAN, listing=LIST)[::9]:
        made = pair(theatre, "whole 3")
        made.clock = skew
        history = theatre.stage.play(schedule, scan=made.scan, listing=made.list)
        assert made.acted, history


def test_a_withdrawal_is_never_passed_by_an_action(theatre: Theatre) -> None:
    schedules = merges(scan=SCAN, listing=LIST, withdrawal=2)
    for schedule in random.Random(1).sample(schedules, 80):
        made = pair(theatre, "sha256")

        def withdraw_when_it_is_there(made: Pair = made) -> None:
            theatre.stage.step("withdraw")
            if theatre.world.cases.cases.read(made.case):
                made.withdraw()

        history = theatre.stage.play(
            schedule, scan=made.scan, listing=_refused_is_fine(made.list), withdrawal=withdraw_when_it_is_there
        )
        withdrawn = theatre.world.hashes.read([made.key]).get(made.key)
        if withdrawn is None or withdrawn.status is Status.WITHDRAWN:
            checks = [at for at, (_, name) in enumerate(history) if name == "last check"]
            commits = [at for at, (actor, name) in enumerate(history) if actor == "withdrawal" and name == "commit"]
            if made.acted:
                assert any(check < max(commits) for check in checks), history
            else:
                assert made.verdict != "match", history
        else:
            assert made.acted, history


def test_a_hold_makes_suspects_and_its_approval_acts(theatre: Theatre) -> None:
    schedules = merges(scan=SCAN, listing=LIST, hold=1)
    for schedule in random.Random(2).sample(schedules, 30):
        made = pair(theatre, "whole 1")
        history = theatre.stage.play(schedule, scan=made.scan, listing=made.list, hold=made.hold)
        held = theatre.world.hashes.read([made.key])[made.key].status is Status.HELD
        if held and not made.acted:
            # Found when the list was asked, or never before: sweep looks for active hashes only.
            assert made.verdict in ("suspect", "clean"), history
        else:
            assert made.acted, history
        made.approve()
        assert made.acted, history


def test_an_approval_at_any_moment_of_a_scan_finds_the_upload(theatre: Theatre) -> None:
    for schedule in merges(scan=SCAN, approval=3)[::2]:
        made = pair(theatre, "solid 2")
        theatre.world.cases.submit(made.case, "adult", [made.item])
        made.hold()
        history = theatre.stage.play(schedule, scan=made.scan, approval=made.approve)
        assert made.acted, history


def test_two_deliveries_at_once_and_a_listing_act_once(theatre: Theatre) -> None:
    for schedule in random.Random(3).sample(merges(scan=3, again=3, listing=LIST), 40):
        made = pair(theatre, "sha256")
        history = theatre.stage.play(schedule, scan=made.scan, again=made.scan, listing=made.list)
        assert made.acted, history
        listed = theatre.world.hashes.read([made.key])[made.key]
        assert (listed.found, listed.removed) == (1, 1), history


@pytest.mark.parametrize("kind", ["sha256", "whole 0"])
def test_a_scan_that_read_before_it_wrote_would_miss_pairs(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The test of the tests: without "write before read", some order loses the pair."""
    record, judge = Scan._record, Conclude.judge

    def write_last(self: Conclude, hits: Iterable[Hit], otherwise: Judgement, sha256: bytes) -> Judgement:
        judgement = judge(self, hits, otherwise, sha256)
        for later in postponed:
            later()
        postponed.clear()
        return judgement

    postponed: list[Callable[[], None]] = []
    monkeypatch.setattr(Scan, "_record", lambda *arguments: postponed.append(partial(record, *arguments)))
    monkeypatch.setattr(Conclude, "judge", write_last)
    assert any(_missed(theatre, kind, schedule) for schedule in merges(scan=SCAN, listing=LIST))


def test_a_listing_that_was_swept_before_it_was_committed_would_miss_pairs(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_late(made: Pair) -> None:
        theatre.stage.step("look up uploads")
        past = theatre.world.index.with_digest(made.key)
        theatre.world.cases.submit(made.case, "adult", [made.item])
        for upload_id in past:
            theatre.world.sweep.act_on(upload_id, [])

    missed = []
    for schedule in merges(scan=SCAN, listing=2):
        made = pair(theatre, "sha256")
        theatre.stage.play(schedule, scan=made.scan, listing=lambda made=made: list_late(made))  # type: ignore[misc]
        missed.append(not made.acted)
    assert any(missed)


def _missed(theatre: Theatre, kind: str, schedule: tuple[str, ...]) -> bool:
    made = pair(theatre, kind)
    theatre.stage.play(schedule, scan=made.scan, listing=made.list)
    return theatre.world.is_there(made.message)


def _refused_is_fine(action: Callable[[], None]) -> Callable[[], None]:
    def attempt() -> None:
        with suppress(CaseConflictError, CaseNotFoundError):
            action()

    return attempt
