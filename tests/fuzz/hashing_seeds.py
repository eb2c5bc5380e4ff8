"""Small real files in every format, made here: what the fuzz run mutates."""

import io

import numpy as np
import pillow_heif
from PIL import Image

from tests.benchmarks.hashing_transforms import scene


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(file, **options)
    else:
        image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def seeds() -> dict[str, bytes]:
    """Return files by name; all show the same picture, 160x120, upright but for "jpeg turned"."""
    picture = scene(np.random.default_rng(5), (160, 120))
    others = [scene(np.random.default_rng(number), (160, 120)) for number in (6, 7)]
    faded = picture.copy()
    faded.putalpha(Image.linear_gradient("L").resize(picture.size))
    return {
        "jpeg": saved(picture, "JPEG", quality=85),
        "jpeg progressive": saved(picture, "JPEG", quality=85, progressive=True),
        "jpeg turned": saved(picture.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif(6), comment=b"x" * 500),
        "jpeg cmyk": saved(picture.convert("CMYK"), "JPEG", quality=85),
        "png": saved(picture, "PNG"),
        "png palette": saved(picture.quantize(64), "PNG", transparency=1),
        "png alpha": saved(faded, "PNG", exif=exif(1)),
        "apng": saved(picture, "PNG", save_all=True, append_images=others),
        "gif": saved(picture, "GIF"),
        "gif animated": saved(picture, "GIF", save_all=True, append_images=others, disposal=2, loop=0),
        "webp": saved(picture, "WEBP", quality=80),
        "webp lossless": saved(faded, "WEBP", lossless=True),
        "webp animated": saved(picture, "WEBP", save_all=True, append_images=others),
        "bmp": saved(picture, "BMP"),
        "bmp palette": saved(picture.quantize(16), "BMP"),
        "tiff": saved(picture, "TIFF"),
        "tiff deflate": saved(picture, "TIFF", compression="tiff_adobe_deflate"),
        "tiff pages": saved(picture, "TIFF", save_all=True, append_images=others, compression="tiff_lzw"),
        "avif": saved(picture, "AVIF", quality=70, speed=8),
        "heif": saved(picture, "HEIF", quality=70),
    }
