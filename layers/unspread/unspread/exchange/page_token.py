"""Page tokens: where in the feed a participant's next page begins, signed, so that nobody can make one up.

A token is signed with a secret of the participant's own: another's token is as good as a forged one.
"""

import base64
import binascii
import hashlib
import hmac
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from unspread import ulid

_FORMAT = struct.Struct(">B26sHQQQI")
_VERSION = 1
_SIGNATURE = 16
_LIFETIME = 86400
"""Seconds for which a token is good: its place in the log would be good for ever, but not what it knows of writers."""


class PageTokenError(ValueError):
    """A token that cannot be taken. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a participant has read.

    Attributes:
        entry: ULID of the log entry reached.
        done: how many of its changes are read.
        safe: ms since 1970 before which nothing can appear any more that was not read.
        start: where the reading began, in seconds since 1970.
        end: where it ends, in seconds since 1970; 0 for the end of the log.
    """

    entry: str
    done: int
    safe: int
    start: int
    end: int = 0

    @classmethod
    def at(cls, start: int, end: int = 0) -> "Position":
        """Begin at a time, in seconds since 1970."""
        return cls(ulid.first_at(start * 1000), 0, start * 1000, start, end)

    @property
    def time(self) -> int:
        """The time of the log entry reached, in ms since 1970."""
        return ulid.time_of(self.entry)


def seal(position: Position, secret: bytes, clock: Callable[[], float] = time.time) -> str:
    """Return the token of a position, for the participant with this secret."""
    body = _FORMAT.pack(
        _VERSION,
        position.entry.encode("ascii"),
        position.done,
        position.safe,
        position.start,
        position.end,
        int(clock()),
    )
    return base64.urlsafe_b64encode(body + _sign(body, secret)).decode("ascii").rstrip("=")


def unseal(token: str, secret: bytes, clock: Callable[[], float] = time.time) -> Position:
    """Return the position of a token.

    Raises:
        PageTokenError: it is not one of this participant's, or too old.
    """
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    body, signature = data[:-_SIGNATURE], data[-_SIGNATURE:]
    if len(body) != _FORMAT.size or not hmac.compare_digest(signature, _sign(body, secret)):
        raise PageTokenError("This page token is none of yours. Begin again without one, where your last page said.")
    version, entry, done, safe, start, end, issued = _FORMAT.unpack(body)
    if version != _VERSION or clock() - issued > _LIFETIME:
        raise PageTokenError("This page token is too old. Begin again without one, where your last page said.")
    return Position(entry.decode("ascii"), done, safe, start, end)


def _sign(body: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, body, hashlib.sha256)[:_SIGNATURE]
