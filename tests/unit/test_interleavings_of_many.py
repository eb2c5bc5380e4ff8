"""Promise 1 among many: several uploads and several listed hashes, each near to any of the others, in any order."""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.theatre import Theatre, a_theatre, clear, near, put
from unspread.assembly import judging
from unspread.cases import CaseConflictError, CaseNotFoundError
from unspread.conclude import Conclude
from unspread.hash_key import HashKey, Kind
from unspread.hashing import PerceptualHash, Variant
from unspread.scan import Scan
from unspread.settings import ScanSettings
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.upload import UploadMessage
from unspread.verdict import Hit, Judgement, Status

VARIANTS = (Variant.WHOLE, Variant.SOLID, Variant.BAR)


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with a_theatre() as theatre:
        yield theatre


@dataclass(frozen=True)
class Plot:
    """Who is near to whom, who lists what, and whose turn it is."""

    hashes: int
    uploads: list[dict[int, int]]  # of each upload: the hashes it is near to, with the form
    cases: list[set[int]]  # of each case: the hashes it lists
    withdrawn: int | None
    turns: list[tuple[int, int]]  # the actor, and how many steps it takes before the next one's turn


@st.composite
def plots(draw: st.DrawFn) -> Plot:
    hashes = draw(st.integers(1, 3))
    some = st.integers(0, hashes - 1)
    nobody: dict[int, int] = {}
    relations = st.dictionaries(some, st.integers(0, 7), min_size=1, max_size=2) | st.just(nobody)
    uploads = draw(st.lists(relations, min_size=2, max_size=3))
    cases = draw(st.lists(st.sets(some, min_size=1), min_size=1, max_size=2))
    withdrawn = draw(st.none() | st.integers(0, len(cases) - 1))
    actors = len(uploads) + len(cases) + 1
    # Everybody is interrupted once, somewhere: faults that take one untimely turn, or two, are found among few plots.
    begins, ends = draw(st.permutations(range(actors))), draw(st.permutations(range(actors)))
    turns = [(actor, draw(st.integers(0, 8))) for actor in begins] + [(actor, 50) for actor in ends]
    return Plot(hashes, uploads, cases, withdrawn, turns)


@dataclass
class Crowd:
    """The uploads and listings of one plot."""

    theatre: Theatre
    plot: Plot
    listed: list[bytes]
    messages: list[dict[str, Any]]
    names: list[str]

    def actors(self) -> dict[str, Callable[[], object]]:
        """Return who acts: each upload's scan, each case's listing, perhaps a withdrawal."""
        made: dict[str, Callable[[], object]] = {}
        for number, message in enumerate(self.messages):
            scan = judging.scan(ScanSettings.load())
            made[f"scan {number}"] = partial(scan, UploadMessage.model_validate(message).upload())
        for number in range(len(self.plot.cases)):
            made[f"listing {number}"] = partial(self._list, number)
        if self.plot.withdrawn is not None:
            made["withdrawal"] = partial(self._withdraw, self.plot.withdrawn)
        return made

    def _list(self, number: int) -> None:
        hashes = [SubmittedHash(self.listed[each].hex(), 90) for each in sorted(self.plot.cases[number])]
        items = [SubmittedItem("image", hashes=(hashed,)) for hashed in hashes]
        with suppress(CaseConflictError, CaseNotFoundError):  # it was withdrawn meanwhile
            self.theatre.world.cases.submit(self.names[number], "adult", items)
        for entry in list(self.theatre.world.log.unswept()):
            self.theatre.world.sweep.entry(entry)

    def _withdraw(self, number: int) -> None:
        self.theatre.stage.step("withdraw")
        with suppress(CaseConflictError, CaseNotFoundError):
            self.theatre.world.cases.withdraw(self.names[number])

    def active(self) -> set[int]:
        """Return the hashes that are listed in the end."""
        keys = [HashKey.of(Kind.PDQ, value) for value in self.listed]
        found = self.theatre.world.hashes.read(keys)
        return {number for number, key in enumerate(keys) if key in found and found[key].status is Status.ACTIVE}

    def found(self, number: int) -> int:
        """Return how many copies of a hash were counted."""
        key = HashKey.of(Kind.PDQ, self.listed[number])
        return self.theatre.world.hashes.read([key])[key].found


def crowd(theatre: Theatre, plot: Plot) -> Crowd:
    clear()
    run = next(theatre.runs)
    draw = random.Random(run)
    listed = [draw.randbytes(32) for _ in range(plot.hashes)]
    messages = []
    for number, relations in enumerate(plot.uploads):
        own = PerceptualHash(draw.randbytes(32), 90, Variant.WHOLE, 0, None)
        parts = [
            PerceptualHash(near(listed[which], form, draw), 90, VARIANTS[1 + at], 0, None)
            for at, (which, form) in enumerate(relations.items())
        ]
        messages.append(put(theatre, f"{run}-{number}.bin", draw.randbytes(64), (own, *parts)))
    names = [f"{run:056x}{number:08x}" for number in range(len(plot.cases))]
    return Crowd(theatre, plot, listed, messages, names)


@settings(max_examples=16, deadline=None, derandomize=True, phases=[Phase.generate])
@given(plots())
def test_whatever_the_order_all_pairs_are_found_and_nothing_else(theatre: Theatre, plot: Plot) -> None:
    play(theatre, plot)


def test_a_scan_that_read_the_list_before_it_wrote_would_be_caught(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test of the test: the same plots find the fault that they are there for."""
    record, judge = Scan._record, Conclude.judge
    postponed: dict[int, Callable[[], None]] = {}

    def write_last(self: Conclude, hits: Iterable[Hit], otherwise: Judgement, sha256: bytes) -> Judgement:
        judgement = judge(self, hits, otherwise, sha256)
        postponed.pop(threading.get_ident(), lambda: None)()
        return judgement

    def postpone(*arguments: Any) -> None:
        postponed[threading.get_ident()] = partial(record, *arguments)

    monkeypatch.setattr(Scan, "_record", postpone)
    monkeypatch.setattr(Conclude, "judge", write_last)
    with pytest.raises(AssertionError, match="listing"):
        test_whatever_the_order_all_pairs_are_found_and_nothing_else(theatre)


@pytest.mark.soak
@settings(max_examples=1_000, deadline=None)
@given(plots())
def test_whatever_the_order_all_pairs_are_found_a_thousand_times(theatre: Theatre, plot: Plot) -> None:
    play(theatre, plot)


def play(theatre: Theatre, plot: Plot) -> None:
    made = crowd(theatre, plot)
    actors = made.actors()
    names = list(actors)
    schedule = tuple(names[actor % len(names)] for actor, steps in plot.turns for _ in range(steps))
    history = theatre.stage.play(schedule, **actors)
    active = made.active()
    for number, relations in enumerate(plot.uploads):
        record = theatre.world.record(made.messages[number])
        there = theatre.world.is_there(made.messages[number])
        if active & relations.keys():
            assert (there, record["verdict"]) == (False, "match"), history
        elif not relations.keys() & set(chain(*plot.cases)):
            assert (there, record["verdict"]) == (True, "clean"), history
        elif there:
            assert record["verdict"] != "match", history
    if plot.withdrawn is None:
        for number in active:
            assert made.found(number) == sum(number in relations for relations in plot.uploads), history
