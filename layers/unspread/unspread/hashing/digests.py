"""SHA-256 and MD5 of a file of any kind, as it streams by."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of one file: 32 and 16 bytes, and its size in bytes."""

    sha256: bytes
    md5: bytes
    size: int


class Digester:
    """Computes `Digests` from chunks, in constant memory."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        # MD5 only finds known copies (StopNCII and NCMEC list it); nothing relies on it against forgery.
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0

    def update(self, chunk: bytes) -> None:
        """Add the next bytes of the file."""
        self._sha256.update(chunk)
        self._md5.update(chunk)
        self._size += len(chunk)

    def result(self) -> Digests:
        """Return the digests of what was added so far."""
        return Digests(self._sha256.digest(), self._md5.digest(), self._size)

    @classmethod
    def of(cls, chunks: Iterable[bytes]) -> Digests:
        """Return the digests of a whole stream of chunks."""
        digester = cls()
        for chunk in chunks:
            digester.update(chunk)
        return digester.result()
