"""Changes of the list, as the log keeps them: packed, a few dozen bytes each.

A change is one byte of operation and kind, four of the version, and the hash itself: 32 bytes of PDQ, of a window or of
SHA-256, 16 of MD5, 8 of pHash. The highest version of a hash wins, in whatever order its changes are read.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from unspread.hash_key import HashKey, Kind


class Operation(IntEnum):
    """What happened to a hash."""

    ADD = 1  # it became active
    REMOVE = 2  # it was withdrawn
    HOLD = 3  # a person has to look: it stays in the list, and makes suspects
    NOTE = 4  # its status is what it was: who lists it changed, or its category, which the feed has to tell


_KINDS = {1: (Kind.PDQ, 32), 2: (Kind.PHASH, 8), 3: (Kind.SHA256, 32), 4: (Kind.MD5, 16), 5: (Kind.WINDOW, 32)}
_NUMBERS = {kind: number for number, (kind, _) in _KINDS.items()}
_HEAD = struct.Struct(">BI")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a listed hash's status, with the version that the hash has since."""

    operation: Operation
    key: HashKey
    version: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The changes of one transaction, under its ULID."""

    ulid: str
    changes: tuple[Change, ...]

    def adds(self) -> list[Change]:
        """Return the changes that made hashes active."""
        return [change for change in self.changes if change.operation is Operation.ADD]


def pack(changes: Iterable[Change]) -> bytes:
    """Return the changes as bytes."""
    return b"".join(
        _HEAD.pack(change.operation << 4 | _NUMBERS[change.key.kind], change.version) + change.key.bytes
        for change in changes
    )


def unpack(data: bytes) -> tuple[Change, ...]:
    """Return what `pack` packed. Raises ValueError for anything else."""
    return tuple(_unpack(data))


def _unpack(data: bytes) -> Iterator[Change]:
    at = 0
    while at < len(data):
        if len(data) - at < _HEAD.size:
            raise ValueError("A packed change is cut off.")
        code, version = _HEAD.unpack_from(data, at)
        kind, width = _KINDS.get(code & 15, (None, 0))
        value = data[at + _HEAD.size : at + _HEAD.size + width]
        if kind is None or len(value) < width:
            raise ValueError("A packed change is damaged.")
        yield Change(Operation(code >> 4), HashKey.of(kind, value), version)
        at += _HEAD.size + width
