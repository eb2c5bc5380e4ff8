"""Bands: every hash within the match distance shares a probe, and look-ups are chosen while they are cheaper."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.bits import flipped
from unspread.bands import PROBES, bands, probes
from unspread.sweep import probing_is_cheaper


@given(st.binary(min_size=32, max_size=32), st.lists(st.integers(0, 255), max_size=31, unique=True))
def test_hashes_within_the_match_distance_share_a_probe(pdq: bytes, bits: list[int]) -> None:
    assert set(probes(pdq)) & set(bands(flipped(pdq, bits)))


def test_the_worst_spread_of_31_bits_shares_a_probe_and_one_of_32_need_not() -> None:
    pdq = bytes(range(32))
    worst = [16 * band + bit for band in range(16) for bit in (0, 9)]
    assert set(probes(pdq)) & set(bands(flipped(pdq, worst[:31])))
    assert not set(probes(pdq)) & set(bands(flipped(pdq, worst)))


def test_there_are_272_different_probes() -> None:
    assert len(set(probes(bytes(32)))) == len(list(probes(bytes(32)))) == PROBES == 272


def test_reading_all_records_is_chosen_when_it_is_cheaper() -> None:
    gigabyte = 2**30
    assert probing_is_cheaper(1, 0)
    assert probing_is_cheaper(7, 0)
    assert not probing_is_cheaper(8, 0)
    assert probing_is_cheaper(100, gigabyte)
    assert not probing_is_cheaper(1000, gigabyte)
