"""Sample pictures, drawn by a seeded generator: nobody's, and no two alike."""

import io

import numpy as np
import pillow_heif
from PIL import Image, ImageFilter

SIZE = (1200, 900)


def picture(seed: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """Return an RGB picture with the rough structure of a photo: patches, edges and texture."""
    random = np.random.default_rng(seed)
    canvas = np.zeros((size[1], size[0], 3), dtype=np.float32)
    for cells, weight in ((3, 0.45), (7, 0.3), (19, 0.2), (61, 0.05)):
        coarse = Image.fromarray(random.integers(0, 256, (cells, cells + 1, 3), dtype=np.uint8))
        canvas += weight * np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
    spread = (canvas - canvas.mean()) * 2.2 + 128
    return Image.fromarray(np.clip(spread, 0, 255).astype(np.uint8))


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    """Encode as JPEG."""
    return _encoded(image, "JPEG", quality=quality)


def png(image: Image.Image) -> bytes:
    """Encode as PNG."""
    return _encoded(image, "PNG", compress_level=1)


def heic(image: Image.Image) -> bytes:
    """Encode as HEIC, as phones do."""
    buffer = io.BytesIO()
    pillow_heif.from_pillow(image).save(buffer, quality=80)
    return buffer.getvalue()


def altered(image: Image.Image) -> bytes:
    """Return the picture as it comes back from elsewhere: smaller, slightly soft, encoded anew."""
    smaller = image.resize((image.width * 3 // 5, image.height * 3 // 5), Image.Resampling.LANCZOS)
    return jpeg(smaller.filter(ImageFilter.GaussianBlur(0.6)), quality=60)


def _encoded(image: Image.Image, kind: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def decoded(body: bytes) -> Image.Image:
    """Return the picture in a file."""
    with Image.open(io.BytesIO(body)) as image:
        return image.convert("RGB")
