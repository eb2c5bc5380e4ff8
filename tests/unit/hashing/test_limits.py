"""Hostile files: one clear error per cause, before memory or time are spent."""

import io
import re
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.fuzz.hashing_seeds import saved, seeds
from tests.unit.hashing.pictures import noise
from unspread.hashing import HashingError, Limits, PictureHashes, Reason, UnsupportedError, Variant, hash_picture
from unspread.hashing.frames import read_picture
from unspread.hashing.limits import DEFAULT_LIMITS

SEEDS = seeds()
ROOT = Path(__file__).parents[3]


def refused(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Reason:
    with pytest.raises(HashingError) as caught:
        hash_picture(io.BytesIO(data), limits)
    message = str(caught.value)
    assert message.endswith(".")
    assert not re.search("[0-9a-f]{16}", message)
    return caught.value.reason


def hashed(data: bytes, limits: Limits = DEFAULT_LIMITS) -> PictureHashes:
    return hash_picture(io.BytesIO(data), limits, phash=False)


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *between: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(between) + chunk(b"IDAT", zlib.compress(bytes(64))) + chunk(b"IEND")


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg_header(width: int, height: int, *, marker: int = 0xC0, components: int = 3) -> bytes:
    parts = b"".join(bytes([number + 1, 0x11, 0]) for number in range(components))
    frame = segment(marker, struct.pack(">BHHB", 8, height, width, components) + parts)
    return b"\xff\xd8" + frame + segment(0xDA, bytes([components]) + bytes(2 * components + 3))


def gif(width: int, height: int, frames: int) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def tiff(pages: int, *, loop: bool = False, width: int = 16, extra: tuple[int, int, int] | None = None) -> bytes:
    """Return a chain of pages; `extra` is the type, count and offset of one more tag in each."""
    entries = [(256, 3, 1, width), (257, 3, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8),
               (277, 3, 1, 1), (278, 3, 1, 16), (279, 4, 1, 256)]  # fmt: skip
    entries += [(40_000, *extra)] if extra else []
    size, first = 2 + 12 * len(entries) + 4, 8 + 256
    data = bytearray(b"II*\0" + struct.pack("<I", first) + bytes(range(256)))
    for page in range(pages):
        following = first + (page + 1) * size if page + 1 < pages else first if loop else 0
        data += struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
        data += struct.pack("<I", following)
    return bytes(data)


def bmp(width: int, height: int, body: bytes, packing: int = 0, bits: int = 24) -> bytes:
    palette = b"\0\0\0\0" * 256 if bits == 8 else b""
    offset = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + header + palette + body


def webp(width: int, height: int) -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little") + bytes(40)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def avif_of(width: int, height: int) -> bytes:
    data = SEEDS["avif"]
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def test_an_empty_file_says_so() -> None:
    assert refused(b"") is Reason.EMPTY


@pytest.mark.parametrize(
    "data",
    [b"x", b"%PDF-1.7 ...", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\0\0\0\x20ftypmp42" + bytes(40), b"PK\3\4",
     b"\x00\x00\x01\x00" + bytes(60), b"\xff\x0a" + bytes(60), b"<html>" + SEEDS["jpeg"], bytes(1000)],
)  # fmt: skip
def test_what_is_no_picture_is_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedError):
        hashed(data)


def test_formats_are_told_by_content_and_not_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "picture.gif"
    path.write_bytes(SEEDS["png"])
    with path.open("rb") as file:
        assert hash_picture(file).format == "PNG"


@pytest.mark.parametrize("name", SEEDS)
def test_what_follows_a_picture_is_ignored(name: str) -> None:
    plain, followed = (
        hashed(SEEDS[name]),
        hashed(SEEDS[name] + (b"" if name in {"avif", "heif"} else b"PK\3\4" + bytes(500))),
    )
    assert followed.hashes == plain.hashes
    assert followed.damaged is None


BOMBS = {
    "PNG": png(60_000, 60_000),
    "PNG with an overflowing product": png(2**31 - 1, 2**31 - 1),
    "JPEG": jpeg_header(65_500, 65_500),
    "GIF": gif(65_535, 65_535, 1),
    "TIFF": tiff(1, width=65_535).replace(struct.pack("<HHII", 257, 3, 1, 16), struct.pack("<HHII", 257, 3, 1, 65_535)),
    "BMP": bmp(100_000, 100_000, b""),
    "WebP": webp(16_384, 16_384),
    "AVIF": avif_of(60_000, 60_000),
    "strip": png(200_000_000, 1),
}


@pytest.mark.parametrize("name", BOMBS)
def test_too_many_pixels_are_refused_by_the_header(name: str) -> None:
    start = time.process_time()
    assert refused(BOMBS[name]) is Reason.TOO_MANY_PIXELS
    assert time.process_time() - start < 0.5


def test_a_frame_that_enlarges_the_canvas_is_measured() -> None:
    data = gif(10, 10, 1).replace(struct.pack("<HHHH", 0, 0, 1, 1), struct.pack("<HHHH", 60_000, 60_000, 1, 1))
    assert refused(data) is Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "data",
    [png(10_000, 10_000, colour=6), jpeg_header(9_900, 9_900, marker=0xC2), webp(8_000, 8_000), avif_of(9_000, 9_000)],
    ids=["PNG", "progressive JPEG", "WebP", "AVIF"],
)
def test_what_would_take_too_much_memory_is_refused(data: bytes) -> None:
    assert refused(data, Limits(memory=256 * 1024 * 1024)) is Reason.TOO_MUCH_MEMORY


def test_too_many_bytes_are_refused() -> None:
    assert refused(SEEDS["jpeg"], Limits(bytes=1000)) is Reason.TOO_MANY_BYTES


@pytest.mark.parametrize("name", [name for name in SEEDS if name not in {"bmp palette", "tiff pages"}])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9])
def test_a_file_cut_off_is_never_whole(name: str, share: float) -> None:
    data = SEEDS[name][: max(20, int(len(SEEDS[name]) * share))]
    try:
        found = hashed(data)
    except HashingError as error:
        assert error.reason in {Reason.TRUNCATED, Reason.DAMAGED}  # noqa: PT017  either end is right
    else:
        assert found.damaged in {Reason.TRUNCATED, Reason.DAMAGED}


def test_the_decoded_part_of_a_cut_off_picture_is_hashed() -> None:
    data = saved(Image.fromarray(noise(1, 300, 400)), "JPEG", quality=90)
    for name, cut in (("JPEG", data[: len(data) * 3 // 4]), ("PNG", SEEDS["png"][: len(SEEDS["png"]) * 3 // 4])):
        found = hashed(cut)
        assert found.damaged is Reason.TRUNCATED, name
        assert len(found.hashes) >= 1, name


def test_frames_before_the_damage_are_hashed() -> None:
    frames = [Image.fromarray(noise(seed, 90, 120)) for seed in range(4)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    found = hashed(data[: len(data) * 2 // 3])
    assert found.damaged is not None
    assert {each.frame for each in found.hashes} >= {0, 1}


NONSENSE = {
    "JPEG": b"\xff\xd8\xff" + bytes(100),
    "PNG of no width": png(0, 10),
    "PNG colour type": png(10, 10, colour=5),
    "PNG of zeros": SEEDS["png"][:40] + bytes(200),
    "BMP of no width": bmp(0, 5, b""),
    "TIFF without width": tiff(1).replace(b"\0\1\3\0", b"\0\x7f\3\0", 1),
    "AVIF without size": SEEDS["avif"].replace(b"ispe", b"xspe"),
    "WebP of another kind": b"RIFF\x30\0\0\0WEBPXXXX" + bytes(60),
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_damaged(data: bytes) -> None:
    assert refused(data) is Reason.DAMAGED


METADATA = {
    "JPEG segments": b"\xff\xd8" + segment(0xE1, bytes(65_000)) * 300 + SEEDS["jpeg"][2:],
    "JPEG small segments": b"\xff\xd8" + segment(0xFE, b"") * 100_000 + SEEDS["jpeg"][2:],
    "JPEG padding": b"\xff\xd8" + b"\xff" * 5_000_000 + SEEDS["jpeg"][2:],
    "PNG chunk": SEEDS["png"][:33] + chunk(b"tEXt", b"k\0" + bytes(17_000_000)) + SEEDS["png"][33:],
    "PNG small chunks": SEEDS["png"][:33] + chunk(b"tEXt", b"k\0v") * 150_000 + SEEDS["png"][33:],
    "PNG text bomb": SEEDS["png"][:33]
    + chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(50_000_000)))
    + SEEDS["png"][33:],
    "GIF comments": gif(1, 1, 0)[:-1] + b"\x21\xfe" + (b"\xff" + bytes(255)) * 70_000 + b"\0" + gif(1, 1, 1)[19:],
    "TIFF tags": tiff(1, extra=(1, 17_000_000, 8)) + bytes(17_000_000),
}


@pytest.mark.parametrize("name", METADATA)
def test_too_much_metadata_is_refused(name: str) -> None:
    start = time.process_time()
    assert refused(METADATA[name]) is Reason.TOO_MUCH_METADATA
    assert time.process_time() - start < 2


def test_tags_that_share_their_bytes_are_counted_each() -> None:
    assert (
        refused(tiff(40, extra=(1, 900_000, 8)) + bytes(1_000_000), Limits(metadata=800_000))
        is Reason.TOO_MUCH_METADATA
    )
    found = hashed(tiff(40, extra=(1, 900_000, 8)) + bytes(1_000_000), Limits(metadata=5_000_000))
    assert found.damaged is Reason.TOO_MUCH_METADATA


def test_a_progressive_jpeg_of_thousands_of_scans_is_too_slow() -> None:
    scan = segment(0xDA, bytes([1, 1, 0, 0, 0, 0x10])) + b"\0"
    assert refused(jpeg_header(3000, 3000, marker=0xC2) + scan * 5_000) is Reason.TOO_SLOW


def test_a_packed_bmp_that_takes_too_long_is_refused() -> None:
    assert refused(bmp(9_000, 9_000, bytes(12_000_000), packing=1, bits=8)) is Reason.TOO_SLOW


@pytest.mark.parametrize("frames", [2_001, 100_000])
def test_an_endless_animation_is_hashed_as_far_as_it_goes_and_never_whole(frames: int) -> None:
    start = time.process_time()
    found = hashed(gif(8, 8, frames))
    assert found.damaged in {Reason.TOO_MANY_FRAMES, Reason.TOO_SLOW}
    assert time.process_time() - start < 5


def test_many_small_blocks_leave_the_first_frame() -> None:
    start = time.process_time()
    data = gif(64, 64, 1)[:-1] + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02" + b"\x01\0" * 1_500_000
    assert hashed(data).damaged is Reason.TOO_SLOW
    assert time.process_time() - start < 5


@pytest.mark.parametrize("loop", [True, False])
def test_a_deep_chain_of_pages_ends(loop: bool) -> None:
    start = time.process_time()
    found = hashed(tiff(1_000 if loop else 50_000, loop=loop))
    assert found.damaged is (None if loop else Reason.TOO_MANY_FRAMES)
    assert time.process_time() - start < 5


def test_frames_that_take_too_long_end_the_reading() -> None:
    frames = [Image.fromarray(noise(seed, 48, 64)) for seed in range(10)]
    ticks = iter(range(1000))
    data = io.BytesIO(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    found = read_picture(data, Limits(seconds=4), clock=lambda: float(next(ticks)))
    assert found.damaged is Reason.TOO_SLOW
    assert [index for index, _ in found.frames] == [0, 1, 2, 3]


@pytest.mark.parametrize("shape", [(1, 30_000), (30_000, 1), (4, 4), (1, 1), (5, 70_000)])
def test_strips_and_dots_have_no_quality_and_no_parts(shape: tuple[int, int]) -> None:
    found = hash_picture(io.BytesIO(saved(Image.new("L", shape, 128), "PNG")))
    assert [(each.variant, each.quality, len(each.phash or b"")) for each in found.hashes] == [(Variant.WHOLE, 0, 8)]
    assert (found.quality, found.damaged) == (0, None)


@pytest.mark.parametrize(("width", "height"), [(1, 99_000_000), (5, 20_000_000)])
def test_rows_without_end_take_too_much_memory(width: int, height: int) -> None:
    data = saved(Image.new("L", (2, 2)), "PNG")
    head = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
    assert refused(data[:12] + head + zlib.crc32(head).to_bytes(4) + data[33:]) is Reason.TOO_MUCH_MEMORY


@pytest.mark.parametrize("name", ["pixels", "bytes", "frames", "walk", "memory", "metadata", "seconds"])
def test_limits_of_nothing_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})


def test_a_limit_that_pillow_would_not_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        Limits(pixels=200_000_000)


LARGEST = {
    "PNG RGBA": ("PNG", "RGBA", (9_900, 9_900), {"compress_level": 1}),
    "PNG grey": ("PNG", "L", (9_990, 9_990), {"compress_level": 1}),
    "JPEG": ("JPEG", "RGB", (9_990, 9_990), {}),
    "progressive JPEG": ("JPEG", "RGB", (8_000, 8_000), {"progressive": True}),
    "WebP": ("WEBP", "RGB", (4_600, 4_600), {"method": 0}),
    "AVIF": ("AVIF", "RGB", (5_200, 5_200), {"speed": 10}),
    "BMP": ("BMP", "RGB", (4_500, 4_500), {}),
    "TIFF": ("TIFF", "RGB", (9_000, 9_000), {"compression": "tiff_deflate"}),
    "PNG strip": ("PNG", "L", (6_000_000, 16), {"compress_level": 1}),
}


@pytest.mark.parametrize("name", LARGEST)
def test_the_largest_pictures_stay_within_512_megabytes_and_5_seconds(name: str, tmp_path: Path) -> None:
    kind, mode, size, options = LARGEST[name]
    path = tmp_path / "picture"
    colour = 77 if mode == "L" else (77, 99, 200, 100)[: len(mode)]
    making = (
        f"from PIL import Image; Image.new({mode!r}, {size!r}, {colour!r}).save({str(path)!r}, {kind!r}, **{options!r})"
    )
    subprocess.run([sys.executable, "-c", making], check=True)
    hashing = f"""
import time
from tests.benchmarks.hashing_report import peak_megabytes
from unspread.hashing import HashingError, hash_picture
start = time.process_time()
try:
    print(hash_picture(open({str(path)!r}, "rb")).format)
except HashingError as error:
    print(error.reason)
print(time.process_time() - start, peak_megabytes())
"""
    child = subprocess.run([sys.executable, "-c", hashing], check=True, capture_output=True, text=True, cwd=ROOT)
    end, figures = child.stdout.splitlines()
    seconds, megabytes = map(float, figures.split())
    assert end in {kind, Reason.TOO_MUCH_MEMORY}
    assert megabytes < 512, f"{end}: {megabytes:.0f} MB"
    assert seconds < 5
