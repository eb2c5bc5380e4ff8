"""Pictures as the items that a submitter's device makes of them."""

import io
from dataclasses import replace

from unspread.hashing import Digester, Limits, Variant, hash_picture, window_hashes
from unspread.hashing.frames import read_picture
from unspread.submission import SubmittedHash, SubmittedItem


def item_of(data: bytes, *, digests: bool = True, windows: bool = False) -> SubmittedItem:
    """Return the item of a picture file."""
    picture = hash_picture(io.BytesIO(data))
    hashes = tuple(
        SubmittedHash(each.pdq.hex(), each.quality, each.phash.hex() if each.phash else None)
        for each in picture.hashes
        if each.variant is Variant.WHOLE
    )
    if windows:
        luma = read_picture(io.BytesIO(data), Limits()).frames
        rows = window_hashes(next(iter(luma))[1])
        hashes = (replace(hashes[0], windows=tuple(row.tobytes().hex() for row in rows)),)
    if not digests:
        return SubmittedItem("image", hashes=hashes)
    digest = Digester.of([data])
    return SubmittedItem("image", digest.sha256.hex(), digest.md5.hex(), hashes)
