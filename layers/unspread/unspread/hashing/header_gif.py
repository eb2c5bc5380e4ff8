"""The header walk of GIF (GIF89a specification)."""

from unspread.hashing.errors import Reason
from unspread.hashing.header import Header, truncated
from unspread.hashing.limits import Limits

BLOCKS = 600_000  # sub-blocks: 150 MB when they are full, as programs write them; Pillow steps through each
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B


def walk(data: bytes, limits: Limits) -> Header:
    """Return what decoding takes, and how many frames there are.

    Frames that come after too many blocks, or after `limits.walk` others, are not counted; `refused` says so.
    """
    if len(data) < 13:
        raise truncated()
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    at = 13 + _table(data[10])
    frames = metadata = blocks = 0
    refused = None
    while at < len(data) and data[at] != _TRAILER:
        if blocks > BLOCKS or frames >= limits.walk:
            refused = Reason.TOO_SLOW if blocks > BLOCKS else Reason.TOO_MANY_FRAMES
            break
        start, image = at, data[at] == _IMAGE
        if image:
            if at + 10 > len(data):
                break
            left, top, across, down = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (1, 3, 5, 7))
            width, height = max(width, left + across), max(height, top + down)
            at += 11 + _table(data[at + 9])
        elif data[at] == _EXTENSION:
            at += 2
        else:  # Pillow and browsers look on for the next block
            at, blocks = at + 1, blocks + 1
            continue
        while at < len(data) and data[at] and blocks <= BLOCKS:
            at, blocks = at + data[at] + 1, blocks + 1
        at += 1
        frames += image
        metadata += 0 if image else at - start
    # The frame's indices, and canvases in colour: the one shown, the one before it, the one being composed.
    return Header(width, height, width * height * (5 if frames <= 1 else 13), max(frames, 1), metadata, refused=refused)


def _table(flags: int) -> int:
    """Return the size of the colour table that a descriptor's flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
