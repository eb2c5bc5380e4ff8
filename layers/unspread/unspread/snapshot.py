"""Snapshots: the searchable part of the list, as bytes that a cold start can load at once.

A snapshot is a line of JSON, then for each kind in turn the rows, raw, and their versions, 4 bytes each. The line
holds the cursor up to which the log is in it, the counts, and the SHA-256 of what follows. Hashes removed lately are
kept as tombstones, so that an older change of theirs that is read again does not bring them back.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from unspread import ulid
from unspread.changes import LogEntry, Operation
from unspread.hash_key import HashKey, Kind

FORMAT = 1
WIDTHS = {Kind.PDQ: 32, Kind.PHASH: 8, Kind.WINDOW: 32}
"""Bytes of the kinds that are searched by distance; digests are looked up in the table."""

_TOMBSTONE_AGE = 86_400_000
"""Milliseconds of the log for which a removed hash is remembered: far more than any reading repeats."""


class DamagedSnapshotError(Exception):
    """A snapshot is cut off, altered, or of a format that is not known."""


@dataclass
class Snapshot:
    """The listed PDQ hashes, pHashes and windows with their versions, up to a cursor of the log."""

    cursor: str = ulid.START
    rows: dict[Kind, dict[bytes, int]] = field(default_factory=lambda: {kind: {} for kind in WIDTHS})
    tombstones: dict[HashKey, tuple[int, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.rows.values())

    def apply(self, entries: Iterable[LogEntry], cursor: str) -> bool:
        """Apply log entries, in any order and again and again; tell whether anything changed."""
        changed = False
        for entry in entries:
            for change in entry.changes:
                if change.key.kind in WIDTHS:
                    changed |= self._apply(entry.ulid, change.operation, change.key, change.version)
        self.cursor = max(self.cursor, cursor)
        oldest = ulid.time_of(self.cursor) - _TOMBSTONE_AGE
        for key in [key for key, (_, since) in self.tombstones.items() if ulid.time_of(since) < oldest]:
            del self.tombstones[key]
        return changed

    def _apply(self, entry: str, operation: Operation, key: HashKey, version: int) -> bool:
        rows = self.rows[key.kind]
        known = rows.get(key.bytes) or self.tombstones.get(key, (0, ""))[0]
        if version <= known:
            return False
        if operation is Operation.REMOVE:
            rows.pop(key.bytes, None)
            self.tombstones[key] = (version, entry)
        else:
            self.tombstones.pop(key, None)
            rows[key.bytes] = version
        return True

    def to_bytes(self) -> bytes:
        """Return the snapshot as bytes."""
        parts = []
        for kind, rows in self.rows.items():
            parts += [b"".join(rows), np.fromiter(rows.values(), dtype="<u4", count=len(rows)).tobytes()]
            if any(len(row) != WIDTHS[kind] for row in rows):
                raise ValueError(f"A {kind} hash has {WIDTHS[kind]} bytes.")
        body = b"".join(parts)
        head = {
            "format": FORMAT,
            "cursor": self.cursor,
            "counts": {kind.value: len(rows) for kind, rows in self.rows.items()},
            "tombstones": [[str(key), version, since] for key, (version, since) in self.tombstones.items()],
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        return json.dumps(head).encode() + b"\n" + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a snapshot to go on building it. Raises DamagedSnapshotError."""
        view = SnapshotView.from_bytes(data)
        made = cls(cursor=view.cursor)
        for kind, rows in view.rows.items():
            raw, width = rows.tobytes(), WIDTHS[kind]
            keys = (raw[start : start + width] for start in range(0, len(raw), width))
            made.rows[kind] = dict(zip(keys, view.versions[kind].tolist(), strict=True))
        made.tombstones = {HashKey.parse(name): (version, since) for name, version, since in view.tombstones}
        return made


@dataclass(frozen=True, slots=True)
class SnapshotView:
    """A snapshot as a scan uses it: arrays on its bytes, nothing copied."""

    cursor: str
    rows: dict[Kind, NDArray[np.uint8]]  # uint8[n, 32] of PDQ and windows, uint8[n, 8] of pHash
    versions: dict[Kind, NDArray[np.uint32]]
    tombstones: list[tuple[str, int, str]]

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a snapshot. Raises DamagedSnapshotError if its checksum or its lengths do not fit."""
        try:
            end = data.index(b"\n") + 1
            head = json.loads(data[:end])
            counts = {kind: int(head["counts"][kind.value]) for kind in WIDTHS}
            cursor, tombstones, checksum = head["cursor"], head["tombstones"], head["sha256"]
            known = head["format"] == FORMAT
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedSnapshotError("The snapshot's first line cannot be read.") from error
        if not known:
            raise DamagedSnapshotError("The snapshot is of another format.")
        body = memoryview(data)[end:]
        if len(body) != sum(count * (WIDTHS[kind] + 4) for kind, count in counts.items()):
            raise DamagedSnapshotError("The snapshot is cut off.")
        if hashlib.sha256(body).hexdigest() != checksum:
            raise DamagedSnapshotError("The snapshot's checksum does not fit.")
        rows: dict[Kind, NDArray[np.uint8]] = {}
        versions: dict[Kind, NDArray[np.uint32]] = {}
        at = 0
        for kind, count in counts.items():
            width = WIDTHS[kind]
            rows[kind] = np.frombuffer(body[at : at + count * width], dtype=np.uint8).reshape(count, width)
            at += count * width
            versions[kind] = np.frombuffer(body[at : at + count * 4], dtype="<u4")
            at += count * 4
        return cls(cursor, rows, versions, tombstones)
