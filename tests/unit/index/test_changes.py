"""The index is a set: adding, removing, packing and unpacking."""

from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from numpy.typing import NDArray

from tests.unit.index.reference import brute_force, hashes_of, index_of, random_rows, searched
from unspread.index import HashIndex
from unspread.index.blocks import BLOCK
from unspread.index.columns import Columns, keys_of, rows_of

HASH = st.sampled_from([bytes([value]) * 8 + bytes(24) for value in range(12)]) | st.binary(min_size=32, max_size=32)
HASHES = st.lists(HASH, max_size=10)
MANY = 200  # beyond what is looked for one by one


class AsASet(RuleBasedStateMachine):
    """The index after any changes, beside a set after the same changes."""

    def __init__(self) -> None:
        super().__init__()
        self.index = HashIndex(256)
        self.hashes: set[bytes] = set()

    @rule(hashes=HASHES)
    def add(self, hashes: list[bytes]) -> None:
        self.index.add(np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 32))
        self.hashes |= set(hashes)

    @rule(hashes=HASHES)
    def remove(self, hashes: list[bytes]) -> None:
        self.index.remove(np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, 32))
        self.hashes -= set(hashes)

    @rule(seed=st.integers(0, 3), hashes=HASHES)
    def add_many(self, seed: int, hashes: list[bytes]) -> None:
        rows = random_rows(np.random.default_rng(seed), MANY)
        self.add([row.tobytes() for row in rows] + hashes)

    @rule(seed=st.integers(0, 3), hashes=HASHES)
    def remove_many(self, seed: int, hashes: list[bytes]) -> None:
        rows = random_rows(np.random.default_rng(seed), MANY)
        self.remove([row.tobytes() for row in rows] + hashes)

    @rule()
    def pack_and_unpack(self) -> None:
        self.index = HashIndex.from_bytes(self.index.to_bytes(), 256)

    @invariant()
    def holds_the_same(self) -> None:
        assert hashes_of(self.index) == sorted(self.hashes)
        assert len(self.index) == len(self.hashes)


TestAsASet = AsASet.TestCase
TestAsASet.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


def test_changes_across_blocks_leave_what_a_set_would_hold() -> None:
    rng = np.random.default_rng(0)
    rows = random_rows(rng, 3 * BLOCK)
    index = HashIndex(256)
    for part in np.array_split(rows, 5):
        index.add(part)
    index.add(rows[::3])  # all of them there already
    index.remove(rows[5::2])
    index.remove(random_rows(rng, 1_000))  # none of them there
    index.add(rows[-200::20])  # there already, in the last block
    index.remove(rows[[0, 1, 2, BLOCK, -2]])

    kept = np.concatenate([rows[3:5], rows[6:BLOCK:2], rows[BLOCK + 2 : -2 : 2]])
    assert hashes_of(index) == sorted(row.tobytes() for row in kept)
    queries = np.concatenate([kept[:3], rows[5:8]])
    assert searched(index, queries, 31) == brute_force(kept, queries, 31)


def test_removing_everything_leaves_an_index_that_works() -> None:
    rows = random_rows(np.random.default_rng(1), BLOCK + 5)
    index = index_of(rows)
    index.remove(rows)

    assert (len(index), index.to_bytes()) == (0, b"")
    index.add(rows[:1])
    assert searched(index, rows[:2], 31) == [(0, rows[0].tobytes(), 0)]


@pytest.mark.parametrize("bits", [64, 128, 256])
@pytest.mark.parametrize("count", [3, MANY, 5_000])
def test_a_hash_given_twice_is_in_once(count: int, bits: int) -> None:
    rng = np.random.default_rng(count)
    rows = random_rows(rng, count, bits)
    twice = rng.permutation(np.concatenate([rows, rows, rows[: count // 2]]))

    assert hashes_of(index_of(twice)) == sorted(row.tobytes() for row in rows)


def test_different_hashes_with_the_same_key_both_stay_and_leave_alone() -> None:
    columns = _with_equal_keys(MANY)
    rows = rows_of(columns)
    assert len(np.unique(keys_of(columns))) == 1

    index = index_of(np.concatenate([rows, rows]))
    assert hashes_of(index) == sorted(row.tobytes() for row in rows)

    gone = np.concatenate([rows[: MANY // 2], random_rows(np.random.default_rng(1), MANY, 128)])
    index.remove(gone)
    assert hashes_of(index) == sorted(row.tobytes() for row in rows[MANY // 2 :])


def test_an_added_row_may_be_changed_afterwards() -> None:
    rows = random_rows(np.random.default_rng(2), 1)
    index = HashIndex(256)
    index.add(rows)
    before = rows.tobytes()
    rows[:] = 0

    assert index.to_bytes() == before


@pytest.mark.parametrize("bits", [0, -64, 100, 8])
def test_a_width_that_is_no_multiple_of_64_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=f"multiple of 64 bits, not {bits}"):
        HashIndex(bits)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (np.zeros((2, 31), dtype=np.uint8), r"uint8\[n, 32\], not uint8\[2, 31\]"),
        (np.zeros(32, dtype=np.uint8), r"uint8\[n, 32\], not uint8\[32\]"),
        (np.zeros((2, 32), dtype=np.int8), r"uint8\[n, 32\], not int8\[2, 32\]"),
        (np.zeros((2, 4), dtype=np.uint64), r"uint8\[n, 32\], not uint64\[2, 4\]"),
    ],
)
def test_rows_of_another_shape_or_type_are_refused(rows: NDArray[Any], said: str) -> None:
    index = HashIndex(256)
    for use in (index.add, index.remove, lambda wrong: index.search(wrong, 31)):
        with pytest.raises(ValueError, match=said):
            use(rows)


def test_a_negative_distance_is_refused() -> None:
    with pytest.raises(ValueError, match="0 bits or more, not -1"):
        HashIndex(64).search(np.zeros((1, 8), dtype=np.uint8), -1)


@pytest.mark.parametrize("size", [1, 31, 33])
def test_bytes_that_hold_no_whole_hashes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"{size} bytes do not hold whole hashes of 256 bits"):
        HashIndex.from_bytes(bytes(size), 256)


def _with_equal_keys(count: int) -> Columns:
    """Craft 128-bit hashes: the second word undoes what the first did to the key."""
    first = np.random.default_rng(0).integers(0, 2**64, count, dtype=np.uint64)
    return np.stack([first, -keys_of(np.stack([first, np.zeros_like(first)]))])
