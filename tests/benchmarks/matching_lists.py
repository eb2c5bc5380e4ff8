"""Lists and queries of the matching benchmark.

Each list is made around a target, whose forms the queries are: what an upload of a listed picture asks for.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from unspread.hashing import bit_forms

type Rows = NDArray[np.uint8]
type Make = Callable[[np.random.Generator, int], tuple[Rows, Rows]]


def unrelated(rng: np.random.Generator, count: int) -> tuple[Rows, Rows]:
    """Return unrelated hashes, and three of them."""
    rows = _random(rng, count)
    return rows, rows[:3]


def clustered(rng: np.random.Generator, count: int) -> tuple[Rows, Rows]:
    """Return families of near-duplicates, 1 to 5,000 each, and three of them with 10 bits changed."""
    sizes = np.minimum(rng.zipf(1.7, count), 5_000)
    sizes = sizes[: np.searchsorted(np.cumsum(sizes), count) + 1]
    rows = np.repeat(_random(rng, len(sizes)), sizes, axis=0)[:count]
    for start in range(0, count, 1_000_000):
        part = rows[start : start + 1_000_000].view(np.uint64)
        part ^= _sparse(rng, part.shape, 4)  # 1 bit in 16: 16 of 256
    targets = np.unpackbits(rows[:: count // 3][:3], axis=1)
    for bits in targets:
        bits[rng.permutation(256)[:10]] ^= 1
    return rows, np.packbits(targets, axis=1)


def crafted(rng: np.random.Generator, count: int) -> tuple[Rows, Rows]:
    """Return hashes that share 12 of 16 words of 16 bits with one upload, as nobody's picture would, and that upload.

    The other words are the opposite but for one bit in eight: 56 bits differ, so that hardly any match. They are every
    other word of one half, so that the bits that the flat scan looks at first are all shared: its worst case.
    """
    target = _random(rng, 1)
    rows = np.repeat(target, count, axis=0)
    words = rows.view(np.uint16)
    for word in (1, 3, 5, 7):
        noise = rng.integers(0, 2**16, (3, count), dtype=np.uint16)
        words[:, word] = ~words[:, word] ^ (noise[0] & noise[1] & noise[2])
    return rows, np.repeat(target, 3, axis=0) ^ np.array([[0], [0], [1]], dtype=np.uint8)


LISTS: dict[str, Make] = {"random": unrelated, "realistic": clustered, "adversarial": crafted}


def queries(rng: np.random.Generator, targets: Rows) -> dict[str, Rows]:
    """Return what is asked: a hash, its 8 forms, the 8 forms of 3 hashes (one scan), and 24 unrelated hashes."""
    forms = bit_forms(targets)  # (8, 3, 32)
    return {
        "1": targets[:1],
        "8 forms": np.ascontiguousarray(forms[:, 0]),
        "8 forms x 3": forms.reshape(-1, 32),
        "24 unrelated": _random(rng, 24),
    }


def _random(rng: np.random.Generator, count: int) -> Rows:
    return rng.integers(0, 2**64, (count, 4), dtype=np.uint64).view(np.uint8)


def _sparse(rng: np.random.Generator, shape: tuple[int, ...], halvings: int) -> NDArray[np.uint64]:
    """Return words of which one bit in 2 ** halvings is set."""
    words = rng.integers(0, 2**64, shape, dtype=np.uint64)
    for _ in range(halvings - 1):
        words &= rng.integers(0, 2**64, shape, dtype=np.uint64)
    return words
