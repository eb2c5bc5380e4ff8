"""The bit forms as a group of isometries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.unit.hashing.pictures import noise
from unspread.hashing import Form, bit_forms, distance, hamming, inverse, pdq_of
from unspread.hashing.pdq import luma_of_rgb, pixel_forms_of

hashes = st.binary(min_size=32, max_size=32)


def rows(*values: bytes) -> NDArray[np.uint8]:
    return np.stack([np.frombuffer(value, np.uint8) for value in values])


def apply(form: Form, value: bytes) -> bytes:
    return bytes(bit_forms(rows(value))[form, 0])


@given(hashes)
def test_the_first_form_is_the_hash_itself(value: bytes) -> None:
    assert apply(Form.IDENTITY, value) == value


@given(hashes, st.sampled_from(Form))
def test_every_form_has_its_inverse(value: bytes, form: Form) -> None:
    assert apply(inverse(form), apply(form, value)) == value
    assert apply(form, apply(inverse(form), value)) == value


def test_the_forms_are_eight_and_closed_under_composition() -> None:
    value = np.random.default_rng(1).bytes(32)
    forms = {apply(form, value): form for form in Form}
    assert len(forms) == 8
    table = np.array([[forms[apply(second, apply(first, value))] for second in Form] for first in Form])
    for line in (*table, *table.T):
        assert sorted(line) == list(range(8))
    assert table[Form.ROTATE_90, Form.ROTATE_90] == Form.ROTATE_180
    assert table[Form.ROTATE_90, Form.ROTATE_180] == Form.ROTATE_270
    assert table[Form.FLIP_ROWS, Form.FLIP_COLUMNS] == Form.ROTATE_180


@given(hashes, hashes, st.sampled_from(Form))
def test_every_form_keeps_distances(a: bytes, b: bytes, form: Form) -> None:
    assert distance(apply(form, a), apply(form, b)) == distance(a, b)


@given(hashes, hashes)
def test_it_makes_no_difference_which_side_is_transformed(a: bytes, b: bytes) -> None:
    one = hamming(bit_forms(rows(a))[:, 0], rows(b)).min()
    other = hamming(rows(a), bit_forms(rows(b))[:, 0]).min()
    assert one == other


def test_the_forms_are_near_the_hashes_of_the_turned_and_mirrored_pictures() -> None:
    for seed in range(20):
        luma = luma_of_rgb(noise(seed, 240, 320))
        pixels, _ = pixel_forms_of(luma)
        distances = [distance(apply(form, pixels[0]), pixels[form]) for form in Form]
        assert distances[Form.IDENTITY] == distances[Form.TRANSPOSE] == 0
        assert max(distances) <= 48


def test_the_forms_are_named_after_what_happens_to_the_picture() -> None:
    luma = luma_of_rgb(noise(3, 256, 256))
    quarter, half, three_quarters = np.rot90(luma, 3), np.rot90(luma, 2), np.rot90(luma)
    pictures = (luma, quarter, half, three_quarters, luma[::-1], luma[:, ::-1], luma.T, luma[::-1, ::-1].T)
    hashed = [pdq_of(np.ascontiguousarray(turned))[0] for turned in pictures]
    pixels, _ = pixel_forms_of(luma)
    names = [min(Form, key=lambda form: distance(pixels[form], each)) for each in hashed]
    assert sorted(names) == list(Form)
    assert names[Form.IDENTITY] == Form.IDENTITY
    assert names[Form.ROTATE_180] == Form.ROTATE_180
    assert names[Form.TRANSPOSE] == Form.TRANSPOSE
    assert names[Form.FLIP_ROWS] == Form.FLIP_ROWS
    assert names[Form.FLIP_COLUMNS] == Form.FLIP_COLUMNS


@given(st.lists(hashes, min_size=1, max_size=5), st.lists(hashes, min_size=1, max_size=5))
def test_hamming_counts_differing_bits(a: list[bytes], b: list[bytes]) -> None:
    expected = [[distance(one, other) for other in b] for one in a]
    assert hamming(rows(*a), rows(*b)).tolist() == expected
    assert hamming(rows(*a)[0], rows(*b)).tolist() == expected[:1]


@pytest.mark.parametrize("wrong", [np.zeros(32, np.uint8), np.zeros((2, 31), np.uint8), np.zeros((2, 32), np.int64)])
def test_other_arrays_are_refused(wrong: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="shape"):
        bit_forms(wrong)
