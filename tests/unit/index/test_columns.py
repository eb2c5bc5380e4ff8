"""The order of bits in the columns, on which the shared counts rest."""

import numpy as np
import pytest

from tests.unit.index.reference import random_rows
from unspread.hashing import bit_forms
from unspread.index.columns import columns_of, rows_of


@pytest.mark.parametrize("bits", [64, 128, 192, 256, 512])
def test_rows_come_back_from_columns(bits: int) -> None:
    rows = random_rows(np.random.default_rng(bits), 1_000, bits)

    assert columns_of(rows).shape == (bits // 64, 1_000)
    assert (rows_of(columns_of(rows)) == rows).all()


def test_columns_keep_distances() -> None:
    one, other = random_rows(np.random.default_rng(0), 2_000).reshape(2, 1_000, 32)

    expected = np.bitwise_count(one ^ other).sum(axis=1)

    assert (np.bitwise_count(columns_of(one) ^ columns_of(other)).sum(axis=0) == expected).all()


def test_the_eight_forms_are_two_families_whose_words_are_equal_or_complements() -> None:
    for pdq in random_rows(np.random.default_rng(1), 50):
        words = columns_of(bit_forms(pdq[None]).reshape(8, 32))
        up_to_complement = np.minimum(words, ~words)

        assert len(np.unique(up_to_complement.T, axis=0)) == 2
