"""A growing and shrinking table of columns, kept in blocks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from unspread.index.columns import Columns

BLOCK = 131_072
"""Hashes in a block: 4 MiB of 256-bit hashes, which is where NumPy asks for huge pages. Half the size costs 10% of
speed; twice the size gains nothing. Growing takes one more block and never copies what is there."""

type Positions = NDArray[np.intp]


class Blocks:
    """Columns of `words` words of 64 bits. All blocks but the last are full; the order is nobody's concern."""

    def __init__(self, words: int) -> None:
        self._words = words
        self._blocks: list[Columns] = []
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Columns]:
        """Iterate over the blocks, uint64[words, n] each with n <= BLOCK, as views."""
        for number, block in enumerate(self._blocks):
            yield block[:, : self._length - number * BLOCK]

    def append(self, columns: Columns) -> None:
        """Append uint64[words, n]."""
        done = 0
        while done < columns.shape[1]:
            number, offset = divmod(self._length, BLOCK)
            if number == len(self._blocks):
                self._blocks.append(np.empty((self._words, BLOCK), dtype=np.uint64))
            part = columns[:, done : done + BLOCK - offset]
            self._blocks[number][:, offset : offset + part.shape[1]] = part
            self._length += part.shape[1]
            done += part.shape[1]

    def find(self, column: NDArray[np.uint64]) -> Positions:
        """Return the positions of one hash, uint64[words]."""
        found = [np.empty(0, dtype=np.intp)]
        for number, block in enumerate(self):
            same = block[0] == column[0]
            for own, wanted in zip(block[1:], column[1:], strict=True):
                if not same.any():
                    break
                same &= own == wanted
            else:
                found.append(np.flatnonzero(same) + number * BLOCK)
        return np.concatenate(found)

    def take(self, positions: Positions) -> Columns:
        """Return the columns, uint64[words, k], at sorted positions."""
        taken = np.empty((self._words, len(positions)), dtype=np.uint64)
        for block, part, offsets in self._by_block(positions):
            taken[:, part] = block[:, offsets]
        return taken

    def drop(self, positions: Positions) -> None:
        """Remove the hashes at sorted positions, each given once. The last hashes move into the gaps."""
        length = self._length - len(positions)
        moved = np.setdiff1d(np.arange(length, self._length), positions, assume_unique=True)
        columns = self.take(moved)
        for block, part, offsets in self._by_block(positions[positions < length]):
            block[:, offsets] = columns[:, part]
        self._length = length
        del self._blocks[-(-length // BLOCK) :]

    def _by_block(self, positions: Positions) -> Iterator[tuple[Columns, slice, Positions]]:
        bounds = np.searchsorted(positions, np.arange(len(self._blocks) + 1) * BLOCK)
        for number, block in enumerate(self._blocks):
            part = slice(int(bounds[number]), int(bounds[number + 1]))
            if part.start < part.stop:
                yield block, part, positions[part] - number * BLOCK
