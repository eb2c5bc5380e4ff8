"""A listing finds past uploads: by bands, by digests, through the stream, the reconciler, and one reading of all."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.support import pictures
from tests.support.faults import denied, failing
from tests.support.functions import Context
from tests.support.items import item_of
from tests.support.stream import stream, swept
from tests.support.world import World
from unspread import aws, ulid
from unspread.bands import PROBES, bands, probes
from unspread.changes import Change, LogEntry, Operation
from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import Digester, PerceptualHash, Variant, bit_forms
from unspread.reconcile import Reconcile
from unspread.stores.hash_log import LATEST
from unspread.stores.objects import Objects
from unspread.stores.upload_index import UploadIndex
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.sweep import NotYetError, near, probing_is_cheaper
from unspread.upload import Upload
from unspread.verdict import Distances

pytestmark = pytest.mark.usefixtures("direct_bands")

CASE, OTHER_CASE = "c" * 64, "d" * 64
LISTED = pictures.picture(1, (400, 300))
INNOCENT = pictures.picture(2, (400, 300))


# -------------------------------------------------------------------------------------------------------- bands


def flipped(pdq: bytes, bits: list[int]) -> bytes:
    number = int.from_bytes(pdq)
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(32)


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(0, 255), max_size=31, unique=True))
def test_hashes_within_the_match_distance_share_a_probe(pdq: bytes, bits: list[int]) -> None:
    assert set(probes(pdq)) & set(bands(flipped(pdq, bits)))


def test_the_worst_spread_of_31_bits_shares_a_probe_and_one_of_32_need_not() -> None:
    pdq = bytes(range(32))
    worst = [16 * band + bit for band in range(16) for bit in (0, 9)]
    assert set(probes(pdq)) & set(bands(flipped(pdq, worst[:31])))
    assert not set(probes(pdq)) & set(bands(flipped(pdq, worst)))


def test_there_are_272_different_probes() -> None:
    assert len(set(probes(bytes(32)))) == len(list(probes(bytes(32)))) == PROBES == 272


def test_reading_all_records_is_chosen_when_it_is_cheaper() -> None:
    gigabyte = 2**30
    assert probing_is_cheaper(1, 0)
    assert probing_is_cheaper(7, 0)
    assert not probing_is_cheaper(8, 0)
    assert probing_is_cheaper(100, gigabyte)
    assert not probing_is_cheaper(1000, gigabyte)


# ------------------------------------------------------------------------------------------------- finding past


def test_an_upload_that_came_first_is_found_when_its_picture_is_listed(world: World) -> None:
    copy, other = world.put("copy.jpg", pictures.altered(LISTED)), world.put("other.jpg", pictures.jpeg(INNOCENT))
    world.deliver(copy, other)
    assert world.record(copy)["verdict"] == "clean"
    world.submit(CASE, item_of(pictures.png(LISTED)))

    assert swept(world) == []

    assert not world.is_there(copy)
    assert world.is_there(other)
    record = world.record(copy)
    assert (record["verdict"], record["action"], record["done"]) == ("match", "quarantined", True)
    assert world.event_types() == ["Match Found", "Object Quarantined"]
    assert [(item.found, item.removed) for item in world.cases.report(CASE).items] == [(1, 1)]
    assert list(world.log.unswept()) == []


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_past_video_is_found_by_either_digest(world: World, kind: str) -> None:
    video = b"\0\0\0\x18ftypmp42" + bytes(500)
    message = world.put("clip.mp4", video)
    world.deliver(message)
    world.submit(CASE, SubmittedItem("video", **{kind: hashlib.new(kind, video).hexdigest()}))  # type: ignore[arg-type]
    assert swept(world) == []
    assert world.record(message)["verdict"] == "match"
    assert world.quarantined() == [video]


@pytest.mark.parametrize("turn", list(Image.Transpose))
def test_a_past_upload_is_found_mirrored_and_rotated(world: World, turn: Image.Transpose) -> None:
    message = world.put("turned.png", pictures.png(LISTED.transpose(turn)))
    world.deliver(message)
    world.submit(CASE, item_of(pictures.png(LISTED), digests=False))
    swept(world)
    assert world.record(message)["verdict"] == "match"


def test_a_past_upload_is_found_by_what_is_left_of_it_without_its_border(world: World) -> None:
    framed = Image.new("RGB", (600, 500), "black")
    framed.paste(LISTED, (100, 100))
    message = world.put("framed.png", pictures.png(framed))
    world.deliver(message)
    world.submit(CASE, item_of(pictures.png(LISTED), digests=False))
    swept(world)
    assert world.record(message)["verdict"] == "match"


@pytest.mark.parametrize(
    ("distance", "verdict"), [(0, "match"), (1, "match"), (30, "match"), (31, "match"), (32, "clean")]
)
def test_the_match_distance_is_the_same_from_both_sides(world: World, distance: int, verdict: str) -> None:
    item = item_of(pictures.png(LISTED), digests=False)
    bits = random.Random(distance).sample(range(256), distance)
    near = flipped(bytes.fromhex(item.hashes[0].pdq), bits).hex()
    message = world.put("copy.png", pictures.png(LISTED))
    world.deliver(message)
    world.submit(CASE, SubmittedItem("image", hashes=(SubmittedHash(near, 90),)))
    swept(world)
    assert world.record(message)["verdict"] == verdict


class Bands:
    """The band items of the upload table, without a table."""

    def __init__(self, uploads: Sequence[bytes]) -> None:
        self._items: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
        for n, pdq in enumerate(uploads):
            for band in bands(pdq):
                self._items[band].append((pdq, str(n)))

    def with_band(self, band: str) -> list[tuple[bytes, str]]:
        return self._items.get(band, [])


def test_scan_and_sweep_accept_the_same_pairs_on_ten_thousand_random_and_edited_ones() -> None:
    draw = random.Random(7)
    listed = [draw.randbytes(32) for _ in range(100)]
    uploads = [draw.randbytes(32) for _ in range(20)]
    for pdq in listed[:80]:
        form = forms_of(pdq)[draw.randrange(8)].tobytes()
        uploads.append(flipped(form, draw.sample(range(256), draw.choice([0, 5, 20, 29, 30, 31, 32, 33, 40]))))
    assert len(listed) * len(uploads) == 10_000
    reader = HashList(HashKey.of(Kind.PDQ, pdq) for pdq in listed)
    by_scan = {
        (hit.key.bytes, str(n), hit.distance)
        for n, pdq in enumerate(uploads)
        for hit in reader.search([PerceptualHash(pdq, 90, Variant.WHOLE, 0, None)], Distances(31, 0, 0))
    }
    items = Bands(uploads)
    by_sweep = {
        (pdq, upload, distance)
        for pdq in listed
        for upload, distance in near(HashKey.of(Kind.PDQ, pdq), 31, lambda names: map(items.with_band, names))
    }
    by_force = {
        (pdq, str(n), distance)
        for pdq in listed
        for n, upload in enumerate(uploads)
        if (distance := by_bits(pdq, upload)) <= 31
    }
    assert by_scan == by_sweep == by_force
    assert len(by_force) > 40


def by_bits(pdq: bytes, upload: bytes) -> int:
    other = int.from_bytes(upload)
    return min((int.from_bytes(form.tobytes()) ^ other).bit_count() for form in forms_of(pdq))


def forms_of(pdq: bytes) -> NDArray[np.uint8]:
    return bit_forms(np.frombuffer(pdq, dtype=np.uint8).reshape(1, 32))[:, 0]


def test_a_hash_withdrawn_before_its_sweep_does_not_act(world: World) -> None:
    message = world.put("copy.jpg", pictures.altered(LISTED))
    world.deliver(message)
    world.submit(CASE, item_of(pictures.png(LISTED)))
    world.cases.withdraw(CASE)
    assert swept(world) == []
    assert world.record(message)["verdict"] == "clean"
    assert world.is_there(message)


def test_a_listing_that_finds_a_scan_under_way_acts_and_the_scan_agrees(world: World) -> None:
    message = world.put("copy.jpg", pictures.altered(LISTED))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("unspread.scan.Scan._near", _die)
        assert world.deliver(message) == [0]  # the upload is recorded, and not judged
    world.submit(CASE, item_of(pictures.png(LISTED)))
    swept(world)
    assert world.record(message)["verdict"] == "match"
    assert world.deliver(message, received=2) == []
    assert world.record(message)["verdict"] == "match"
    assert len(world.quarantined()) == 1


def test_a_hash_withdrawn_between_the_judgement_and_the_last_check_leaves_the_verdict_to_scan(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    unjudged, clean = world.put("a.jpg", pictures.altered(LISTED)), world.put("b.jpg", pictures.jpeg(LISTED))
    world.deliver(clean)
    with monkeypatch.context() as patch:
        patch.setattr("unspread.scan.Scan._near", _die)
        world.deliver(unjudged)
    world.submit(CASE, item_of(pictures.png(LISTED)))
    guard = type(world.guard).__call__

    def withdrawn_first(self: Any, keys: Any) -> Any:
        world.cases.withdraw(CASE)
        return guard(self, keys)

    monkeypatch.setattr("unspread.guard.Guard.__call__", withdrawn_first)
    swept(world)

    assert "verdict" not in world.record(unjudged)
    assert (world.record(clean)["verdict"], world.record(clean)["done"]) == ("clean", True)
    assert world.is_there(unjudged)
    assert world.is_there(clean)
    assert world.deliver(unjudged, received=2) == []
    assert world.record(unjudged)["verdict"] == "clean"


# ------------------------------------------------------------------------------------------ stream and reconciler


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


# ------------------------------------------------------------------------------------------------------- helpers


def _reconcile_while(budget: Any) -> Any:
    return lambda world: Reconcile(world.log, world.sweep, aws.dynamodb(), "HashTable")(
        lambda: next(budget, False), -1000
    )


def _die(*_: object, **__: object) -> None:
    raise ConnectionError
