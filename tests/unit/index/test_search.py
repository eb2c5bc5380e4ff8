"""Every pair within the distance is found, and no other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.index.reference import (
    Rows,
    brute_force,
    index_of,
    random_rows,
    searched,
    with_bits_flipped,
)
from unspread.hashing import bit_forms
from unspread.index import HashIndex
from unspread.index.blocks import BLOCK
from unspread.index.columns import columns_of, rows_of

SPREADS = {
    "evenly": np.arange(0, 256, 4),
    "at the start": np.arange(64),
    "at the end": np.arange(192, 256),
    "in even rows": np.flatnonzero(np.arange(256) // 16 % 2 == 0),
    "in odd rows": np.flatnonzero(np.arange(256) // 16 % 2),
    "in even columns": np.arange(0, 256, 2),
    "in odd columns": np.arange(1, 256, 2),
    "in one parity of both": np.flatnonzero((np.arange(256) // 16 % 2) & (np.arange(256) % 2)),
    "everywhere": np.arange(256),
}
"""Where the bits that differ may be: any prefilter that looks at some bits only has its worst case here."""


@pytest.mark.parametrize("limit", [31, 48])
def test_planted_hashes_are_found_at_each_distance_up_to_the_limit_and_never_beyond(limit: int) -> None:
    rng = np.random.default_rng(limit)
    queries = random_rows(rng, 3)
    planted, expected = [], []
    for number, query in enumerate(queries):
        for places in SPREADS.values():
            for distance in range(limit + 6):
                row = with_bits_flipped(query, rng.permutation(places)[:distance])
                planted.append(row)
                if distance <= limit:
                    expected.append((number, row.tobytes(), distance))
    rows = np.concatenate([random_rows(rng, 5_000), np.array(planted)])

    assert searched(index_of(rows), queries, limit) == sorted(set(expected))


@pytest.mark.parametrize("family", [1, 8], ids=["one query", "eight forms"])
@pytest.mark.parametrize("limit", [31, 48])
def test_the_eight_forms_are_searched_exactly_alone_and_together(limit: int, family: int) -> None:
    rng = np.random.default_rng(family)
    forms = bit_forms(random_rows(rng, 3)).reshape(-1, 32)
    planted = [
        with_bits_flipped(form, rng.permutation(places)[:distance])
        for form in forms
        for places in SPREADS.values()
        for distance in (0, limit, limit + 1)
    ]
    rows = np.concatenate([random_rows(rng, 5_000), np.array(planted)])
    index = index_of(rows)

    found = []
    for start in range(0, len(forms), family):
        part = searched(index, forms[start : start + family], limit)
        found += [(number + start, row, apart) for number, row, apart in part]

    assert sorted(found) == brute_force(rows, forms, limit)


@pytest.mark.parametrize("bits", [64, 128, 192, 256, 320])
def test_any_distance_is_exact_at_any_width(bits: int) -> None:
    rng = np.random.default_rng(bits)
    rows = random_rows(rng, 400, bits)
    queries = np.concatenate([random_rows(rng, 2, bits), rows[:2], ~rows[1:4], rows[:1]])
    index = index_of(rows)

    for distance in (
        0,
        1,
        bits // 4,
        31,
        32,
        33,
        63,
        64,
        65,
        127,
        128,
        129,
        bits // 2,
        bits - 1,
        bits,
        bits + 1,
        9_999,
    ):
        assert searched(index, queries, distance) == brute_force(rows, queries, distance)


def test_hashes_of_64_bits_match_at_8_and_not_at_9() -> None:
    rng = np.random.default_rng(8)
    query = random_rows(rng, 1, 64)[0]
    planted = np.array([with_bits_flipped(query, rng.permutation(64)[:distance]) for distance in range(12)])
    index = index_of(np.concatenate([random_rows(rng, 1_000, 64), planted]))

    assert sorted(apart for _, _, apart in searched(index, query[None], 8)) == list(range(9))


@settings(deadline=None)  # how busy the machine is says nothing about what is found
@given(data=st.data())
def test_what_is_found_is_what_counting_finds(data: st.DataObject) -> None:
    size = data.draw(st.sampled_from([8, 16, 32]))
    word = st.sampled_from([bytes(8), b"\xff" * 8, b"\x0f" * 8, b"\x55" * 8, b"\x80" + bytes(7), b"\xff" * 7 + b"\xfe"])
    row = st.lists(word | st.binary(min_size=8, max_size=8), min_size=size // 8, max_size=size // 8).map(b"".join)
    rows = _rows(data.draw(st.lists(row, max_size=40)), size)
    queries = _rows(data.draw(st.lists(row, max_size=8)), size)
    if size == 32 and len(queries):
        queries = bit_forms(queries).reshape(-1, 32)
    distance = data.draw(st.integers(0, size * 8 + 1))

    assert searched(index_of(rows), queries, distance) == brute_force(rows, queries, distance)


@pytest.mark.parametrize("shared", ["the first words", "the last words"])
@pytest.mark.parametrize("limit", [31, 48])
def test_a_crafted_list_whose_hashes_share_half_their_words_is_searched_exactly(limit: int, shared: str) -> None:
    rng = np.random.default_rng(limit)
    target = random_rows(rng, 1)
    columns = columns_of(np.repeat(target, 20_000, axis=0))
    crafted = slice(2, 4) if shared == "the first words" else slice(0, 2)
    bits = rng.integers(0, 2**64, (4, 2, 20_000), dtype=np.uint64)
    columns[crafted] ^= bits[0] & bits[1]  # 32 of these 128 bits differ, on average
    rows = rows_of(columns)
    queries = bit_forms(target).reshape(-1, 32)

    expected = brute_force(rows, queries, limit)

    assert searched(index_of(rows), queries, limit) == expected
    assert searched(index_of(rows), target, limit) == [pair for pair in expected if pair[0] == 0]
    assert len(expected) > 1_000


def test_hashes_at_the_edges_of_blocks_and_queries_beyond_one_batch_are_found() -> None:
    rng = np.random.default_rng(1)
    rows = random_rows(rng, 2 * BLOCK + 10)
    edges = [0, BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 9]
    queries = np.concatenate([random_rows(rng, 300), rows[edges] ^ np.uint8(1)])

    found = searched(index_of(rows), queries, 48)

    assert found == [(300 + number, rows[edge].tobytes(), 32) for number, edge in enumerate(edges)]


def test_nothing_is_found_in_an_empty_index_or_for_no_queries() -> None:
    rows = random_rows(np.random.default_rng(2), 10)

    assert searched(HashIndex(256), rows, 256) == []
    assert searched(index_of(rows), rows[:0], 256) == []


def test_a_search_changes_neither_the_queries_nor_the_list() -> None:
    rows = random_rows(np.random.default_rng(3), 1_000)
    index, queries = index_of(rows), rows[:9].copy()
    before = index.to_bytes()

    first = searched(index, queries, 100)

    assert searched(index, queries, 100) == first
    assert index.to_bytes() == before
    assert (queries == rows[:9]).all()


def test_queries_and_rows_may_be_views_with_gaps() -> None:
    rows = random_rows(np.random.default_rng(4), 600)
    index = HashIndex(256)
    index.add(rows[::2])

    assert searched(index, rows[::-3], 100) == brute_force(rows[::2], rows[::-3], 100)


def _rows(hashes: list[bytes], size: int) -> Rows:
    return np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, size)
