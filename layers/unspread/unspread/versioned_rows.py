"""Hashes of one kind with their versions, as two arrays: 36 bytes for a PDQ hash, however many there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True)
class VersionedRows:
    """Rows in the order of their bytes, each with the version of its hash.

    `rows` is uint8[n, width], `versions` is uint32[n]. Neither is written to in place: both may be views of a file's
    bytes.
    """

    rows: NDArray[np.uint8]
    versions: NDArray[np.uint32]

    @classmethod
    def none(cls, width: int) -> Self:
        """Return no rows of `width` bytes."""
        return cls(np.empty((0, width), np.uint8), np.empty(0, np.uint32))

    @classmethod
    def of(cls, rows: NDArray[np.uint8], versions: NDArray[np.uint32]) -> Self:
        """Return rows that may be in any order."""
        order = np.argsort(_names(rows))
        return cls(rows[order], versions[order])

    def __len__(self) -> int:
        return len(self.rows)

    def as_dict(self) -> dict[bytes, int]:
        """Return the version of each row."""
        return {row.tobytes(): version for row, version in zip(self.rows, self.versions.tolist(), strict=True)}

    def versions_of(self, rows: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return the versions of rows, uint32[m]; 0 for those that are not there."""
        at, there = self._find(rows)
        found = np.zeros(len(rows), np.uint32)
        found[there] = self.versions[at[there]]
        return found

    def put(self, changes: Mapping[bytes, int]) -> None:
        """Give rows their versions, adding those that are not there yet."""
        if not changes:
            return
        added = np.frombuffer(b"".join(changes), np.uint8).reshape(len(changes), -1)
        numbers = np.fromiter(changes.values(), np.uint32, len(changes))
        self.drop(added)
        more = VersionedRows.of(added, numbers)
        at = np.searchsorted(_names(self.rows), _names(more.rows))
        self.rows = np.insert(self.rows, at, more.rows, axis=0)
        self.versions = np.insert(self.versions, at, more.versions)

    def drop(self, rows: NDArray[np.uint8]) -> None:
        """Remove rows, uint8[m, width]; those that are not there are passed over."""
        at, there = self._find(rows)
        if there.any():
            self.rows = np.delete(self.rows, at[there], axis=0)
            self.versions = np.delete(self.versions, at[there])

    def _find(self, rows: NDArray[np.uint8]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return where each row is or would be, and whether it is there."""
        own, wanted = _names(self.rows), _names(rows)
        at = np.searchsorted(own, wanted)
        there = at < len(own)
        there[there] = own[at[there]] == wanted[there]
        return at, there


def _names(rows: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """View rows as byte strings, which NumPy sorts: it ignores zeros at their ends, but all are equally long."""
    width = rows.shape[1]
    return np.ascontiguousarray(rows).view(f"S{width}").reshape(-1)
