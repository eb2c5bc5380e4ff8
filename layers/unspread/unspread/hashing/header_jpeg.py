"""The header walk of JPEG (ITU-T T.81, annex B)."""

from unspread.hashing.decode import reduction
from unspread.hashing.header import Header, damaged, too_much_metadata, truncated
from unspread.hashing.limits import Limits

_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn: not DHT, JPG, DAC
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_ALONE = {0x01, *range(0xD0, 0xD9)}  # TEM, RSTn, SOI: no length follows
_SOS, _EOI = 0xDA, 0xD9
SEGMENTS = 20_000  # 16 MB of metadata are 256 full segments; Pillow takes microseconds for each, however short


def walk(data: bytes, limits: Limits) -> Header:
    """Return what decoding takes: little for a plain JPEG, all coefficients for one in several scans."""
    at, frame, kind = 2, b"", 0
    for _ in range(SEGMENTS):
        if data[at : at + 1] != b"\xff":
            raise truncated() if at >= len(data) else damaged()
        marker = data[at + 1] if at + 1 < len(data) else _EOI
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == _EOI:
            raise truncated()
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) < length - 2:
            raise truncated() if at + 2 + length > len(data) else damaged()
        if marker in _FRAMES:
            frame, kind = body, marker
        if marker == _SOS:
            return _header(data, at, frame, progressive=kind in _PROGRESSIVE, scan=body[0] if body else 0)
        at += 2 + length
        if at > limits.metadata:
            break  # check() names the limit
    else:
        raise too_much_metadata()
    return Header(1, 1, 0, metadata=at)


def _header(data: bytes, metadata: int, frame: bytes, *, progressive: bool, scan: int) -> Header:
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise damaged()
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    samplings = [(frame[7 + 3 * index] >> 4, frame[7 + 3 * index] & 15) for index in range(frame[5])]
    if not samplings or min(min(pair) for pair in samplings) < 1:
        raise damaged()
    buffered = progressive or scan < len(samplings)
    across, down = max(pair[0] for pair in samplings), max(pair[1] for pair in samplings)
    coefficients = sum(width * height * x * y // (across * down) for x, y in samplings)
    factor = reduction(width, height)
    output = width * height // factor**2 * (1 if len(samplings) < 4 else 4)
    return Header(
        width,
        height,
        memory=3 * output + (2 * coefficients if buffered else 0),
        metadata=metadata,
        work=coefficients * data.count(b"\xff\xda", metadata) if buffered else coefficients,
    )
