"""Files of every kind that browsers and the server both open: formats, colour modes, orientations, to 48 megapixels.

Their colours are a photo's: few are clipped. The server hashes a JPEG's own luma, a browser gives red, green and blue,
and where those are clipped the luma cannot be told from them.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageCms, ImageEnhance, PngImagePlugin

from tests.support import pictures

MEDIUM = (640, 480)
SIZES = ((64, 64), (97, 131), (320, 240), (1023, 1500), (1024, 1024), (2047, 2049), (2500, 2100))
LARGE = {"12mp": (4000, 3000), "48mp": (8000, 6000)}
ORIENTATIONS = range(1, 9)

DRAWN = 2_000_000  # pixels; larger pictures are enlarged from that many, which is much faster

type Files = Iterator[tuple[str, bytes]]


@lru_cache(maxsize=1)  # the same is encoded several times in turn
def picture(seed: int, size: tuple[int, int]) -> Image.Image:
    """Return a picture with a photo's range of colours."""
    shrink = max(1.0, (size[0] * size[1] / DRAWN) ** 0.5)
    drawn = pictures.picture(seed, (int(size[0] / shrink), int(size[1] / shrink)))
    softer = ImageEnhance.Contrast(ImageEnhance.Color(drawn).enhance(0.7)).enhance(0.8)
    return softer if drawn.size == size else softer.resize(size, Image.Resampling.BILINEAR)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Encode a picture by Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif.tobytes()


def heic(image: Image.Image, **options: object) -> bytes:
    """Encode a picture as phones do."""
    buffer = io.BytesIO()
    fast = {"preset": "ultrafast"}
    pillow_heif.from_pillow(image).save(buffer, quality=70, enc_params=fast, **options)
    return buffer.getvalue()


def _swapped_profile() -> bytes:
    """Return a colour profile with red and blue exchanged: whoever applies it shows another picture."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp_").replace(b"bXYZ", b"rXYZ").replace(b"tmp_", b"bXYZ")


def _deep_png(image: Image.Image, colour: int) -> bytes:
    """Return a PNG of 16 bits a sample, which Pillow does not write in colour: colour type 2 or 6."""
    samples = np.asarray(image.convert("RGBA" if colour == 6 else "RGB")).astype(np.uint16)
    deep = (samples << 8 | (samples * 37 & 255)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    header = struct.pack(">IIBBBBB", image.width, image.height, 16, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _see_through(image: Image.Image) -> Image.Image:
    """Return the picture with every degree of transparency, from left to right."""
    alpha = np.tile(np.linspace(0, 255, image.width).astype(np.uint8), (image.height, 1))
    layered = image.convert("RGBA")
    layered.putalpha(Image.fromarray(alpha))
    return layered


def _jpegs() -> Files:
    for seed, size in enumerate(SIZES):
        for quality, sampling in product((95, 60), (0, 2)):
            body = encoded(picture(seed, size), "JPEG", quality=quality, subsampling=sampling)
            yield f"q{quality}-s{sampling}-{seed}.jpg", body
        yield f"progressive-{seed}.jpg", encoded(picture(seed, size), "JPEG", quality=80, progressive=True)
        yield f"grey-{seed}.jpg", encoded(picture(seed, size).convert("L"), "JPEG", quality=85)
        yield f"cmyk-{seed}.jpg", encoded(picture(seed, size).convert("CMYK"), "JPEG", quality=85)
    for orientation, size in product(ORIENTATIONS, (MEDIUM, (2100, 2300))):
        body = encoded(picture(30 + orientation, size), "JPEG", exif=_exif(orientation))
        yield f"orientation-{orientation}-{size[0]}.jpg", body
    yield "profile.jpg", encoded(picture(50, MEDIUM), "JPEG", icc_profile=_swapped_profile())
    for name, size in LARGE.items():
        yield f"large-{name}.jpg", encoded(picture(51, size), "JPEG", quality=80)
    yield "large-12mp-turned.jpg", encoded(picture(52, LARGE["12mp"]), "JPEG", progressive=True, exif=_exif(6))


def _pngs() -> Files:
    for seed, mode in enumerate(("1", "L", "LA", "P", "RGB", "RGBA", "I;16")):
        for size in (MEDIUM, (2100, 2050)):
            image = picture(60 + seed, size)
            if mode == "I;16":
                converted = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 251 + 7)
            else:
                converted = (_see_through(image) if mode.endswith("A") else image).convert(mode)
            yield f"mode-{mode.replace(';', '')}-{size[0]}.png", encoded(converted, "PNG", compress_level=1)
    for orientation in ORIENTATIONS:
        body = encoded(picture(70 + orientation, MEDIUM), "PNG", exif=_exif(orientation))
        yield f"orientation-{orientation}.png", body
    palette = picture(80, MEDIUM).quantize(64)
    yield "palette-transparent.png", encoded(palette, "PNG", transparency=bytes(range(0, 256, 4)))
    yield "palette-4-colours.png", encoded(picture(81, MEDIUM).quantize(4), "PNG", bits=2)
    yield "colour-transparent.png", encoded(picture(82, MEDIUM), "PNG", transparency=(128, 128, 128))
    yield "profile.png", encoded(picture(83, MEDIUM), "PNG", icc_profile=_swapped_profile())
    gamma = PngImagePlugin.PngInfo()
    gamma.add(b"gAMA", struct.pack(">I", 100_000))
    yield "gamma.png", encoded(picture(84, MEDIUM), "PNG", pnginfo=gamma)
    yield "deep-colour.png", _deep_png(picture(85, MEDIUM), 2)
    yield "deep-see-through.png", _deep_png(_see_through(picture(86, MEDIUM)), 6)
    yield "large-12mp.png", encoded(picture(87, LARGE["12mp"]), "PNG", compress_level=1)


def _webps() -> Files:
    for seed, size in enumerate(SIZES):
        yield f"lossy-{seed}.webp", encoded(picture(90 + seed, size), "WEBP", quality=75)
        yield f"lossless-{seed}.webp", encoded(picture(90 + seed, size), "WEBP", lossless=True, quality=0, method=0)
    for orientation in ORIENTATIONS:
        body = encoded(picture(100 + orientation, MEDIUM), "WEBP", exif=_exif(orientation))
        yield f"orientation-{orientation}.webp", body
    yield "see-through.webp", encoded(_see_through(picture(110, MEDIUM)), "WEBP", quality=80)
    yield "see-through-lossless.webp", encoded(_see_through(picture(111, MEDIUM)), "WEBP", lossless=True)
    yield "profile.webp", encoded(picture(112, MEDIUM), "WEBP", icc_profile=_swapped_profile())


def _others() -> Files:
    for seed, size in enumerate(SIZES[1:6]):
        yield f"still-{seed}.gif", encoded(picture(120 + seed, size).quantize(200, Image.Quantize.FASTOCTREE), "GIF")
        yield f"still-{seed}.avif", encoded(picture(130 + seed, size), "AVIF", quality=70, speed=9)
    yield "see-through.gif", encoded(picture(126, MEDIUM).quantize(64), "GIF", transparency=5)
    yield "see-through.avif", encoded(_see_through(picture(136, MEDIUM)), "AVIF", quality=80, speed=9)
    yield "profile.avif", encoded(picture(137, MEDIUM), "AVIF", icc_profile=_swapped_profile(), speed=9)
    for orientation in ORIENTATIONS:
        body = encoded(picture(140 + orientation, MEDIUM), "AVIF", exif=_exif(orientation), speed=9)
        yield f"orientation-{orientation}.avif", body
    for seed, mode in enumerate(("1", "L", "P", "RGB")):
        yield f"mode-{mode}.bmp", encoded(picture(150 + seed, MEDIUM).convert(mode), "BMP")


def _heics() -> Files:
    for seed, size in enumerate((MEDIUM, (2100, 2300))):
        yield f"plain-{seed}.heic", heic(picture(160 + seed, size))
    yield "see-through.heic", heic(_see_through(picture(162, MEDIUM)))
    yield "grey.heic", heic(picture(163, MEDIUM).convert("L"))
    for orientation in ORIENTATIONS:
        yield f"orientation-{orientation}.heic", heic(picture(164 + orientation, MEDIUM), exif=_exif(orientation))
    yield "large-12mp.heic", heic(picture(173, LARGE["12mp"]))


def _animations() -> Files:
    for count in (3, 12):
        frames = [picture(180 + count + index, MEDIUM) for index in range(count)]
        together = {"save_all": True, "append_images": frames[1:], "duration": 80, "loop": 0}
        flat = [frame.quantize(200, Image.Quantize.FASTOCTREE) for frame in frames]
        yield f"moving-{count}.gif", encoded(flat[0], "GIF", **together | {"append_images": flat[1:]})
        yield f"moving-{count}.png", encoded(frames[0], "PNG", **together)
        yield f"moving-{count}.webp", encoded(frames[0], "WEBP", quality=70, **together)


def _plain() -> Files:
    yield "solid.png", encoded(Image.new("RGB", MEDIUM, (200, 30, 30)), "PNG")
    yield "solid.jpg", encoded(Image.new("RGB", MEDIUM, (200, 30, 30)), "JPEG")


PARTS: tuple[Callable[[], Files], ...] = (_jpegs, _pngs, _webps, _others, _heics, _animations, _plain)


def write(folder: Path) -> list[Path]:
    """Write the files into a folder and return them, in their order."""
    files = []
    for part in PARTS:
        for name, body in part():
            files.append(folder / name)
            files[-1].write_bytes(body)
    return files
