"""Hashes of windows of a listed picture: how a crop or a tilted copy of it is suspected.

A crop is a part of what was listed, and a hash of the whole says nothing about parts: PDQ finds 3 % of copies of which
5 % are cut away. The remedy must begin with the listed picture. The submitter's device, which has it, may hash these
windows of it beside the whole; they are listed as hashes of a kind of their own (`hash_list`), with which scan compares
the hashes it has computed anyway. Windows only ever make a *suspect*, which a person looks at.

They are optional, for their cost: 31 hashes (992 bytes) per listed picture, in the submission and in memory, and a
search among 31 times as many rows. docs/hashing.md has the rule for the page, and the measurements.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unspread.hashing.forms import Hashes
from unspread.hashing.pdq import pdq_of
from unspread.thresholds import MINIMUM_QUALITY

WINDOW_DISTANCE = 48  # as for whole pictures: distinct ones have been met at 62 (docs/hashing.md)
SHORT_SIDE = 512  # pixels: windows are cut from a picture box-reduced by a whole number to no less than this

# Share of each side that is kept, and how many positions along each side: a hash bears a shift of about 3 % of a side.
GRIDS = ((0.95, 1), (0.95, 2), (0.9, 3), (0.8, 3))
EDGE = 0.1  # of one side, cut off alone
TILTS = (-6, -3, 3, 6)  # degrees counter-clockwise, with black corners

type Grey = NDArray[np.uint8]


def _crops(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the windows' left, top, right and bottom, in pixels."""
    for share, positions in GRIDS:
        starts = np.linspace(0, 1, positions) * (1 - share) if positions > 1 else [(1 - share) / 2]
        for y in starts:
            for x in starts:
                edges = (x * width, y * height, (x + share) * width, (y + share) * height)
                yield round(edges[0]), round(edges[1]), round(edges[2]), round(edges[3])
    yield 0, 0, width, round(height * (1 - EDGE))
    yield 0, round(height * EDGE), width, height
    yield 0, 0, round(width * (1 - EDGE)), height
    yield round(width * EDGE), 0, width, height


def window_hashes(luma: Grey) -> Hashes:
    """Return the hashes, (n, 32) with n at most 31, of the windows of a listed picture's luma, (height, width).

    Windows without enough in them (quality below 50) are left out.
    """
    picture = Image.fromarray(luma)
    factor = min(picture.size) // SHORT_SIDE
    if factor > 1:
        picture = picture.reduce(factor)
    parts = [picture.crop(box) for box in _crops(*picture.size)]
    parts += [picture.rotate(angle, Image.Resampling.BICUBIC) for angle in TILTS]
    hashes = [pdq_of(np.asarray(part)) for part in parts]
    kept = [np.frombuffer(pdq, np.uint8) for pdq, quality in hashes if quality >= MINIMUM_QUALITY]
    return np.stack(kept) if kept else np.empty((0, 32), np.uint8)
