"""From a decoded Pillow image to the luma that is hashed: the second half of the decoding rule in docs/hashing.md."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHORT_SIDE = 1024  # pixels that a reduction leaves at least on both sides
STRIP = 4 << 20  # pixels converted at a time

_TURNS: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION = 0x0112

_LUMA_CHANNELS = {"LAB": "L", "YCbCr": "Y"}


def reduction(width: int, height: int) -> int:
    """Return by how much the sides are divided before hashing: 8, 4, 2 or 1, leaving both at least 1024."""
    room = min(width // SHORT_SIDE, height // SHORT_SIDE)
    return next((factor for factor in (8, 4, 2) if room >= factor), 1)


def grey(image: Image.Image) -> Image.Image:
    """Return an image of any mode as "L": alpha on white, 16 bits by their high byte, ICC profiles ignored."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode in {"I", "F"}:
        return Image.fromarray(_stretched(np.asarray(image)))
    if image.mode in _LUMA_CHANNELS:
        return image.getchannel(_LUMA_CHANNELS[image.mode])
    if image.has_transparency_data:
        layers = image.convert("RGBA")
        flat = Image.new("L", image.size, 255)
        flat.paste(layers.convert("L"), mask=layers.getchannel("A"))
        return flat
    return image if image.mode == "L" else image.convert("RGB").convert("L")


def _stretched(samples: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return 32-bit samples as bytes: 16-bit ones by their high byte, others from their least to their greatest.

    PDQ does not see a linear change of the luma, so that the range, which no header tells, does not matter.
    """
    values = np.nan_to_num(samples.astype(np.float64), posinf=0.0, neginf=0.0)
    least, greatest = float(values.min()), float(values.max())
    if samples.dtype == np.int32 and least >= 0 and 255 < greatest <= 65535:
        return (samples.astype(np.int32) >> 8).astype(np.uint8)
    if greatest <= least:
        return np.zeros(samples.shape, np.uint8)
    return ((values - least) * (255 / (greatest - least))).astype(np.uint8)


def luma_of(image: Image.Image, factor: int, orientation: int) -> NDArray[np.uint8]:
    """Return the luma, (height, width), of a loaded image: grey, reduced by the factor, turned upright.

    Works in strips, so that beside the decoded picture little memory is needed.
    """
    width, height = image.size
    if factor == 1 and width * height <= STRIP:
        small = grey(image)
    else:
        rows = max(1, STRIP // width // factor) * factor
        small = Image.new("L", (-(-width // factor), -(-height // factor)))
        for top in range(0, height, rows):
            strip = grey(image.crop((0, top, width, min(top + rows, height))))
            small.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    return np.asarray(small)
