"""All the hashes of a picture file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from unspread.hashing.errors import Reason
from unspread.hashing.frames import read_picture
from unspread.hashing.limits import DEFAULT_LIMITS, Limits
from unspread.hashing.pdq import SMALLEST, hash_of, hashable, pdq_of, pixel_forms_of, sampled_columns, sampled_rows
from unspread.hashing.phash import phash_of
from unspread.hashing.trims import Variant, trims
from unspread.thresholds import MINIMUM_QUALITY


@dataclass(frozen=True, slots=True)
class PerceptualHash:
    """One hash: of a frame, or of a part of it.

    Attributes:
        pdq: 32 bytes, in the order of the reference's hexadecimal string.
        quality: 0..100; what is below 50 has no place in the list and is not looked up: callers leave it out.
        variant: which part of the frame.
        frame: index of the frame in the file, from 0.
        phash: 8 bytes, in the order of ImageHash's hexadecimal string; of whole frames only.
    """

    pdq: bytes
    quality: int
    variant: Variant
    frame: int
    phash: bytes | None


@dataclass(frozen=True, slots=True)
class PictureHashes:
    """What a file became.

    Attributes:
        format: as Pillow names it: JPEG, PNG, WEBP, GIF, BMP, TIFF, AVIF, HEIF.
        width, height: as displayed, in pixels.
        hashes: without duplicates, all whole frames before all parts. Whole frames are there whatever their quality,
            parts if it is at least 50. Only those of variant "whole" are for the list.
        damaged: why a part of the file could not be decoded; the rest is hashed. Such a file may match, but it is
            never clean.
        turned: PDQ hashes of the first frame as mirrored and rotated pictures have them (7), if they were asked for.
            They are looked up as they are, at the match distance, and are not stored: extras that find a few turned
            copies more than the bit forms do (docs/hashing.md), outside of what listing can find again.
        quality: the highest PDQ quality met, dropped hashes included; below 50 there is nothing in the picture to
            recognise.
    """

    format: str
    width: int
    height: int
    hashes: tuple[PerceptualHash, ...]
    damaged: Reason | None
    quality: int
    turned: tuple[bytes, ...] = ()


class _Frame:
    """One frame's luma, (height, width), and what the hashes of the whole and of parts have in common."""

    def __init__(self, luma: NDArray[np.uint8], index: int) -> None:
        self._luma, self._index = luma, index
        self._rows = sampled_rows(luma) if hashable(luma) else None

    def whole(self, *, phash: bool) -> PerceptualHash:
        """Return the hash of the whole, whatever its quality."""
        pdq, quality = (bytes(32), 0) if self._rows is None else hash_of(sampled_columns(self._rows))
        return PerceptualHash(pdq, quality, Variant.WHOLE, self._index, phash_of(self._luma) if phash else None)

    def parts(self) -> Iterator[PerceptualHash]:
        """Yield the hashes of the parts, whatever their quality."""
        if self._rows is None:
            return
        for variant, box in trims(self._luma):
            if box.height == len(self._luma) and box.width >= SMALLEST:
                pdq, quality = hash_of(sampled_columns(self._rows[:, box.left : box.right]))
            else:
                pdq, quality = pdq_of(box.of(self._luma))
            yield PerceptualHash(pdq, quality, variant, self._index, None)


def hash_picture(
    file: BinaryIO, limits: Limits = DEFAULT_LIMITS, *, phash: bool = True, turned: bool = False
) -> PictureHashes:
    """Hash a seekable file by the decoding rule of docs/hashing.md.

    Raises:
        UnsupportedError: the file is in none of the formats; only its digests apply.
        HashingError: nothing of it could be decoded within the limits; `reason` says why.
    """
    picture = read_picture(file, limits)
    frames = [_Frame(luma, index) for index, luma in picture.frames]
    found = [frame.whole(phash=phash) for frame in frames]
    wholes = len(found)
    found += [part for frame in frames for part in frame.parts()]
    kept: dict[tuple[bytes, bool], PerceptualHash] = {}
    for number, each in enumerate(found):
        good = each.quality >= MINIMUM_QUALITY
        if good or number < wholes:
            kept.setdefault((each.pdq, good), each)
    extras: tuple[bytes, ...] = ()
    if turned and picture.frames:
        forms, quality = pixel_forms_of(picture.frames[0][1])
        extras = forms[1:] if quality >= MINIMUM_QUALITY else ()
    return PictureHashes(
        picture.format,
        picture.width,
        picture.height,
        tuple(kept.values()),
        picture.damaged,
        max((each.quality for each in found), default=0),
        extras,
    )
