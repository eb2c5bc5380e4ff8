"""What a list of a million hashes costs in memory, and (in the soak) in time."""

import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from tests.unit.index.reference import brute_force, random_rows, searched, with_bits_flipped
from unspread.hashing import bit_forms
from unspread.index import HashIndex

MILLION = 1_000_000


def test_a_million_hashes_take_at_most_40_bytes_each_and_56_while_loading() -> None:
    data = np.random.default_rng(0).bytes(32 * MILLION)
    tracemalloc.start()
    try:
        index = HashIndex.from_bytes(data, 256)
        for row in random_rows(np.random.default_rng(1), 10):
            index.add(row[None])
        index.search(random_rows(np.random.default_rng(2), 24), 48)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(index) == MILLION + 10
    assert held <= 40 * MILLION
    assert peak <= 56 * MILLION


@pytest.mark.soak
def test_a_million_hashes_are_ready_in_half_a_second_and_one_more_in_a_millisecond() -> None:
    data = np.random.default_rng(0).bytes(32 * MILLION)
    index = HashIndex(256)

    def load() -> None:
        nonlocal index
        index = HashIndex.from_bytes(data, 256)

    rows = iter(random_rows(np.random.default_rng(1), 100))

    assert _median(load, 5) < 0.5
    assert _median(lambda: index.add(next(rows)[None]), 50) < 0.001


@pytest.mark.soak
@pytest.mark.parametrize("limit", [31, 48])
def test_recall_is_1_among_a_million(limit: int) -> None:
    rng = np.random.default_rng(limit)
    rows = random_rows(rng, MILLION)
    uploads = np.array([with_bits_flipped(row, rng.permutation(256)[: rng.integers(0, 60)]) for row in rows[:40]])
    queries = bit_forms(uploads).reshape(-1, 32)

    found = searched(HashIndex.from_bytes(rows.tobytes(), 256), queries, limit)

    assert found == brute_force(rows, queries, limit)
    assert len(found) >= 10


def _median(work: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)
