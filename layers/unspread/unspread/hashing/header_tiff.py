"""The header walk of TIFF and BigTIFF (TIFF 6.0, section 2): the chain of pages and the sizes of their tags."""

from typing import Literal

from unspread.hashing.errors import HashingError, Reason
from unspread.hashing.header import Header, damaged, truncated
from unspread.hashing.limits import Limits

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WIDTH, _LENGTH, _BITS, _SAMPLES, _STRIP, _TILE_WIDTH, _TILE_LENGTH = 256, 257, 258, 277, 278, 322, 323
_WANTED = {_WIDTH, _LENGTH, _BITS, _SAMPLES, _STRIP, _TILE_WIDTH, _TILE_LENGTH}


class _Reader:
    """Numbers of a file in its byte order; `big` is BigTIFF."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.order: Literal["little", "big"] = "little" if data[:2] == b"II" else "big"
        self.big = self.number(2, 2) == 43

    def number(self, at: int, size: int) -> int:
        """Return the unsigned number of `size` bytes at a position."""
        piece = self.data[at : at + size]
        if len(piece) < size:
            raise truncated()
        return int.from_bytes(piece, self.order)


def walk(data: bytes, limits: Limits) -> Header:
    """Return what decoding the largest page takes. A chain that loops ends where it began to."""
    reader = _Reader(data)
    word = 8 if reader.big else 4
    at = reader.number(8 if reader.big else 4, word)
    seen: set[int] = set()
    width = height = memory = metadata = 0
    refused = None
    while at and at not in seen:
        if len(seen) >= limits.walk or metadata > limits.metadata:
            refused = Reason.TOO_MANY_FRAMES
            break
        seen.add(at)
        try:
            tags, size, at = _directory(reader, at)
        except HashingError:
            if len(seen) > 1:  # the pages before it can be decoded
                refused = Reason.TRUNCATED
                break
            raise
        metadata += size
        if len(seen) > 1 and metadata > limits.metadata:
            refused = Reason.TOO_MUCH_METADATA
            metadata = 0
            break
        width, height = max(width, tags[_WIDTH]), max(height, tags[_LENGTH])
        memory = max(memory, _memory(tags))
    return Header(width, height, memory, max(len(seen) - (refused is not None), 1), metadata, refused=refused)


def _memory(tags: dict[int, int]) -> int:
    pixels = tags[_WIDTH] * tags[_LENGTH]
    stored = max(tags.get(_SAMPLES, 1), 1) * max(tags.get(_BITS, 8), 8) // 8  # bytes of a pixel in the file
    strip = tags[_WIDTH] * min(tags.get(_STRIP, tags[_LENGTH]), tags[_LENGTH])
    tile = tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_LENGTH, 0)
    return pixels * (4 if stored > 1 else 1) + max(strip, tile) * stored


def _directory(reader: _Reader, at: int) -> tuple[dict[int, int], int, int]:
    """Return a page's tags that matter, the bytes of all its tags, and where the next page is."""
    head, entry, word = (8, 20, 8) if reader.big else (2, 12, 4)
    count = reader.number(at, head)
    if count * entry > len(reader.data):
        raise damaged()
    tags: dict[int, int] = {}
    size = count * entry
    for index in range(count):
        where = at + head + index * entry
        tag, kind, values = reader.number(where, 2), reader.number(where + 2, 2), reader.number(where + 4, word)
        unit = _SIZES.get(kind, 1)
        if unit * values > word:
            size += min(unit * values, len(reader.data))
        if tag in _WANTED:
            inline = unit * values <= word
            place = where + 4 + word if inline else reader.number(where + 4 + word, word)
            tags[tag] = reader.number(place, unit)
    if _WIDTH not in tags or _LENGTH not in tags:
        raise damaged()
    return tags, size, reader.number(at + head + count * entry, word)
