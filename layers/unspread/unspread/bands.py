"""Bands: how the table finds hashes within the match distance without an index of its own.

256 bits are cut into 16 bands of 16. Two hashes at most 31 bits apart differ by at most one bit in one of them: were
there two or more in each of the 16, they would be 32 apart. So looking up, for each band, its value and the 16 values
that differ from it in one bit finds every such hash: 16 x 17 = 272 look-ups.
"""

from collections.abc import Iterator

BANDS = 16
PROBES = BANDS * 17
"""Look-ups that find every hash within 31 bits of one."""

_BYTES = 2


def bands(pdq: bytes) -> list[str]:
    """Return the names of a hash's 16 bands, such as `0#3fa1`."""
    return [f"{band}#{value.hex()}" for band, value in enumerate(_cut(pdq))]


def probes(pdq: bytes) -> Iterator[str]:
    """Yield the names of the 272 bands in one of which every hash within 31 bits of this one has a share."""
    for band, value in enumerate(_cut(pdq)):
        number = int.from_bytes(value)
        yield f"{band}#{number:04x}"
        for bit in range(8 * _BYTES):
            yield f"{band}#{number ^ 1 << bit:04x}"


def _cut(pdq: bytes) -> Iterator[bytes]:
    return (pdq[start : start + _BYTES] for start in range(0, BANDS * _BYTES, _BYTES))
