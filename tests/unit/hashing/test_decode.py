"""The decoding rule: what every format and colour mode becomes, against the full-resolution reference."""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.fuzz.hashing_seeds import exif, saved
from tests.unit.hashing.pictures import noise
from unspread.hashing import Variant, distance, hash_picture, pdq_of
from unspread.hashing.decode import reduction
from unspread.hashing.frames import chosen
from unspread.hashing.pdq import luma_of_rgb

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@cache
def picture(seed: int = 1, width: int = 400, height: int = 300) -> Image.Image:
    return Image.fromarray(noise(seed, height, width))


def whole(data: bytes) -> bytes:
    first = hash_picture(io.BytesIO(data), phash=False).hashes[0]
    assert first.variant is Variant.WHOLE
    return first.pdq


def reference(image: Image.Image) -> bytes:
    """Return the hash of every pixel, alpha composited on white."""
    layers = image.convert("RGBA")
    white = Image.new("RGBA", layers.size, "white")
    white.alpha_composite(layers)
    return pdq_of(luma_of_rgb(np.asarray(white.convert("RGB"))))[0]


def stored(data: bytes) -> Image.Image:
    """Return the file's picture as its decoder gives it at full size."""
    if data[4:8] == b"ftyp" and b"heic" in data[:32]:
        return pillow_heif.HeifImageFile(io.BytesIO(data))  # type: ignore[no-untyped-call]
    return Image.open(io.BytesIO(data))


def faded(image: Image.Image) -> Image.Image:
    copy = image.copy()
    copy.putalpha(Image.linear_gradient("L").resize(image.size))
    return copy


FILES: dict[str, Callable[[Image.Image], bytes]] = {
    "JPEG": lambda image: saved(image, "JPEG", quality=90),
    "JPEG 4:4:4": lambda image: saved(image, "JPEG", quality=90, subsampling=0),
    "JPEG progressive": lambda image: saved(image, "JPEG", progressive=True),
    "JPEG grey": lambda image: saved(image.convert("L"), "JPEG"),
    "JPEG CMYK": lambda image: saved(image.convert("CMYK"), "JPEG"),
    "JPEG RGB": lambda image: saved(image, "JPEG", keep_rgb=True),
    "PNG": lambda image: saved(image, "PNG", compress_level=1),
    "PNG palette": lambda image: saved(image.quantize(64), "PNG"),
    "PNG palette, transparent": lambda image: saved(image.quantize(32), "PNG", transparency=3),
    "PNG alpha": lambda image: saved(faded(image), "PNG", compress_level=1),
    "PNG grey, alpha": lambda image: saved(faded(image.convert("L")), "PNG", compress_level=1),
    "PNG 1 bit": lambda image: saved(image.convert("1"), "PNG"),
    "WebP": lambda image: saved(image, "WEBP", method=0),
    "WebP lossless, alpha": lambda image: saved(faded(image), "WEBP", lossless=True, method=0),
    "GIF": lambda image: saved(image, "GIF"),
    "BMP": lambda image: saved(image, "BMP"),
    "BMP palette": lambda image: saved(image.quantize(16), "BMP"),
    "TIFF": lambda image: saved(image, "TIFF"),
    "TIFF deflate": lambda image: saved(image, "TIFF", compression="tiff_adobe_deflate"),
    "TIFF JPEG": lambda image: saved(image, "TIFF", compression="jpeg"),
    "TIFF CMYK": lambda image: saved(image.convert("CMYK"), "TIFF"),
    "AVIF": lambda image: saved(image, "AVIF", speed=10),
    "HEIF": lambda image: saved(image, "HEIF", quality=70),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_is_within_six_bits_of_the_full_resolution(name: str) -> None:
    assert_close(name, (400, 300))


@pytest.mark.parametrize("name", ["JPEG", "JPEG progressive", "JPEG CMYK", "PNG alpha", "WebP", "TIFF"])
def test_reduced_pictures_are_too(name: str) -> None:
    assert_close(name, (2060, 2048))


def assert_close(name: str, size: tuple[int, int]) -> None:
    data = FILES[name](picture(2, *size))
    assert distance(whole(data), reference(stored(data))) <= 6
    found = hash_picture(io.BytesIO(data), phash=False)
    assert (found.width, found.height) == size
    assert found.format == name.partition(" ")[0].upper()


def test_over_all_formats_the_median_distance_is_0() -> None:
    files = [make(picture(seed)) for seed, make in enumerate(FILES.values())]
    assert np.median([distance(whole(data), reference(stored(data))) for data in files]) == 0


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_count_by_their_high_byte(kind: str) -> None:
    grey = np.asarray(picture().convert("L")).astype(np.uint16)
    data = saved(Image.fromarray(grey * 256 + np.arange(400, dtype=np.uint16) % 256), kind)
    assert whole(data) == pdq_of(grey.astype(np.uint8))[0]


@pytest.mark.parametrize("scale", [1 / 255, 1.0, 3e6])
def test_the_range_of_floating_point_samples_does_not_matter(scale: float) -> None:
    grey = picture().convert("L")
    data = saved(Image.fromarray(np.asarray(grey).astype(np.float32) * np.float32(scale)), "TIFF")
    assert distance(whole(data), reference(grey)) <= 6


def test_what_is_transparent_counts_as_white() -> None:
    hidden = picture().convert("RGBA")
    hidden.paste((0, 0, 0, 0), (0, 0, 200, 300))
    white = picture().convert("RGB")
    white.paste("white", (0, 0, 200, 300))
    assert whole(saved(hidden, "PNG")) == whole(saved(white, "PNG"))


def test_icc_profiles_are_ignored() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert whole(saved(picture(), "PNG", icc_profile=profile)) == whole(saved(picture(), "PNG"))


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF", "TIFF", "HEIF"])
def test_the_orientation_is_applied(kind: str, orientation: int) -> None:
    image, turn = picture(), TURNS[orientation]
    turned = image.transpose(turn) if turn is not None else image
    data = saved(turned, kind, exif=exif(orientation), **({"quality": 95} if kind != "TIFF" else {}))
    found = hash_picture(io.BytesIO(data), phash=False)
    assert (found.width, found.height) == image.size
    assert distance(found.hashes[0].pdq, reference(image)) <= 10  # turned before a lossy coding


def test_in_webp_the_orientation_is_ignored_as_browsers_do() -> None:
    data = saved(picture(), "WEBP", lossless=True, exif=exif(6))
    found = hash_picture(io.BytesIO(data), phash=False)
    assert (found.width, found.height) == (400, 300)
    assert found.hashes[0].pdq == whole(saved(picture(), "WEBP", lossless=True))


@pytest.mark.parametrize("value", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_damaged_exif_leaves_the_picture_as_it_is_stored(value: bytes) -> None:
    assert whole(saved(picture(), "JPEG", exif=value)) == whole(saved(picture(), "JPEG"))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_impossible_orientation_is_none(orientation: int) -> None:
    assert whole(saved(picture(), "JPEG", exif=exif(orientation))) == whole(saved(picture(), "JPEG"))


def test_an_orientation_behind_the_pixels_of_a_png_counts() -> None:
    data = saved(picture().transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif(6))
    at = data.index(b"eXIf") - 4
    chunk = data[at : at + 12 + int.from_bytes(data[at : at + 4])]
    end = data.index(b"IEND") - 4
    moved = data[:at] + data[at + len(chunk) : end] + chunk + data[end:]
    assert hash_picture(io.BytesIO(moved), phash=False).width == 400


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_animated_images_and_pages_give_a_hash_per_frame(kind: str) -> None:
    frames = [picture(seed, 120, 90) for seed in range(3)]
    found = hash_picture(io.BytesIO(saved_all(frames, kind)), phash=False)
    whole_ones = [each for each in found.hashes if each.variant is Variant.WHOLE]
    assert [each.frame for each in whole_ones] == [0, 1, 2]
    assert found.damaged is None
    for each, image in zip(whole_ones, frames, strict=True):
        assert distance(each.pdq, reference(image)) <= 31  # small pictures, and palettes shared by frames


def saved_all(frames: list[Image.Image], kind: str) -> bytes:
    if kind != "HEIF":
        return saved(frames[0], kind, save_all=True, append_images=frames[1:])
    heif, file = pillow_heif.from_pillow(frames[0]), io.BytesIO()
    for frame in frames[1:]:
        heif.add_from_pillow(frame)
    heif.save(file, save_all=True, quality=90)
    return file.getvalue()


def test_of_many_frames_eight_are_hashed_evenly_spaced_with_the_first() -> None:
    frames = [picture(seed, 64, 48) for seed in range(20)]
    found = hash_picture(io.BytesIO(saved_all(frames, "GIF")), phash=False)
    assert [each.frame for each in found.hashes if each.variant is Variant.WHOLE] == [0, 2, 5, 7, 10, 12, 15, 17]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (3, [0, 1, 2]), (8, list(range(8))), (9, [0, 1, 2, 3, 4, 5, 6, 7]), (16, list(range(0, 16, 2)))],
)
def test_frames_are_chosen_by_whole_numbers(count: int, expected: list[int]) -> None:
    assert chosen(count, 8) == expected


@pytest.mark.parametrize(
    ("size", "factor"),
    [((2047, 5000), 1), ((2048, 2048), 2), ((4095, 9000), 2), ((4096, 4096), 4), ((20_000, 8192), 8)],
)
def test_pictures_are_reduced_but_never_below_1024(size: tuple[int, int], factor: int) -> None:
    assert reduction(*size) == factor


def test_text_in_a_png_is_no_obstacle() -> None:
    text = PngInfo()
    text.add_text("Comment", "words " * 1000, zip=True)
    assert whole(saved(picture(), "PNG", pnginfo=text)) == whole(saved(picture(), "PNG"))
