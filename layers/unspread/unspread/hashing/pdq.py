"""PDQ in NumPy: the 256-bit perceptual hash of Facebook's ThreatExchange, equal to its C++ code.

The reference (ThreatExchange, `pdq/cpp`) blurs the luma with two passes of a box filter in both directions,
takes 64x64 samples of it, keeps 16x16 coefficients of their DCT and compares each with the median. Blurring and
sampling are linear and separable, so that the 64x64 block is `R @ luma @ C.T`, where row i of R holds the weights of
sample i: a band about 1/32 of the height wide. Nothing else of the blurred picture is ever computed.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
SIDE = 16
BITS = SIDE * SIDE
FEW = 12  # lines per sample up to which four samples at a time are faster than two
SMALLEST = 5  # pixels; the reference gives narrower pictures no hash
LONGEST = 65_536  # pixels; weights take 8 bytes per pixel of a side, and longer strips show nothing to recognise

type Luma = NDArray[np.uint8] | NDArray[np.float32]
type Floats = NDArray[np.float32]


class Bands(NamedTuple):
    """The weights of the 64 samples along one dimension: sample i is `weights[i] @ line[starts[i]:][:width]`.

    `groups` has them for several samples at once, in turn: `matrix @ line[start:stop]`.
    """

    starts: NDArray[np.intp]  # (64,)
    weights: Floats  # (64, width), each row sums to 1
    groups: list[tuple[int, int, Floats]]  # start, stop, (samples, stop - start)


def luma_of_rgb(rgb: NDArray[np.uint8]) -> Floats:
    """Return the reference's luma, (height, width), of an (height, width, 3) picture, unrounded."""
    red, green, blue = (rgb[:, :, channel].astype(np.float32) for channel in range(3))
    luma: Floats = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    return luma


def _box(samples: NDArray[np.intp], length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and one past the last input of the reference's box filter at each output position.

    `computeJaroszFilterWindowSize` and the four phases of `box1DFloat`: a window of 1/128 of the length, rounded up,
    clipped at both ends, and for even sizes one longer to the right.
    """
    window = (length + 127) // 128
    right = (window + 2) // 2
    left = window - right
    return np.maximum(samples - left, 0), np.minimum(samples + right, length)


def hashable(luma: Luma) -> bool:
    """Return whether a luma, (height, width), has a hash: neither too narrow nor too long."""
    return all(SMALLEST <= side <= LONGEST for side in luma.shape)


@lru_cache(maxsize=32)  # of uploads' sizes and their parts'; 16 MB at most
def bands(length: int) -> Bands:
    """Return the weights of the reference's samples along a dimension of `length` pixels (at least 5)."""
    samples = ((np.arange(BLOCK) + 0.5) * length / BLOCK).astype(np.intp)
    outer_first, outer_last = _box(samples, length)
    starts = _box(outer_first, length)[0]
    width = int((_box(outer_last - 1, length)[1] - starts).max())
    # Each window of the second pass adds a plateau for every window of the first: differences, then a running sum.
    steps = np.zeros((BLOCK, width + 1))
    reach = int((outer_last - outer_first).max())
    for offset in range(reach):
        at = outer_first + offset
        inside = np.flatnonzero(at < outer_last)
        at = at[inside]
        first, last = _box(at, length)
        share = 1.0 / ((outer_last - outer_first)[inside] * (last - first))
        np.add.at(steps, (inside, first - starts[inside]), share)
        np.add.at(steps, (inside, last - starts[inside]), -share)
    weights = np.cumsum(steps, axis=1)[:, :width]
    # Bands at the far edge are padded on the right: move them so that every slice stays inside the line.
    moved = np.minimum(starts, length - width)
    columns = np.arange(width)[None, :] - (starts - moved)[:, None]
    weights = np.where(columns >= 0, np.take_along_axis(weights, np.maximum(columns, 0), axis=1), 0.0)
    floats = np.ascontiguousarray(weights, dtype=np.float32)
    return Bands(moved, floats, _groups(moved, floats))


def _groups(starts: NDArray[np.intp], weights: Floats) -> list[tuple[int, int, Floats]]:
    width = weights.shape[1]
    size = 4 if width <= FEW else 2
    firsts, lasts = starts[::size], starts[size - 1 :: size] + width
    matrices = np.zeros((BLOCK, int((lasts - firsts).max())), np.float32)
    columns = (starts - np.repeat(firsts, size))[:, None] + np.arange(width)
    np.put_along_axis(matrices, columns, weights, axis=1)
    grouped = matrices.reshape(-1, size, matrices.shape[1])
    return [
        (first, last, matrix[:, : last - first])
        for first, last, matrix in zip(firsts.tolist(), lasts.tolist(), grouped, strict=True)
    ]


def block_of(luma: Luma) -> Floats:
    """Return the (64, 64) samples of the blurred luma, (height, width) if it is `hashable`."""
    if luma.shape == (BLOCK, BLOCK):
        return luma.astype(np.float32)  # as the reference: neither blurred nor sampled
    return sampled_columns(sampled_rows(luma))


def sampled_rows(luma: Luma) -> Floats:
    """Return the 64 sampled rows, (64, width), of a luma, (height, width).

    A few samples at a time: products so small stay within the cache, and BLAS starts no threads for them, which cost
    more than they save and wait for cores that are busy.
    """
    sums = np.empty((BLOCK, luma.shape[1]), np.float32)
    at = 0
    for start, stop, weights in bands(luma.shape[0]).groups:
        np.matmul(weights, luma[start:stop].astype(np.float32, copy=False), out=sums[at : at + len(weights)])
        at += len(weights)
    return sums


def sampled_columns(lines: Floats) -> Floats:
    """Return the 64 samples of each of 64 lines, (64, width)."""
    sums = np.empty((BLOCK, BLOCK), np.float32)
    at = 0
    for start, stop, weights in bands(lines.shape[1]).groups:
        np.matmul(lines[:, start:stop], weights.T, out=sums[:, at : at + len(weights)])
        at += len(weights)
    return sums


def quality_of(block: Floats) -> int:
    """Return the reference's quality, 0..100: the sum of neighbours' steps, in whole per cent of 255, over 90."""
    return min(100, (_steps(block[1:], block[:-1]) + _steps(block[:, 1:], block[:, :-1])) // 90)


def _steps(later: Floats, earlier: Floats) -> int:
    steps = later - earlier
    steps *= np.float32(100)
    steps /= np.float32(255)
    whole = steps.astype(np.int32)
    return int(np.abs(whole, out=whole).sum())


def _dct_matrix() -> NDArray[np.float64]:
    frequency = np.arange(1, SIDE + 1)[:, None]
    waves: NDArray[np.float64] = np.cos(np.pi / (2 * BLOCK) * frequency * (2 * np.arange(BLOCK) + 1))
    waves *= np.sqrt(2.0 / BLOCK)
    return waves


_DCT: Floats = _dct_matrix().astype(np.float32)
_SIGN = np.where(np.arange(SIDE) % 2 == 0, -1, 1).astype(np.float32)  # odd frequencies change sign in a mirror


def coefficients_of(block: Floats) -> Floats:
    """Return the (16, 16) DCT coefficients of frequencies 1..16 of a (64, 64) block: vertical first."""
    return (_DCT @ block @ _DCT.T).astype(np.float32, copy=False)


def bits_of(coefficients: Floats) -> bytes:
    """Return the 32 bytes of the hash: bit 16 i + j says that coefficient (i, j) exceeds the lower median.

    The order is that of the reference's hexadecimal string: highest bit first.
    """
    flat = coefficients.ravel()
    median = np.partition(flat, BITS // 2 - 1)[BITS // 2 - 1]
    return np.packbits((flat > median)[::-1]).tobytes()


def pdq_of(luma: Luma) -> tuple[bytes, int]:
    """Return the hash (32 bytes) and quality (0..100) of a luma, (height, width), 0..255."""
    if not hashable(luma):
        return bytes(32), 0
    return hash_of(block_of(luma))


def hash_of(block: Floats) -> tuple[bytes, int]:
    """Return the hash (32 bytes) and quality (0..100) of a (64, 64) block."""
    return bits_of(coefficients_of(block)), quality_of(block)


def pixel_forms_of(luma: Luma) -> tuple[tuple[bytes, ...], int]:
    """Return the reference's 8 dihedral hashes (order of `forms.Form`) and the quality, from one DCT.

    These are the hashes of the mirrored and rotated pictures; `forms.bit_forms` are those of the hash.
    """
    if not hashable(luma):
        return (bytes(32),) * 8, 0
    block = block_of(luma)
    a = coefficients_of(block)
    rows, columns = _SIGN[:, None], _SIGN[None, :]
    eight = (
        a,
        (a * columns).T,
        a * rows * columns,
        (a * rows).T,
        a * rows,
        a * columns,
        a.T,
        (a * rows * columns).T,
    )
    return tuple(bits_of(each) for each in eight), quality_of(block)
