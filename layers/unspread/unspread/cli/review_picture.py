"""The picture of a review, as a reviewer gets to see it: small, grey, blurred, and never the file itself."""

import io
from typing import Any

from PIL import Image, ImageFilter

from unspread import aws
from unspread.hashing import HashingError, Limits, UnsupportedError
from unspread.hashing.frames import read_picture

_SIDE = 480
_BLUR = 9


class NoPictureError(Exception):
    """There is nothing to show. The message says why."""


def picture(review: dict[str, Any], *, clear: bool) -> bytes:
    """Return a small grey JPEG of a review's picture, blurred unless it is asked for `clear`. Raises NoPictureError."""
    if review["size"] > Limits().bytes:
        raise NoPictureError("The file is too large to be shown.")
    place = {"Bucket": review["bucket"], "Key": review["key"]}
    if review["quarantine"]:
        place = {"Bucket": review["quarantine"]["bucket"], "Key": review["quarantine"]["key"]}
    elif review["version"] != "null":
        place["VersionId"] = review["version"]
    data = aws.s3().get_object(**place)["Body"].read()
    try:
        frames = read_picture(io.BytesIO(data), Limits()).frames
    except (HashingError, UnsupportedError):
        raise NoPictureError("The file is no picture that can be decoded.") from None
    if not frames:
        raise NoPictureError("The file is no picture that can be decoded.")
    image = Image.fromarray(frames[0][1])
    image.thumbnail((_SIDE, _SIDE))
    shown = image if clear else image.filter(ImageFilter.GaussianBlur(_BLUR))
    made = io.BytesIO()
    shown.save(made, "JPEG", quality=70)
    return made.getvalue()
