"""POST /check: the verdict that an upload would get, and nothing about who listed what."""

import io
import json
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import ImageOps

from tests.support import pictures
from tests.support.faults import failing, throttled
from tests.support.functions import Context, sample
from tests.support.world import World
from unspread.hash_key import HashKey, Kind
from unspread.hashing import Limits, hash_picture
from unspread.submission import SubmittedHash, SubmittedItem

CASE = "c" * 64
PDQ = "0123456789abcdef" * 4
PHASH = "0f0f0f0f00ff00ff"
PICTURE = SubmittedItem("image", "ab" * 32, "cd" * 16, (SubmittedHash(PDQ, 90, PHASH),))


def ask(function: ModuleType, body: object) -> dict[str, Any]:
    answer: dict[str, Any] = function.handler(sample("check") | {"body": json.dumps(body)}, Context())
    return answer


def verdicts(function: ModuleType, *items: dict[str, Any]) -> list[tuple[str, int | None]]:
    answer = ask(function, {"items": items})
    assert answer["statusCode"] == 200, answer
    return [(item["verdict"], item["distance"]) for item in json.loads(answer["body"])["items"]]


def picture(pdq: str = "f0" * 32, quality: int = 90, **more: Any) -> dict[str, Any]:
    return {"kind": "image", "hashes": [{"pdq": pdq, "quality": quality, **more}]}


def off(bits: int) -> str:
    """Return the listed PDQ hash with so many bits changed."""
    changed = np.unpackbits(np.frombuffer(bytes.fromhex(PDQ), dtype=np.uint8))
    changed[: 2 * bits : 2] ^= 1
    return np.packbits(changed).tobytes().hex()


@pytest.fixture
def check(world: World) -> ModuleType:
    world.submit(CASE, PICTURE)
    return world.function("check")


@pytest.mark.parametrize(
    ("item", "verdict"),
    [
        (picture(PDQ), ("match", 0)),
        (picture(off(31)), ("match", 31)),
        (picture(off(32)), ("suspect", 32)),
        (picture(off(48)), ("suspect", 48)),
        (picture(off(49)), ("clean", None)),
        (picture(phash=PHASH), ("suspect", 0)),
        (picture(PDQ, quality=49), ("unsupported", None)),
        ({"kind": "video", "sha256": "ab" * 32}, ("match", 0)),
        ({"kind": "video", "md5": "CD" * 16}, ("match", 0)),
        ({"kind": "video", "md5": "ef" * 16}, ("unsupported", None)),
        ({"kind": "image"}, ("unsupported", None)),
    ],
)
def test_each_item_gets_its_tier_and_distance(
    check: ModuleType, item: dict[str, Any], verdict: tuple[str, int | None]
) -> None:
    assert verdicts(check, item) == [verdict]


def test_items_are_answered_in_their_order_and_tell_nothing_else(check: ModuleType) -> None:
    answer = ask(check, {"items": [picture(), picture(PDQ), picture(off(40))] * 33})
    items = json.loads(answer["body"])["items"]
    assert [item["verdict"] for item in items] == ["clean", "match", "suspect"] * 33
    assert {frozenset(item) for item in items} == {frozenset(["verdict", "distance"])}
    assert PDQ not in answer["body"]


def test_a_mirrored_copy_matches_as_its_upload_would(world: World) -> None:
    image = pictures.picture(1, (400, 300))
    original, mirrored = (
        hash_picture(io.BytesIO(pictures.png(each)), Limits()).hashes[0].pdq.hex()
        for each in (image, ImageOps.mirror(image))
    )
    world.submit(CASE, SubmittedItem("image", hashes=(SubmittedHash(original, 90),)))
    ((verdict, _),) = verdicts(world.function("check"), picture(mirrored))
    assert verdict == "match"


def test_the_table_decides(world: World, check: ModuleType) -> None:
    assert verdicts(check, picture(PDQ)) == [("match", 0)]
    world.cases.withdraw(CASE)
    assert verdicts(check, picture(PDQ)) == [("clean", None)]
    world.submit("d" * 64, PICTURE)
    assert verdicts(check, picture(PDQ)) == [("match", 0)]
    listed = world.hashes.read([HashKey(Kind.PDQ, PDQ)])
    assert all(each.found == 0 for each in listed.values())


@pytest.mark.parametrize(
    "body", [{"items": []}, {"items": [picture()] * 101}, {"items": [picture("xy")]}, {"items": [5]}, {}, []]
)
def test_what_cannot_be_checked_is_refused(check: ModuleType, body: object) -> None:
    answer = ask(check, body)
    assert answer["statusCode"] == 422
    assert json.loads(answer["body"])["faults"]


def test_a_fault_of_ours_is_no_verdict(check: ModuleType) -> None:
    with failing(lambda _at, operation: operation == "BatchGetItem", throttled):
        assert ask(check, {"items": [picture(PDQ)]})["statusCode"] == 503
