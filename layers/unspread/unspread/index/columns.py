"""Hashes as columns of 64-bit words, in the order of bits that makes a search cheap.

The 256 bits of PDQ are a 16x16 grid of frequencies. Mirroring a picture complements every second row of the grid, or
every second column, or both. Each word here holds the 64 bits of one parity of row and one parity of column, so that
the hashes of mirrored pictures have words that are equal or complements, and share their counts (see `scan`).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

type Rows = NDArray[np.uint8]
"""uint8[n, bits // 8]."""
type Columns = NDArray[np.uint64]
"""uint64[bits // 64, n]."""

_GRID_BITS = 256
_SWAPS = ((1, 0x2222222222222222), (2, 0x0C0C0C0C0C0C0C0C), (4, 0x00F000F000F000F0))
"""Delta swaps that sort each 16 bits into 8 of even and 8 of odd positions (Hacker's Delight, section 7-2)."""


def columns_of(rows: Rows) -> Columns:
    """Turn hashes, uint8[n, bits // 8], into columns, uint64[bits // 64, n]."""
    words = np.ascontiguousarray(rows).view(np.uint64)
    if words.shape[1] * 64 != _GRID_BITS:
        return np.ascontiguousarray(words.T)
    parities = _swapped(words, _SWAPS).view(np.uint8).reshape(-1, 8, 2, 2)  # hash, pair of rows, row, column
    return np.ascontiguousarray(parities.transpose(2, 3, 0, 1)).view(np.uint64).reshape(4, -1)


def rows_of(columns: Columns) -> Rows:
    """Turn columns, uint64[bits // 64, n], back into hashes, uint8[n, bits // 8]."""
    width = len(columns)
    if width * 64 != _GRID_BITS:
        return np.ascontiguousarray(columns.T).view(np.uint8).reshape(-1, width * 8)
    parities = np.ascontiguousarray(columns).view(np.uint8).reshape(2, 2, -1, 8)
    words = np.ascontiguousarray(parities.transpose(2, 3, 0, 1)).reshape(-1, 32).view(np.uint64)
    return _swapped(words, reversed(_SWAPS)).view(np.uint8).reshape(-1, 32)


def keys_of(columns: Columns) -> NDArray[np.uint64]:
    """Return uint64[n], equal for equal hashes and hardly ever for others (those cost time, never an answer)."""
    keys: NDArray[np.uint64] = columns[0].copy()
    for column in columns[1:]:
        keys ^= keys >> np.uint64(32)
        keys *= np.uint64(0x9E3779B97F4A7C15)
        keys += column
    return keys


def _swapped(words: NDArray[np.uint64], swaps: Iterable[tuple[int, int]]) -> NDArray[np.uint64]:
    for shift, mask in swaps:
        moved = (words ^ (words >> np.uint64(shift))) & np.uint64(mask)
        words = words ^ moved ^ (moved << np.uint64(shift))
    return words
