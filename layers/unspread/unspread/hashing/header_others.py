"""The header walks of WebP (RFC 9649), BMP, and the ISO base media formats AVIF and HEIF (ISO/IEC 23008-12)."""

from unspread.hashing.header import Header, damaged, truncated
from unspread.hashing.limits import Limits

WEBP_BYTES = 18  # of a pixel: two canvases, the frame, and the copies that Pillow makes of it
AVIF_BYTES = 14
HEIF_BYTES = 14


def webp(data: bytes, limits: Limits) -> Header:
    """Return what decoding takes: the canvas is allocated as soon as Pillow opens the file."""
    if len(data) < 30:
        raise truncated()
    kind = data[12:16]
    frames = 1
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        frames = data.count(b"ANMF") if data[20] & 2 else 1
    elif kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    else:
        raise damaged()
    if int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise truncated()  # libwebp decodes nothing of a container that is cut off
    return Header(width, height, width * height * WEBP_BYTES, min(max(frames, 1), limits.walk))


def bmp(data: bytes, _limits: Limits) -> Header:
    """Return what decoding takes. Run-length coding is unpacked by Pillow in Python, up to 1 us per byte."""
    if len(data) < 34:
        raise truncated()
    size = int.from_bytes(data[14:18], "little")
    if size == 12:
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (18, 20))
        packed = False
    else:
        width, height = (abs(int.from_bytes(data[at : at + 4], "little", signed=True)) for at in (18, 22))
        packed = int.from_bytes(data[30:34], "little") in {1, 2}
    return Header(width, height, width * height * 4, work=len(data) * 1000 if packed else 0)


def avif(data: bytes, limits: Limits) -> Header:
    """Return what decoding takes."""
    width, height = _extent(data)
    return Header(width, height, width * height * AVIF_BYTES, limits.walk)


def heif(data: bytes, limits: Limits) -> Header:
    """Return what decoding takes."""
    width, height = _extent(data)
    return Header(width, height, width * height * HEIF_BYTES, limits.walk)


def _extent(data: bytes) -> tuple[int, int]:
    """Return the largest of the image spatial extents ("ispe" properties), of the grid or of its tiles."""
    at = 0
    while at + 8 <= len(data):  # boxes of the file itself: decoders make nothing of one that is cut off
        size = int.from_bytes(data[at : at + 4])
        size = int.from_bytes(data[at + 8 : at + 16]) if size == 1 else size
        if at + size > len(data):
            raise truncated()
        if size < 8:  # 0: to the end of the file
            break
        at += size
    at, largest = data.find(b"ispe"), (0, 0)
    for _ in range(1000):
        if at < 0:
            break
        width, height = int.from_bytes(data[at + 8 : at + 12]), int.from_bytes(data[at + 12 : at + 16])
        if int.from_bytes(data[at - 4 : at]) == 20 and width * height > largest[0] * largest[1]:
            largest = width, height
        at = data.find(b"ispe", at + 4)
    if largest == (0, 0):
        raise damaged()
    return largest
