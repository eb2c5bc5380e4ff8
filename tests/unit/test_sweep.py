"""A listing finds past uploads: by bands, by digests, whatever was done to them."""

import hashlib
import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.support import pictures
from tests.support.bits import flipped
from tests.support.items import item_of
from tests.support.stream import swept
from tests.support.world import World
from unspread.bands import bands
from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import PerceptualHash, Variant, bit_forms
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.sweep import near
from unspread.verdict import Distances

pytestmark = pytest.mark.usefixtures("direct_bands")

CASE, OTHER_CASE = "c" * 64, "d" * 64
LISTED = pictures.picture(1, (400, 300))
INNOCENT = pictures.picture(2, (400, 300))


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


def _die(*_: object, **__: object) -> None:
    raise ConnectionError
