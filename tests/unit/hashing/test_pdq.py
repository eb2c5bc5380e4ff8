"""PDQ against the reference: stored hashes of its own code, and its box filter written out."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.hashing.pictures import Case, cases, noise
from unspread.hashing import distance, pdq_of
from unspread.hashing.pdq import bands, block_of, luma_of_rgb, pixel_forms_of

VECTORS = Path(__file__).parent / "vectors" / "pdq.csv"


def vectors() -> list[tuple[Case, int, tuple[bytes, ...]]]:
    with VECTORS.open() as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return [
            (
                Case(row["kind"], int(row["seed"]), int(row["height"]), int(row["width"])),
                int(row["quality"]),
                tuple(bytes.fromhex(each) for each in row["hashes"].split()),
            )
            for row in rows
        ]


def test_the_stored_vectors_are_those_of_the_recipes() -> None:
    stored = [case for case, _, _ in vectors()]
    assert stored == list(cases())
    assert len(stored) >= 300


@dataclass(frozen=True, slots=True)
class Found:
    """What this code gives for a case, beside the reference's."""

    case: Case
    quality: int
    hashes: tuple[bytes, ...]
    ours: tuple[tuple[bytes, ...], int]  # of the unrounded luma
    rounded: bytes


@cache
def found() -> list[Found]:
    results = []
    for case, quality, hashes in vectors():
        luma = luma_of_rgb(case.picture())
        rounded, _ = pdq_of(np.rint(luma).astype(np.uint8))
        results.append(Found(case, quality, hashes, pixel_forms_of(luma), rounded))
    return results


def test_all_eight_forms_and_the_quality_equal_the_reference() -> None:
    wrong = [
        (each.case, [distance(ours, theirs) for ours, theirs in zip(each.ours[0], each.hashes, strict=True)])
        for each in found()
        if each.ours != (each.hashes, each.quality)
    ]
    assert wrong == []


def test_the_first_form_is_the_hash() -> None:
    for case, quality, hashes in vectors()[::20]:
        assert pdq_of(luma_of_rgb(case.picture())) == (hashes[0], quality)


def test_whole_numbers_of_luma_cost_at_most_six_bits() -> None:
    distances = [
        distance(each.rounded, each.hashes[0])
        for each in found()
        if each.case.kind == "noise" and min(each.case.height, each.case.width) >= 64
    ]
    assert len(distances) > 100
    assert max(distances) <= 6
    assert np.median(distances) == 0


@pytest.mark.parametrize("shape", [(4, 100), (100, 4), (1, 1), (1, 5000), (5, 65_537)])
def test_pictures_too_narrow_or_long_to_hash_have_quality_0(shape: tuple[int, int]) -> None:
    assert pdq_of(np.full(shape, 200, np.uint8)) == (bytes(32), 0)
    assert pixel_forms_of(np.full(shape, 200, np.uint8)) == ((bytes(32),) * 8, 0)


def reference_box(line: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """`box1DFloat` of the reference, its four phases as they stand there."""
    length = len(line)
    window = (length + 127) // 128
    half = (window + 2) // 2
    out, total, size, left, right, at = np.zeros(length), 0.0, 0, 0, 0, 0
    for _ in range(half - 1):
        total, size, right = total + line[right], size + 1, right + 1
    for _ in range(window - half + 1):
        total, size = total + line[right], size + 1
        out[at] = total / size
        right, at = right + 1, at + 1
    for _ in range(length - window):
        total += line[right] - line[left]
        out[at] = total / size
        left, right, at = left + 1, right + 1, at + 1
    for _ in range(half - 1):
        total, size = total - line[left], size - 1
        out[at] = total / size
        left, at = left + 1, at + 1
    return out


@given(st.integers(5, 3000))
def test_the_bands_are_two_passes_of_the_reference_filter(length: int) -> None:
    line = noise(length, 1, length)[0, :, 0].astype(np.float64)
    samples = ((np.arange(64) + 0.5) * length / 64).astype(int)
    starts, weights, _ = bands(length)
    found = [weights[index] @ line[start : start + weights.shape[1]] for index, start in enumerate(starts)]
    np.testing.assert_allclose(found, reference_box(reference_box(line))[samples], atol=1e-3)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)


def test_a_block_of_64_is_taken_as_it_is() -> None:
    luma = luma_of_rgb(noise(1, 64, 64))
    np.testing.assert_array_equal(block_of(luma), luma)


def test_the_cache_of_weights_is_bounded() -> None:
    bands.cache_clear()
    for length in range(100, 200):
        bands(length)
    assert bands.cache_info().currsize == bands.cache_info().maxsize == 32
