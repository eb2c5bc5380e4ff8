"""From an upload's bytes to all that is compared: its digests and its picture's hashes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from unspread.hashing import (
    Digester,
    Digests,
    HashingError,
    Limits,
    PictureHashes,
    Reason,
    UnsupportedError,
    hash_picture,
)
from unspread.verdict import Judgement, Verdict

_IN_MEMORY = 16 * 2**20
"""Bytes of a file that are kept in memory; a larger one goes to the temporary disk."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an upload's bytes became.

    Attributes:
        digests: None if the bytes could not be read.
        picture: None if they are no picture, or none that could be decoded.
        otherwise: the judgement if no listed hash concerns it. Only what was scanned as a whole is clean.
    """

    digests: Digests | None
    picture: PictureHashes | None
    otherwise: Judgement


def failed(reason: str) -> Content:
    """Return the content of an upload that could not be read."""
    return Content(None, None, Judgement(Verdict.ERROR, reason=reason))


def hash_content(
    chunks: Iterator[bytes], limits: Limits, *, decode: bool = True, begin_decoding: Callable[[], None] = lambda: None
) -> Content:
    """Hash a stream: digests of all of it, and the picture's hashes if it is one.

    Args:
        chunks: the bytes, in any portions.
        limits: bounds of the picture. Digests are made of a file of any size.
        decode: False for a file that has killed its scans before; its digests are still made.
        begin_decoding: called when the whole file has arrived and decoding begins.
    """
    digester = Digester()
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as kept:
        # One byte more than the limit, so that a file that is too large is seen to be.
        for chunk in _keeping(chunks, kept, limits.bytes + 1):
            digester.update(chunk)
        digests = digester.result()
        if not decode:
            return Content(digests, None, Judgement(Verdict.ERROR, reason="crashed"))
        kept.seek(0)
        begin_decoding()
        try:
            picture = hash_picture(cast("BinaryIO", kept), limits)
        except HashingError as error:
            return Content(digests, None, _without_picture(error))
    if picture.damaged:
        return Content(digests, picture, Judgement(Verdict.ERROR, reason=picture.damaged))
    return Content(digests, picture, Judgement(Verdict.CLEAN))


def _without_picture(error: HashingError) -> Judgement:
    nothing_to_see = isinstance(error, UnsupportedError) or error.reason is Reason.EMPTY
    return Judgement(Verdict.UNSUPPORTED if nothing_to_see else Verdict.ERROR, reason=error.reason)


def _keeping(chunks: Iterator[bytes], keep: IO[bytes], most: int) -> Iterator[bytes]:
    left = most
    for chunk in chunks:
        if left > 0:
            keep.write(chunk[:left])
            left -= len(chunk)
        yield chunk
