"""The parts that are cut out of uploads: frames, bars, captions, neighbours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from tests.unit.hashing.pictures import blocks, noise
from unspread.hashing import MATCH_DISTANCE, Variant, distance, pdq_of
from unspread.hashing.trims import Box, Grey, trims


def picture(seed: int, width: int = 400, height: int = 300) -> Image.Image:
    return Image.fromarray(noise(seed, height, width)).convert("L")


def canvas(size: tuple[int, int], colour: int, image: Image.Image, at: tuple[int, int]) -> Image.Image:
    whole = Image.new("L", size, colour)
    whole.paste(image, at)
    return whole


def found(upload: Image.Image, original: Image.Image) -> set[Variant]:
    """Return the variants whose part of the upload matches the original picture."""
    luma = np.asarray(upload)
    listed, _ = pdq_of(np.asarray(original))
    return {variant for variant, box in trims(luma) if distance(pdq_of(box.of(luma))[0], listed) <= MATCH_DISTANCE}


@pytest.mark.parametrize("colour", [0, 90, 255])
@pytest.mark.parametrize("share", [0.02, 0.05, 0.2])
def test_borders_are_stripped(colour: int, share: float) -> None:
    image, wide = picture(1), round(300 * share)
    upload = canvas((400 + 2 * wide, 300 + 2 * wide), colour, image, (wide, wide))
    assert Variant.SOLID in found(upload, image)


def test_a_border_is_cut_exactly_where_it_ends() -> None:
    upload = canvas((460, 360), 0, picture(1), (30, 30))
    assert (Variant.SOLID, Box(30, 330, 30, 430)) in list(trims(np.asarray(upload)))


def test_a_picture_that_is_white_at_one_side_keeps_it() -> None:
    image = picture(2)
    image.paste(255, (0, 0, 400, 90))
    upload = canvas((440, 340), 255, image, (20, 20))
    assert Variant.EVEN in found(upload, image)
    assert Variant.SOLID not in found(upload, image)


def test_letterboxes_are_stripped() -> None:
    assert Variant.SOLID in found(canvas((400, 711), 0, picture(3), (0, 205)), picture(3))


@pytest.mark.parametrize("colour", [0, 255])
def test_bars_with_text_and_icons_are_cut_off(colour: int) -> None:
    upload = canvas((400, 711), colour, picture(4), (0, 180))
    draw = ImageDraw.Draw(upload)
    for y in (20, 60, 520, 560, 600, 660):
        draw.text((15, y), "21:47 somebody wrote this, and that", 255 - colour)
        draw.rectangle((330, y, 350, y + 12), outline=255 - colour)
    assert Variant.BAR in found(upload, picture(4))


def test_a_blurred_copy_behind_the_picture_is_cut_off() -> None:
    back = picture(5).resize((948, 711)).crop((274, 0, 674, 711)).filter(ImageFilter.GaussianBlur(20))
    back.paste(picture(5), (0, 205))
    assert Variant.FRAME in found(back, picture(5))


def test_a_picture_on_a_page_is_found() -> None:
    upload = canvas((800, 600), 245, picture(6), (230, 140))
    draw = ImageDraw.Draw(upload)
    draw.rectangle((0, 0, 800, 40), fill=200)
    for y in range(60, 560, 24):
        draw.text((20, y), "words of a page", 40)
    assert found(upload, picture(6))


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_pictures_side_by_side_both_are_hashed(swapped: bool) -> None:
    one, other = picture(7), picture(8, 330)
    upload = Image.new("L", (730, 300))
    upload.paste(other if swapped else one, (0, 0))
    upload.paste(one if swapped else other, (330 if swapped else 400, 0))
    assert found(upload, one)
    assert found(upload, other)


@pytest.mark.parametrize("above", [True, False])
def test_captions_of_any_colour_are_cut_off(above: bool) -> None:
    upload = canvas((400, 370), 128, picture(9), (0, 70 if above else 0))
    ImageDraw.Draw(upload).text((20, 20 if above else 320), "A caption, in two or three words", 0)
    assert found(upload, picture(9))


def test_ordinary_pictures_have_no_parts() -> None:
    assert sum(len(list(trims(np.asarray(picture(seed))))) for seed in range(10)) <= 5


@given(st.integers(0, 200), st.integers(1, 150), st.integers(1, 150), st.booleans())
def test_parts_lie_within_the_picture_and_are_few_and_distinct(seed: int, height: int, width: int, flat: bool) -> None:
    luma: Grey = (blocks if flat else noise)(seed, height, width)[:, :, 0]
    boxes = [box for _, box in trims(luma)]
    assert len(boxes) <= 8
    assert len(set(boxes)) == len(boxes)
    for box in boxes:
        assert 0 <= box.top < box.bottom <= height
        assert 0 <= box.left < box.right <= width
        assert box != Box(0, height, 0, width)


@pytest.mark.parametrize("colour", [0, 5, 128, 250, 255])
def test_a_picture_of_one_colour_has_no_parts(colour: int) -> None:
    assert list(trims(np.full((300, 400), colour, np.uint8))) == []
