"""What the tests compare the index with: every distance counted, one pair at a time."""

import numpy as np
from numpy.typing import NDArray

from unspread.index import HashIndex

type Rows = NDArray[np.uint8]
type Pairs = list[tuple[int, bytes, int]]
"""Sorted (query, hash, distance)."""


def brute_force(rows: Rows, queries: Rows, distance: int) -> Pairs:
    different = np.frombuffer(b"".join({row.tobytes() for row in rows}), dtype=np.uint8).reshape(-1, rows.shape[1])
    pairs: Pairs = []
    for number, query in enumerate(queries):
        apart = np.bitwise_count(different ^ query).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(apart <= distance)
        pairs += [(number, different[place].tobytes(), int(apart[place])) for place in near]
    return sorted(pairs)


def searched(index: HashIndex, queries: Rows, distance: int) -> Pairs:
    numbers, rows, apart = index.search(queries, distance)
    assert [array.dtype.name for array in (numbers, rows, apart)] == ["int64", "uint8", "uint16"]
    found = zip(numbers.tolist(), (row.tobytes() for row in rows), apart.tolist(), strict=True)
    return sorted(found)


def index_of(rows: Rows) -> HashIndex:
    return HashIndex.from_bytes(rows.tobytes(), rows.shape[1] * 8)


def hashes_of(index: HashIndex) -> list[bytes]:
    data, size = index.to_bytes(), index.bits // 8
    return sorted(data[start : start + size] for start in range(0, len(data), size))


def random_rows(rng: np.random.Generator, count: int, bits: int = 256) -> Rows:
    return rng.integers(0, 256, (count, bits // 8), dtype=np.uint8)


def with_bits_flipped(row: Rows, bits: NDArray[np.int64]) -> Rows:
    """Flip these bits of one hash, uint8[n]."""
    grid = np.unpackbits(row)
    grid[bits] ^= 1
    return np.packbits(grid)
