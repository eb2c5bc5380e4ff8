"""The index: a set of hashes that is searched, added to and taken from."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from unspread.index.blocks import BLOCK, Blocks, Positions
from unspread.index.columns import Columns, Rows, columns_of, keys_of, rows_of
from unspread.index.scan import Scan, Scratch

_FEW = 128
"""Up to so many hashes are looked for one by one; for more it is cheaper to sort."""
_BATCH = 256
"""Queries that go through the list together: their candidates need 16 MB at most."""


class HashIndex:
    """A set of hashes of `bits` bits each. Not to be changed and searched by several threads at once."""

    def __init__(self, bits: int) -> None:
        """Make an empty index. Raises ValueError unless `bits` is a positive multiple of 64."""
        if bits <= 0 or bits % 64:
            raise ValueError(f"An index holds hashes of a multiple of 64 bits, not {bits}.")
        self.bits = bits
        self._blocks = Blocks(bits // 64)
        self._scratch = Scratch()

    def __len__(self) -> int:
        return len(self._blocks)

    def add(self, rows: Rows) -> None:
        """Add hashes, uint8[n, bits // 8]. Those already there stay once."""
        self._check(rows)
        if len(rows) <= _FEW:
            for column in self._unique(rows):
                if not len(self._blocks.find(column)):
                    self._blocks.append(column[:, None])
            return
        for start in range(0, len(rows), BLOCK):
            self._blocks.append(columns_of(rows[start : start + BLOCK]))
        self._blocks.drop(self._repeated())

    def remove(self, rows: Rows) -> None:
        """Remove hashes, uint8[n, bits // 8]. Those not there are no error."""
        self._check(rows)
        if len(rows) <= _FEW:
            for column in self._unique(rows):
                self._blocks.drop(self._blocks.find(column))
        else:
            self._blocks.drop(self._those_in(rows))

    def search(self, queries: Rows, distance: int) -> tuple[NDArray[np.int64], Rows, NDArray[np.uint16]]:
        """Find every pair of a query and a hash within `distance` bits, in no particular order.

        Args:
            queries: uint8[m, bits // 8].
            distance: in bits, inclusive.

        Returns:
            For each of the k pairs: the query's position int64[k], the hash uint8[k, bits // 8], and their
            distance uint16[k].

        Raises:
            ValueError: if the queries are of another shape or type, or the distance is negative.
        """
        self._check(queries)
        if distance < 0:
            raise ValueError(f"A distance is 0 bits or more, not {distance}.")
        positions = [np.empty(0, dtype=np.int64)]
        found = [np.empty((self.bits // 64, 0), dtype=np.uint64)]
        distances = [np.empty(0, dtype=np.uint16)]
        for start in range(0, len(queries), _BATCH):
            scan = Scan(columns_of(queries[start : start + _BATCH]), distance, self._scratch)
            for block in self._blocks:
                query, place, apart = scan.near(block)
                if len(query):
                    positions.append(query + start)
                    found.append(block[:, place])
                    distances.append(apart)
        return np.concatenate(positions), rows_of(np.concatenate(found, axis=1)), np.concatenate(distances)

    def to_bytes(self) -> bytes:
        """Return the hashes one after the other, bits // 8 bytes each, in no particular order."""
        return b"".join(rows_of(block).tobytes() for block in self._blocks)

    @classmethod
    def from_bytes(cls, data: bytes, bits: int) -> Self:
        """Make an index of hashes one after the other. Raises ValueError if `data` holds no whole hashes."""
        index = cls(bits)
        if len(data) % (bits // 8):
            raise ValueError(f"{len(data)} bytes do not hold whole hashes of {bits} bits.")
        index.add(np.frombuffer(data, dtype=np.uint8).reshape(-1, bits // 8))
        return index

    def _check(self, rows: Rows) -> None:
        if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != self.bits // 8:
            raise ValueError(f"Hashes are given as uint8[n, {self.bits // 8}], not {rows.dtype}{list(rows.shape)}.")

    @staticmethod
    def _unique(rows: Rows) -> Columns:
        """Return one row of words, uint64[bits // 64], for each different hash."""
        return np.unique(columns_of(rows).T, axis=0)

    def _repeated(self) -> Positions:
        """Return the positions of hashes that are there already at an earlier position."""
        keys = np.concatenate([keys_of(block) for block in self._blocks])
        ordered = np.sort(keys)
        repeated = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(repeated):
            return np.empty(0, dtype=np.intp)
        suspects = np.flatnonzero(_among(keys, repeated))
        columns = self._blocks.take(suspects)
        order = np.lexsort(columns)  # stable: the earliest of equal hashes comes first
        columns = columns[:, order]
        return np.sort(suspects[order[1:][(columns[:, 1:] == columns[:, :-1]).all(axis=0)]])

    def _those_in(self, rows: Rows) -> Positions:
        """Return the positions of those hashes that are among `rows`."""
        wanted = {row.tobytes() for row in rows}
        keys = np.sort(keys_of(columns_of(rows)))
        found = [np.empty(0, dtype=np.intp)]
        for number, block in enumerate(self._blocks):
            places = np.flatnonzero(_among(keys_of(block), keys))
            same = [row.tobytes() in wanted for row in rows_of(block[:, places])]
            found.append(places[np.array(same, dtype=np.bool_)] + number * BLOCK)
        return np.concatenate(found)


def _among(keys: NDArray[np.uint64], ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which of the keys are among others, sorted and at least one."""
    nearest: NDArray[np.uint64] = ordered[np.searchsorted(ordered[:-1], keys)]
    return np.equal(nearest, keys)
