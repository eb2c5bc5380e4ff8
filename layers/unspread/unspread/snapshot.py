"""Snapshots: the searchable part of the list, as bytes that a cold start can load at once.

A snapshot is a line of JSON, then for each kind in turn the rows, raw, and their versions, 4 bytes each. The line
holds the cursor up to which the log is in it, the counts, and the SHA-256 of what follows. Hashes removed lately are
kept as tombstones, so that an older change of theirs that is read again does not bring them back.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from unspread import ulid
from unspread.changes import LogEntry, Operation
from unspread.hash_key import HashKey, Kind
from unspread.versioned_rows import VersionedRows

FORMAT = 1
WIDTHS = {Kind.PDQ: 32, Kind.PHASH: 8, Kind.WINDOW: 32}
"""Bytes of the kinds that are searched by distance; digests are looked up in the table."""

_TOMBSTONE_AGE = 86_400_000
"""Milliseconds of the log for which a removed hash is remembered: far more than any reading repeats."""


class _Newest(NamedTuple):
    """The newest change of a hash among those read at once, and the ULID of its entry."""

    version: int
    operation: Operation
    ulid: str


class DamagedSnapshotError(Exception):
    """A snapshot is cut off, altered, or of a format that is not known."""


@dataclass
class Snapshot:
    """The listed PDQ hashes, pHashes and windows with their versions, up to a cursor of the log."""

    cursor: str = ulid.START
    rows: dict[Kind, VersionedRows] = field(
        default_factory=lambda: {kind: VersionedRows.none(width) for kind, width in WIDTHS.items()}
    )
    tombstones: dict[HashKey, tuple[int, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.rows.values())

    def apply(self, entries: Iterable[LogEntry], cursor: str) -> bool:
        """Apply log entries, in any order and again and again; tell whether anything changed."""
        newest: dict[Kind, dict[bytes, _Newest]] = {kind: {} for kind in WIDTHS}
        for entry in entries:
            for change in entry.changes:
                if (rows := newest.get(change.key.kind)) is None:
                    continue
                name = change.key.bytes
                if name not in rows or rows[name].version < change.version:
                    rows[name] = _Newest(change.version, change.operation, entry.ulid)
        changed = [self._apply(kind, rows) for kind, rows in newest.items() if rows]
        self.cursor = max(self.cursor, cursor)
        oldest = ulid.time_of(self.cursor) - _TOMBSTONE_AGE
        for key in [key for key, (_, since) in self.tombstones.items() if ulid.time_of(since) < oldest]:
            del self.tombstones[key]
        return any(changed)

    def _apply(self, kind: Kind, newest: Mapping[bytes, _Newest]) -> bool:
        """Apply the newest change of each of several hashes of a kind; tell whether anything changed."""
        width = WIDTHS[kind]
        if any(len(name) != width for name in newest):
            raise ValueError(f"A {kind} hash has {width} bytes.")
        rows = self.rows[kind]
        known = rows.versions_of(_array(newest, width)).tolist()
        put: dict[bytes, int] = {}
        dropped: list[bytes] = []
        for (name, change), version in zip(newest.items(), known, strict=True):
            key = HashKey.of(kind, name)
            if change.version <= (version or self.tombstones.get(key, (0, ""))[0]):
                continue
            if change.operation is Operation.REMOVE:
                dropped.append(name)
                self.tombstones[key] = (change.version, change.ulid)
            else:
                self.tombstones.pop(key, None)
                put[name] = change.version
        rows.drop(_array(dropped, width))
        rows.put(put)
        return bool(put or dropped)

    def to_bytes(self) -> bytes:
        """Return the snapshot as bytes."""
        body = b"".join(
            part.tobytes()
            for rows in self.rows.values()
            for part in (rows.rows, rows.versions.astype("<u4", copy=False))
        )
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
        return cls(
            cursor=view.cursor,
            rows={kind: VersionedRows.of(rows, view.versions[kind]) for kind, rows in view.rows.items()},
            tombstones={HashKey.parse(name): (version, since) for name, version, since in view.tombstones},
        )


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


def _array(names: Collection[bytes], width: int) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(names), np.uint8).reshape(len(names), width)
