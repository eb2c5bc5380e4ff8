"""The list, as a scan holds it in memory: what upload hashes come near to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from unspread.hash_key import HashKey, Kind
from unspread.hashing import PerceptualHash, bit_forms
from unspread.index import HashIndex
from unspread.thresholds import MINIMUM_QUALITY
from unspread.verdict import Distances, Hit

BITS = {Kind.PDQ: 256, Kind.PHASH: 64, Kind.WINDOW: 256}
"""The kinds that are searched by distance; digests are looked up by key."""


class HashList:
    """The PDQ hashes, pHashes and windows that are listed."""

    def __init__(self, keys: Iterable[HashKey] = ()) -> None:
        """Hold these hashes; digests among them are passed over."""
        self._indexes = {kind: HashIndex(bits) for kind, bits in BITS.items()}
        self.add(keys)

    @classmethod
    def of_rows(cls, rows: Mapping[Kind, NDArray[np.uint8]]) -> Self:
        """Hold the hashes of a snapshot: uint8[n, 32] of PDQ and windows, uint8[n, 8] of pHash."""
        made = cls()
        for kind, index in made._indexes.items():
            index.add(rows[kind])
        return made

    def add(self, keys: Iterable[HashKey]) -> None:
        """Add hashes; those already there stay once, and digests are passed over."""
        values: dict[Kind, list[bytes]] = {kind: [] for kind in BITS}
        for key in keys:
            if key.kind in values:
                values[key.kind].append(key.bytes)
        for kind, hashes in values.items():
            if hashes:
                self._indexes[kind].add(_rows(hashes, BITS[kind] // 8))

    def __len__(self) -> int:
        return sum(len(index) for index in self._indexes.values())

    def search(self, hashes: Sequence[PerceptualHash], distances: Distances) -> list[Hit]:
        """Return the listed hashes within reach of an upload's hashes, each with its smallest distance.

        PDQ distances are the smallest over the 8 dihedral bit forms; hashes below the minimum quality say
        nothing and are not searched.
        """
        pdq = [hashed.pdq for hashed in hashes if hashed.quality >= MINIMUM_QUALITY]
        phash = [hashed.phash for hashed in hashes if hashed.phash and hashed.quality >= MINIMUM_QUALITY]
        forms = bit_forms(_rows(pdq, 32)).reshape(-1, 32)
        queries = {Kind.PDQ: forms, Kind.PHASH: _rows(phash, 8), Kind.WINDOW: forms}
        nearest: dict[HashKey, int] = {}
        for kind, rows in queries.items():
            _, found, apart = self._indexes[kind].search(rows, distances.reach(kind))
            for row, distance in zip(found, apart.tolist(), strict=True):
                key = HashKey.of(kind, row.tobytes())
                nearest[key] = min(distance, nearest.get(key, distance))
        return [Hit(distance, key) for key, distance in nearest.items()]


def _rows(hashes: Sequence[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(hashes), dtype=np.uint8).reshape(-1, width)
