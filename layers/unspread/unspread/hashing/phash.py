"""The 64-bit pHash of ImageHash: the second opinion for crops and overlays."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHORT_SIDE = 128  # pixels
LONGEST = 65_536


def phash_of(luma: NDArray[np.uint8]) -> bytes:
    """Return the 8 bytes of `str(imagehash.phash(picture))` for a luma, (height, width)."""
    import imagehash  # noqa: PLC0415  with scipy it takes most of a cold start; only pictures that need it pay

    picture = Image.fromarray(luma)
    # ImageHash resizes to 32x32, slowly from large pictures: those of 128 pixels and more give nearly the same hash
    # (docs/hashing.md). Pillow averages squares of 2 and 4 pixels several times as fast as others.
    for square in (4, 4, 4, 2):
        if min(picture.size) >= square * SHORT_SIDE:
            picture = picture.reduce(square)
    if max(picture.size) > LONGEST:  # of a strip, resizing would take memory by its length
        picture = picture.reduce((max(1, picture.width // SHORT_SIDE), max(1, picture.height // SHORT_SIDE)))
    bits = imagehash.phash(picture).hash
    return np.packbits(bits.ravel()).tobytes()
