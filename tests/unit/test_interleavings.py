"""Promise 1: in whatever order the steps of a scan and of a listing fall, the pair is found.

Scan and listing run in threads that stop before each of their storage steps; a schedule says whose step is next. Every
merge of the two (and of a withdrawal, a hold and its approval, a second delivery) is executed against the tables.
"""

import gc
import importlib
import itertools
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

from tests.support.faults import one_call_at_a_time
from tests.support.world import World, a_world
from unspread import aws
from unspread.assembly import judging
from unspread.cases import CaseConflictError, CaseNotFoundError
from unspread.conclude import Conclude
from unspread.content import Content
from unspread.hash_key import HashKey
from unspread.hashing import Digester, PerceptualHash, PictureHashes, Variant, bit_forms
from unspread.scan import Scan
from unspread.settings import ScanSettings
from unspread.stores.hash_log import LATEST, HashLog
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.upload import Upload, UploadMessage
from unspread.verdict import Hit, Judgement, Status, Verdict

PATIENCE = 30.0
"""Seconds after which a thread that does not come to its next step counts as stuck."""

# Where a thread stops: each of these reads or writes a table or a bucket. The name is what the schedule's record shows.
STEPS = {
    "unspread.stores.upload_table.UploadTable.write": "write the record",
    "unspread.stores.upload_index.UploadIndex.add": "write the index",
    "unspread.scan.Scan._near": "read the list",
    "unspread.conclude.Conclude.judge": "ask the table",
    "unspread.guard.Guard.__call__": "last check",
    "unspread.stores.hash_log.HashLog.append": "commit",
    "unspread.sweep.Sweep._candidates": "look up uploads",
    "unspread.sweep.Sweep.act_on": "judge",
}


@dataclass
class Stage:
    """Threads that take their steps when they are told to."""

    turns: dict[str, threading.Semaphore] = field(default_factory=dict)
    arrived: dict[str, threading.Semaphore] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    history: list[tuple[str, str]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _local: threading.local = field(default_factory=threading.local)

    def step(self, name: str) -> None:
        """Stop before a step, if this thread is on the stage."""
        actor = getattr(self._local, "actor", None)
        if actor is None:
            return
        self.arrived[actor].release()
        assert self.turns[actor].acquire(timeout=PATIENCE), f"{actor} is stuck before: {name}"
        self.history.append((actor, name))

    def play(self, schedule: tuple[str, ...], **actors: Callable[[], object]) -> list[tuple[str, str]]:
        """Let the actors take their steps by the schedule, then run to their ends; return what happened."""
        self.history.clear()
        self.finished.clear()
        self.turns = {name: threading.Semaphore(0) for name in actors}
        self.arrived = {name: threading.Semaphore(0) for name in actors}
        threads = [threading.Thread(target=self._run, args=item) for item in actors.items()]
        for thread in threads:
            thread.start()
        for name in actors:
            self._await(name)
        for name in (*schedule, *(name for name in actors for _ in range(50))):
            if name not in self.finished:
                self.turns[name].release()
                self._await(name)
        for thread in threads:
            thread.join(PATIENCE)
        if self.faults:
            raise self.faults.pop()
        return list(self.history)

    def _await(self, name: str) -> None:
        assert self.arrived[name].acquire(timeout=PATIENCE), f"{name} did not come to its next step"

    def _run(self, name: str, action: Callable[[], object]) -> None:
        self._local.actor = name
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - told by play
            self.faults.append(error)
        finally:
            self.finished.add(name)
            self.arrived[name].release()


@dataclass
class Theatre:
    """One world for many runs: each has an upload and a hash of its own."""

    world: World
    stage: Stage
    contents: dict[str, Content] = field(default_factory=dict)
    runs: Iterator[int] = field(default_factory=itertools.count)

    def fetch(self, upload: Upload) -> tuple[Upload, Content]:
        """Return what an upload's bytes became: decoding is not what is tested here."""
        return upload, self.contents[upload.key]


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    gc.collect()
    gc.freeze()  # what other tests left is not looked through again for every transaction that moto copies
    with a_world() as world, one_call_at_a_time(), pytest.MonkeyPatch.context() as patch:
        stage = Stage()
        for target, name in STEPS.items():
            patch.setattr(target, _stopping(stage, name, _resolve(target)))
        patch.setattr("unspread.stores.upload_index.UploadIndex.with_band", _with_band)
        patch.setattr("unspread.stores.transaction.commit.__kwdefaults__", {"attempts": 8, "wait": lambda _: None})
        theatre = Theatre(world, stage)
        patch.setattr(Scan, "_fetch", lambda _, upload, **__: theatre.fetch(upload))
        yield theatre


def _resolve(target: str) -> Any:
    """Return the function or method of this dotted name."""
    module, *attributes = target.split(".")
    found: Any = importlib.import_module(module)
    for name in attributes:
        try:
            found = getattr(found, name)
        except AttributeError:
            found = importlib.import_module(f"{found.__name__}.{name}")
    return found


def _stopping(stage: Stage, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def stopping(*arguments: Any, **named: Any) -> Any:
        stage.step(name)
        return real(*arguments, **named)

    return stopping


def _with_band(_: object, band: str) -> list[tuple[bytes, str]]:
    """Look a band up in moto's own store: through the client, the 2,176 queries of a sweep take seconds."""
    table = dynamodb_backends["123456789012"]["us-east-1"].get_table("UploadTable")
    parts = [
        str(item.attrs["sk"].value).partition("#")
        for item in table.items.get(DynamoType({"S": f"band#{band}"}), {}).values()
    ]
    return [(bytes.fromhex(pdq), upload_id) for pdq, _, upload_id in parts]


# ------------------------------------------------------------------------------------------------- the characters


@dataclass
class Pair:
    """An upload, and the listing that is to find it."""

    theatre: Theatre
    case: str
    message: dict[str, Any]
    item: SubmittedItem
    scanner: Scan
    clock: float = 0.0

    @property
    def key(self) -> HashKey:
        return self.item.listable()[0]

    def scan(self) -> None:
        self.scanner(UploadMessage.model_validate(self.message).upload())

    def list(self) -> None:
        """Submit, and sweep what the log got from it."""
        world = self.theatre.world
        cases = replace(world.cases, log=HashLog(aws.dynamodb(), "HashTable", lambda: time.time() + self.clock))
        cases.submit(self.case, "adult", [self.item])
        self.sweep()

    def sweep(self) -> None:
        for entry in list(self.theatre.world.log.unswept()):
            if any(change.key == self.key for change in entry.changes):
                self.theatre.world.sweep.entry(entry)

    def withdraw(self) -> None:
        self.theatre.world.cases.withdraw(self.case)

    def hold(self) -> None:
        """Hold the hash as the guard would."""
        world = self.theatre.world
        self.theatre.stage.step("hold")
        listed = world.hashes.read([self.key]).get(self.key)
        if listed and listed.status is Status.ACTIVE:
            actions, changes = world.hashes.set_status(listed, Status.HELD)
            aws.dynamodb_transactions().transact_write_items(TransactItems=actions + world.log.append(changes))  # type: ignore[arg-type]

    def approve(self) -> None:
        self.theatre.stage.step("approve")
        self.theatre.world.guard.approve(self.key)
        self.sweep()

    @property
    def acted(self) -> bool:
        there = self.theatre.world.is_there(self.message)
        record = self.theatre.world.record(self.message)
        assert there == (record.get("action") != "quarantined")
        if not there:
            assert record["verdict"] == "match"
        return not there

    @property
    def verdict(self) -> str:
        return str(self.theatre.world.record(self.message).get("verdict"))


def pair(theatre: Theatre, kind: str) -> Pair:
    """Make an upload and the item of a listed hash that matches it, by this kind."""
    run = next(theatre.runs)
    for table in dynamodb_backends["123456789012"]["us-east-1"].tables.values():
        table.items.clear()  # moto copies its tables for every transaction
    draw = random.Random(run)
    data = draw.randbytes(64) + run.to_bytes(4)
    message = theatre.world.put(f"{run}.bin", data)
    digests = Digester.of([data])
    hashes: tuple[PerceptualHash, ...] = ()
    if kind in ("sha256", "md5"):
        item = SubmittedItem("video", **{kind: getattr(digests, kind).hex()})
    else:
        variant, form = kind.split()
        listed = draw.randbytes(32)
        turned = bit_forms(np.frombuffer(listed, dtype=np.uint8).reshape(1, 32))[int(form), 0].tobytes()
        near = int.from_bytes(turned)
        for bit in draw.sample(range(256), 31):
            near ^= 1 << bit
        whole = PerceptualHash(draw.randbytes(32), 90, Variant.WHOLE, 0, None)
        found = PerceptualHash(near.to_bytes(32), 90, Variant(variant), 0, None)
        hashes = (found,) if variant == "whole" else (whole, found)
        item = SubmittedItem("image", hashes=(SubmittedHash(listed.hex(), 90),))
    picture = PictureHashes("JPEG", 100, 100, hashes, None, 90)
    theatre.contents[f"{run}.bin"] = Content(digests, picture, Judgement(Verdict.CLEAN))
    return Pair(theatre, f"{run:064x}", message, item, judging.scan(ScanSettings.load()))


def merges(**steps: int) -> list[tuple[str, ...]]:
    """Return every order of the steps of several actors."""
    if not any(steps.values()):
        return [()]
    return [(name, *rest) for name, left in steps.items() if left for rest in merges(**(steps | {name: left - 1}))]


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

    def write_last(self: Conclude, hits: Iterable[Hit], otherwise: Judgement) -> Judgement:
        judgement = judge(self, hits, otherwise)
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
