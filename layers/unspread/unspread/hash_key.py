"""Names of hashes: a kind and a value in lower-case hex."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Kind(StrEnum):
    """The kinds of hashes that can be listed."""

    PDQ = "pdq"
    PHASH = "phash"
    WINDOW = "window"  # PDQ of a part of a listed picture: makes suspects of crops
    SHA256 = "sha256"
    MD5 = "md5"


@dataclass(frozen=True, slots=True, order=True)
class HashKey:
    """A hash by which the hash table knows a picture or a file."""

    kind: Kind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}#{self.value}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` wrote. Raises ValueError for anything else."""
        kind, _, value = text.partition("#")
        return cls(Kind(kind), value)

    @classmethod
    def of(cls, kind: Kind, value: bytes) -> Self:
        """Name the hash with these bytes."""
        return cls(kind, value.hex())

    @property
    def bytes(self) -> bytes:
        """The hash itself: 32 bytes of PDQ, of a window or of SHA-256, 16 of MD5, 8 of pHash."""
        return bytes.fromhex(self.value)
