"""Whatever the stream loses, kills or never delivers, the reconciler finds the pair."""

from typing import Any

import pytest

from tests.support import pictures
from tests.support.faults import denied, failing
from tests.support.functions import Context
from tests.support.items import item_of
from tests.support.stream import stream, swept
from tests.support.world import World
from unspread import aws, ulid
from unspread.changes import Change, LogEntry, Operation
from unspread.hash_key import HashKey, Kind
from unspread.hashing import Digester
from unspread.reconcile import Reconcile
from unspread.stores.hash_log import LATEST
from unspread.stores.objects import Objects
from unspread.stores.upload_index import UploadIndex
from unspread.submission import SubmittedItem
from unspread.sweep import NotYetError
from unspread.upload import Upload

pytestmark = pytest.mark.usefixtures("direct_bands")

CASE, OTHER_CASE = "c" * 64, "d" * 64
LISTED = pictures.picture(1, (400, 300))
INNOCENT = pictures.picture(2, (400, 300))


def test_a_record_whose_hash_the_table_does_not_show_yet_is_repeated(world: World) -> None:
    entry = LogEntry(ulid.at(1), (Change(Operation.ADD, HashKey(Kind.MD5, "ab" * 16), 1),))
    with pytest.raises(NotYetError):
        world.sweep.entry(entry)


def test_a_failed_record_is_reported_and_swept_by_its_repetition(world: World) -> None:
    message = world.put("copy.jpg", pictures.altered(LISTED))
    world.deliver(message)
    world.submit(CASE, item_of(pictures.png(LISTED)))
    with failing(lambda _at, operation: operation == "CopyObject", denied):
        assert len(swept(world)) == 1
    assert world.is_there(message)
    assert len(list(world.log.unswept())) == 1
    assert swept(world) == []
    assert not world.is_there(message)


def test_a_sweep_killed_half_way_is_finished_by_the_reconciler(world: World) -> None:
    messages = [world.put(f"{n}.jpg", pictures.jpeg(LISTED, 60 + n)) for n in range(4)]
    world.deliver(*messages)
    world.submit(CASE, item_of(pictures.png(LISTED)))
    remove, removed = Objects.remove, []

    def remove_and_die(self: Objects, upload: Upload) -> None:
        removed.append(upload)
        if len(removed) == 2:
            raise SystemExit
        remove(self, upload)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Objects, "remove", remove_and_die)
        with pytest.raises(SystemExit):
            world.function("sweep").handler(stream(world), Context())
    assert any(map(world.is_there, messages))
    done = world.reconcile()
    assert (done.swept, done.left) == (1, 0)
    assert not any(map(world.is_there, messages))
    assert [(item.found, item.removed) for item in world.cases.report(CASE).items] == [(4, 4)]


def test_what_the_stream_never_delivered_is_found_by_the_reconciler(world: World) -> None:
    message = world.put("copy.jpg", pictures.altered(LISTED))
    world.deliver(message)
    world.submit(CASE, item_of(pictures.png(LISTED)))
    assert world.reconcile(age=60_000).swept == 0  # the stream may still deliver it
    assert world.reconcile().swept == 1
    assert not world.is_there(message)
    assert world.reconcile() == type(world.reconcile())(0, 0, 0)


def test_one_poisonous_entry_does_not_keep_the_reconciler_from_the_others(world: World) -> None:
    message = world.put("copy.jpg", pictures.altered(LISTED))
    world.deliver(message)
    poison = world.log.append([Change(Operation.ADD, HashKey(Kind.MD5, "ab" * 16), 1)])  # the table knows no such hash
    aws.dynamodb_transactions().transact_write_items(TransactItems=poison)  # type: ignore[arg-type]
    world.submit(CASE, item_of(pictures.png(LISTED)))
    done = world.reconcile()
    assert (done.swept, done.left) == (1, 1)
    assert not world.is_there(message)


def test_an_entry_that_appeared_late_is_appended_again(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    first = world.log.read_from(ulid.START)[0][0]
    world.sweep.entry(first, ulid.time_of(first.ulid) + LATEST)
    assert len(world.log.read_from(ulid.START)[0]) == 1
    world.sweep.entry(first, ulid.time_of(first.ulid) + LATEST + 1)
    entries = world.log.read_from(ulid.START)[0]
    assert [entry.changes for entry in entries] == [first.changes, first.changes]
    assert len(list(world.log.unswept())) == 1


def test_many_hashes_are_left_to_the_reconciler_which_reads_all_records_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    look_up = UploadIndex.with_band
    monkeypatch.setattr(UploadIndex, "with_band", lambda index, band: looked_up.append(band) or look_up(index, band))  # type: ignore[func-returns-value]
    messages = [world.put(f"{n}.jpg", pictures.jpeg(pictures.picture(n, (300, 200)))) for n in range(1, 13)]
    world.deliver(*messages)
    world.submit(CASE, *(item_of(pictures.png(pictures.picture(n, (300, 200)))) for n in range(1, 10)))
    video = world.put("clip.mp4", b"clip")
    world.deliver(video)
    world.submit(OTHER_CASE, SubmittedItem("video", sha256=Digester.of([b"clip"]).sha256.hex()))
    with failing(lambda _at, _operation: False) as calls:
        assert swept(world) == []
        assert "Query" not in calls.made[1:]
    assert all(map(world.is_there, messages))
    assert looked_up == []

    with failing(lambda _at, _operation: False) as calls:
        done = world.reconcile()
    assert calls.made.count("Scan") == 8
    assert looked_up == []
    assert (done.swept, done.left, done.acted) == (10, 0, 10)
    assert [world.record(message)["verdict"] for message in messages] == ["match"] * 9 + ["clean"] * 3
    assert world.record(video)["verdict"] == "match"


def test_a_reading_that_runs_out_of_time_goes_on_where_it_stopped(world: World) -> None:
    messages = [world.put(f"{n}.jpg", pictures.jpeg(pictures.picture(n, (300, 200)))) for n in range(1, 10)]
    world.deliver(*messages)
    world.submit(CASE, *(item_of(pictures.png(pictures.picture(n, (300, 200)))) for n in range(1, 10)))
    steps = 0
    for _ in range(20):
        budget = iter([True, True, False])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.support.world.World.reconcile", _reconcile_while(budget))
            done = world.reconcile()
        steps += 1
        if done.swept:
            break
    assert steps == 4  # 8 segments, two a run
    assert not any(map(world.is_there, messages))
    assert list(world.log.unswept()) == []


def test_counting_a_copy_does_not_start_a_sweep(world: World) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    before = len(world.log.read_from(ulid.START)[0])
    world.deliver(world.put("copy.jpg", pictures.altered(LISTED)))
    assert len(world.log.read_from(ulid.START)[0]) == before


def _reconcile_while(budget: Any) -> Any:
    return lambda world: Reconcile(world.log, world.sweep, aws.dynamodb(), "HashTable")(
        lambda: next(budget, False), -1000
    )
