"""The world on a stage: uploads that are scanned while their hashes are listed, step by step."""

import gc
import importlib
import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from moto.dynamodb.models import dynamodb_backends

from tests.support.faults import one_call_at_a_time
from tests.support.stage import Stage, stopping
from tests.support.world import World, a_world, direct_bands, let_go_of_copies
from unspread import aws
from unspread.assembly import judging
from unspread.content import Content
from unspread.hash_key import HashKey
from unspread.hashing import Digester, PerceptualHash, PictureHashes, Variant, bit_forms
from unspread.scan import Scan
from unspread.settings import ScanSettings
from unspread.stores.hash_log import HashLog
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.upload import Upload, UploadMessage
from unspread.verdict import Judgement, Status, Verdict

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
class Theatre:
    """One world for many runs: each has an upload and a hash of its own."""

    world: World
    stage: Stage
    contents: dict[str, Content] = field(default_factory=dict)
    runs: Iterator[int] = field(default_factory=itertools.count)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text("a theatre")  # not all of moto's world, when a test fails

    def fetch(self, upload: Upload) -> tuple[Upload, Content]:
        """Return what an upload's bytes became: decoding is not what is tested here."""
        return upload, self.contents[upload.key]


@contextmanager
def a_theatre() -> Iterator[Theatre]:
    """Open the theatre for the tests of one module."""
    gc.collect()
    gc.freeze()  # what other tests left is not looked through again and again
    with a_world() as world, one_call_at_a_time(), direct_bands(), pytest.MonkeyPatch.context() as patch:
        stage = Stage()
        for target, name in STEPS.items():
            patch.setattr(target, stopping(stage, name, _resolve(target)))
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
    """Make an upload and the item of a listed hash that matches it, by this kind, in empty tables."""
    clear()
    run = next(theatre.runs)
    draw = random.Random(run)
    data = draw.randbytes(64) + run.to_bytes(4)
    hashes: tuple[PerceptualHash, ...] = ()
    if kind in ("sha256", "md5"):
        item = SubmittedItem("video", **{kind: getattr(Digester.of([data]), kind).hex()})
    else:
        variant, form = kind.split()
        listed = draw.randbytes(32)
        whole = PerceptualHash(draw.randbytes(32), 90, Variant.WHOLE, 0, None)
        found = PerceptualHash(near(listed, int(form), draw), 90, Variant(variant), 0, None)
        hashes = (found,) if variant == "whole" else (whole, found)
        item = SubmittedItem("image", hashes=(SubmittedHash(listed.hex(), 90),))
    message = put(theatre, f"{run}.bin", data, hashes)
    return Pair(theatre, f"{run:064x}", message, item, judging.scan(ScanSettings.load()))


def clear() -> None:
    """Empty the tables: moto copies them, and all that their streams ever told, for every transaction."""
    for table in dynamodb_backends["123456789012"]["us-east-1"].tables.values():
        table.items.clear()
        if table.stream_shard:
            table.stream_shard.items.clear()
    let_go_of_copies()


def put(theatre: Theatre, key: str, data: bytes, hashes: tuple[PerceptualHash, ...]) -> dict[str, Any]:
    """Upload something that is hashed to these hashes; return what the queue gets to know of it."""
    picture = PictureHashes("JPEG", 100, 100, hashes, None, 90)
    theatre.contents[key] = Content(Digester.of([data]), picture, Judgement(Verdict.CLEAN))
    return theatre.world.put(key, data)


def near(listed: bytes, form: int, draw: random.Random) -> bytes:
    """Return a PDQ hash just within the match distance of one, in one of its 8 forms."""
    value = int.from_bytes(bit_forms(np.frombuffer(listed, dtype=np.uint8).reshape(1, 32))[form, 0].tobytes())
    for bit in draw.sample(range(256), 31):
        value ^= 1 << bit
    return value.to_bytes(32)
