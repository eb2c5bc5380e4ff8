"""Given the same luma, the page's PDQ, pHash and windows are the server's: each bit of them."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser import scenarios
from tests.unit.hashing.pictures import cases, noise
from unspread.hashing import pdq_of, window_hashes
from unspread.hashing.pdq import luma_of_rgb
from unspread.hashing.phash import phash_of

# Below, windows are cut down to 16 pixels and the like, of which rounding makes the hash (docs/hashing.md).
SHORT_SIDE = 96
LARGER = ((1024, 1365), (1100, 1100), (2047, 1024), (600, 1900))

type Grey = NDArray[np.uint8]


@pytest.fixture(scope="module")
def greys() -> list[Grey]:
    pictures = [case.picture() for case in cases() if min(case.height, case.width) >= 18]
    pictures += [noise(seed, *size) for seed, size in enumerate(LARGER)]
    return [np.rint(luma_of_rgb(picture)).astype(np.uint8) for picture in pictures]


@pytest.fixture(scope="module")
def page(greys: list[Grey], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    scenarios.install(scenarios.WEB)
    folder = tmp_path_factory.mktemp("greys")
    (folder / "sizes").write_text(json.dumps([(grey.shape[1], grey.shape[0]) for grey in greys]))
    (folder / "pixels").write_bytes(b"".join(grey.tobytes() for grey in greys))
    hashes: list[dict[str, Any]] = scenarios.program("hash_greys.mjs", folder / "sizes", folder / "pixels")
    assert len(hashes) == len(greys) > 250
    return hashes


def test_pdq_and_its_quality_are_the_servers(greys: list[Grey], page: list[dict[str, Any]]) -> None:
    server = [pdq_of(grey) for grey in greys]
    assert [(each["pdq"], each["quality"]) for each in page] == [(pdq.hex(), quality) for pdq, quality in server]


def large(greys: list[Grey], page: list[dict[str, Any]]) -> list[tuple[Grey, dict[str, Any]]]:
    pairs = [(grey, hashes) for grey, hashes in zip(greys, page, strict=True) if min(grey.shape) >= SHORT_SIDE]
    assert len(pairs) > 150
    return pairs


def test_phash_is_the_servers(greys: list[Grey], page: list[dict[str, Any]]) -> None:
    for grey, hashes in large(greys, page):
        assert hashes["phash"] == phash_of(grey).hex()


def test_windows_are_the_servers(greys: list[Grey], page: list[dict[str, Any]]) -> None:
    for grey, hashes in large(greys, page)[::-4]:
        assert hashes["windows"] == [row.tobytes().hex() for row in window_hashes(grey)]
