"""A multi-index in NumPy, for the benchmark to tell whether it would pay: 11 bands of 22 bits.

Two hashes within 31 bits differ by at most 2 bits in one of the first 10 bands, or by at most 1 in the 11th (else they
differ by 10 x 3 + 2 bits or more; Norouzi, Punjani, Fleet: Fast Exact Search in Hamming Space with Multi-Index
Hashing, 2014). So 10 x 254 + 23 = 2,563 probes find every candidate. Within 48 bits it would take
5 x 9,109 + 6 x 1,794 = 56,309.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.matching_lists import Rows

BANDS = 11
WIDTH = 22
DISTANCE = 31
_STRIDE = 23
_MASK = np.uint64((1 << WIDTH) - 1)


class BandIndex:
    """Exact within 31 bits. Hashes cannot be added: the tables are sorted anew."""

    def __init__(self, rows: Rows) -> None:
        self._rows = np.ascontiguousarray(rows).view(np.uint64)
        self._bounds = np.empty((BANDS, (1 << WIDTH) + 1), dtype=np.uint32)
        self._places = np.empty((BANDS, len(rows)), dtype=np.uint32)
        number = np.arange(len(rows), dtype=np.uint64)
        for band in range(BANDS):
            keys = _band(self._rows, band)
            counts = np.bincount(keys.astype(np.intp), minlength=1 << WIDTH)
            self._bounds[band, 0] = 0
            np.cumsum(counts, out=self._bounds[band, 1:])
            ordered = (keys << np.uint64(32)) | number
            ordered.sort()
            self._places[band] = ordered.astype(np.uint32)

    def search(self, queries: Rows) -> int:
        """Return the number of pairs within 31 bits."""
        found = 0
        for query in np.ascontiguousarray(queries).view(np.uint64):
            candidates = np.unique(np.concatenate([self._candidates(query, band) for band in range(BANDS)]))
            apart = np.zeros(len(candidates), dtype=np.uint16)
            for column in range(4):
                apart += np.bitwise_count(self._rows[candidates, column] ^ query[column])
            found += int(np.count_nonzero(apart <= DISTANCE))
        return found

    def _candidates(self, query: NDArray[np.uint64], band: int) -> NDArray[np.uint32]:
        probes = _PROBES[1 if band == BANDS - 1 else 2] ^ _band(query[None], band)
        starts = self._bounds[band, probes].astype(np.int64)
        lengths = self._bounds[band, probes + np.uint64(1)].astype(np.int64) - starts
        ends = np.cumsum(lengths)
        chosen = np.arange(ends[-1]) + np.repeat(starts - (ends - lengths), lengths)
        places: NDArray[np.uint32] = self._places[band, chosen]
        return places


def _band(words: NDArray[np.uint64], band: int) -> NDArray[np.uint64]:
    word, shift = divmod(band * _STRIDE, 64)
    bits = words[:, word] >> np.uint64(shift)
    if shift + WIDTH > 64:
        bits = bits | (words[:, word + 1] << np.uint64(64 - shift))
    return bits & _MASK


def _probes(radius: int) -> NDArray[np.uint64]:
    flips = itertools.chain.from_iterable(itertools.combinations(range(WIDTH), bits) for bits in range(radius + 1))
    return np.array([sum(1 << bit for bit in bits) for bits in flips], dtype=np.uint64)


_PROBES = {radius: _probes(radius) for radius in (1, 2)}
