"""All the hashes of a file, and what is loaded to get them."""

import hashlib
import io
import subprocess
import sys
from functools import cache

import imagehash
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.fuzz.hashing_seeds import saved
from tests.unit.hashing.pictures import noise
from unspread.hashing import (
    MINIMUM_QUALITY,
    WINDOW_DISTANCE,
    Digester,
    Variant,
    bit_forms,
    distance,
    hamming,
    hash_picture,
    pdq_of,
    window_hashes,
)
from unspread.hashing.phash import SHORT_SIDE, phash_of


@cache
def picture(seed: int = 1, width: int = 400, height: int = 300) -> Image.Image:
    return Image.fromarray(noise(seed, height, width))


def opened(image: Image.Image, kind: str = "PNG") -> io.BytesIO:
    return io.BytesIO(saved(image, kind))


def test_the_whole_comes_first_and_alone_has_a_phash() -> None:
    framed = Image.new("RGB", (480, 380))
    framed.paste(picture(), (40, 40))
    first, *parts = hash_picture(opened(framed)).hashes
    assert (first.variant, first.frame) == (Variant.WHOLE, 0)
    assert first.phash is not None
    assert parts
    assert all(part.phash is None and part.variant is not Variant.WHOLE for part in parts)


def test_the_phash_is_that_of_imagehash() -> None:
    image = picture(width=SHORT_SIDE + 100, height=2 * SHORT_SIDE - 1)
    found = hash_picture(opened(image)).hashes[0].phash
    assert found is not None
    assert found.hex() == str(imagehash.phash(image))


def test_reducing_large_pictures_first_hardly_moves_the_phash() -> None:
    images = [picture(seed, 900, 700).convert("L") for seed in range(4)]
    distances = [distance(phash_of(np.asarray(image)), bytes.fromhex(str(imagehash.phash(image)))) for image in images]
    assert max(distances) <= 2
    assert np.median(distances) == 0


def test_the_phash_can_be_left_out() -> None:
    assert hash_picture(opened(picture()), phash=False).hashes[0].phash is None


def test_frames_that_look_the_same_are_kept_once() -> None:
    frames = [picture(seed, 120, 90) for seed in (1, 2, 1, 2, 1)]
    found = hash_picture(io.BytesIO(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)))
    assert len({each.pdq for each in found.hashes}) == len(found.hashes)
    assert [each.frame for each in found.hashes if each.variant is Variant.WHOLE] == [0, 1]


def test_of_what_says_too_little_the_whole_is_kept_with_its_quality() -> None:
    gradient = Image.linear_gradient("L").resize((400, 300))
    (only,) = hash_picture(opened(gradient)).hashes
    assert only.variant is Variant.WHOLE
    assert 0 <= only.quality < MINIMUM_QUALITY
    assert only.phash is not None
    assert only.phash.hex() == str(imagehash.phash(gradient.reduce(2)))


def test_a_whole_of_low_quality_is_kept_beside_its_good_part() -> None:
    framed = Image.new("L", (2000, 1500), 255)
    framed.paste(picture(3, 800, 600).convert("L"), (600, 450))
    found = hash_picture(opened(framed))
    first, *parts = found.hashes
    assert first.variant is Variant.WHOLE
    assert parts
    assert all(part.quality >= MINIMUM_QUALITY for part in parts)
    assert found.quality == max(each.quality for each in found.hashes)


def test_all_wholes_come_before_all_parts() -> None:
    frames = []
    for seed in (1, 2):
        frames.append(Image.new("RGB", (200, 160)))
        frames[-1].paste(picture(seed, 160, 120), (20, 20))
    found = hash_picture(io.BytesIO(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)))
    wholes = [each.variant is Variant.WHOLE for each in found.hashes]
    assert wholes[:2] == [True, True]
    assert not any(wholes[2:])
    assert {each.frame for each in found.hashes[2:]} == {0, 1}


def test_parts_have_the_hashes_of_their_pixels() -> None:
    one, other = picture(7), picture(8, 330)
    both = Image.new("L", (730, 300))
    both.paste(one.convert("L"), (0, 0))
    both.paste(other.convert("L"), (400, 0))
    parts = [each.pdq for each in hash_picture(opened(both)).hashes if each.variant is not Variant.WHOLE]
    assert [min(distance(pdq_of(luma(each))[0], part) for part in parts) for each in (one, other)] == [0, 0]


def test_turned_hashes_are_those_of_the_turned_pictures() -> None:
    image = picture()
    found = hash_picture(opened(image), turned=True)
    assert len(found.turned) == 7
    mirrored = hash_picture(opened(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))).hashes[0].pdq
    assert min(distance(mirrored, each) for each in found.turned) <= 16  # samples are not symmetric
    assert hash_picture(opened(image)).turned == ()
    assert hash_picture(opened(Image.new("L", (300, 300))), turned=True).turned == ()


def test_the_file_may_stand_anywhere() -> None:
    file = opened(picture())
    file.seek(0, io.SEEK_END)
    assert hash_picture(file).hashes


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(*sys.modules)"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(child.stdout.split())


def test_nothing_heavy_is_loaded_before_it_is_needed(tmp_path: object) -> None:
    png = f"{tmp_path}/picture.png"
    picture().save(png)
    modules = loaded_after("import unspread.hashing")
    assert not modules & {"imagehash", "scipy", "pywt", "pillow_heif", "boto3", "pdqhash"}
    call = f"from unspread.hashing import hash_picture; hash_picture(open({png!r}, 'rb'), phash=False)"
    assert not loaded_after(call) & {"imagehash", "scipy", "pillow_heif"}
    assert {"imagehash", "scipy"} <= loaded_after(call.replace(", phash=False", ""))


def test_digests_are_those_of_hashlib_however_the_chunks_fall() -> None:
    data = np.random.default_rng(1).bytes(100_000)
    digester = Digester()
    for start in range(0, len(data), 777):
        digester.update(data[start : start + 777])
    expected = hashlib.sha256(data).digest(), hashlib.md5(data, usedforsecurity=False).digest(), len(data)
    for digests in (digester.result(), Digester.of([data]), Digester.of([data[:5], b"", data[5:]])):
        assert (digests.sha256, digests.md5, digests.size) == expected
    assert Digester().result().size == 0


def luma(image: Image.Image) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.asarray(image.convert("L"))


def near(uploads: NDArray[np.uint8], windows: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell of each window whether an upload's hash lies within the distance, in any form."""
    found: NDArray[np.bool_] = (hamming(bit_forms(uploads).reshape(-1, 32), windows) <= WINDOW_DISTANCE).any(axis=0)
    return found


@pytest.mark.parametrize(
    "box", [(10, 7, 390, 293), (0, 0, 400, 270), (40, 0, 400, 300), (40, 30, 360, 270), (20, 15, 380, 285)]
)
def test_crops_are_suspected_by_the_windows_of_the_listed_picture(box: tuple[int, int, int, int]) -> None:
    listed = [window_hashes(luma(picture(seed))) for seed in range(6)]
    rows, owner = np.concatenate(listed), np.repeat(np.arange(6), [len(each) for each in listed])
    crop = hash_picture(opened(picture(4).crop(box), "JPEG")).hashes
    uploads = np.stack([np.frombuffer(each.pdq, np.uint8) for each in crop])
    assert set(owner[near(uploads, rows)]) == {4}
    assert set(owner[near(bit_forms(uploads)[5], rows)]) == {4}  # and mirrored ones


def test_a_tilted_copy_is_suspected() -> None:
    tilted = hash_picture(opened(picture(2, 600, 450).rotate(5))).hashes[:1]
    uploads = np.stack([np.frombuffer(each.pdq, np.uint8) for each in tilted])
    assert near(uploads, window_hashes(luma(picture(2, 600, 450)))).any()
    assert not near(uploads, window_hashes(luma(picture(3, 600, 450)))).any()


def test_a_picture_has_31_windows_and_one_colour_none() -> None:
    assert window_hashes(luma(picture(1, 1300, 1100))).shape == (31, 32)
    assert window_hashes(np.full((300, 400), 9, np.uint8)).shape == (0, 32)
