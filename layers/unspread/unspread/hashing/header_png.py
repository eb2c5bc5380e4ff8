"""The header walk of PNG and APNG (W3C PNG, third edition)."""

from unspread.hashing.header import Header, damaged, too_much_metadata, truncated
from unspread.hashing.limits import Limits

_PIXELS = {b"IDAT", b"fdAT"}
CHUNKS = 100_000
_BYTES = {0: 1, 2: 4, 3: 1, 4: 4, 6: 4}  # of a pixel in Pillow, by colour type


def walk(data: bytes, limits: Limits) -> Header:
    """Return what decoding takes: the whole picture, and for APNG the canvases that frames are composed on."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise truncated() if len(data) < 33 else damaged()
    width, height, depth, colour = int.from_bytes(data[16:20]), int.from_bytes(data[20:24]), data[24], data[25]
    if colour not in _BYTES:
        raise damaged()
    at, metadata, frames = 33, 0, 1
    for _ in range(CHUNKS):
        length, name = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if len(name) < 4 or name == b"IEND":
            break
        if name not in _PIXELS:
            metadata += length + 12
        if name == b"acTL":
            frames = max(1, int.from_bytes(data[at + 8 : at + 12]))
        at += length + 12
    else:
        raise too_much_metadata()
    pixel = 2 if colour == 0 and depth == 16 else _BYTES[colour]
    if frames > 1:
        pixel = 12
    return Header(
        width, height, width * height * pixel, frames=min(frames, limits.walk), metadata=min(metadata, len(data))
    )
