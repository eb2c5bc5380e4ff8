"""Page tokens: they bring their position back, to whom they belong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.exchange.pulled import SECRET
from unspread import ulid
from unspread.exchange.page_token import PageTokenError, Position, seal, unseal


def test_a_token_brings_its_position_back() -> None:
    position = Position(ulid.at(123_456_789), 7, 42_000, 40, 99)
    assert unseal(seal(position, SECRET), SECRET) == position


def test_another_participants_token_is_refused() -> None:
    with pytest.raises(PageTokenError, match="none of yours"):
        unseal(seal(Position.at(10), SECRET), b"other" * 6)


@pytest.mark.parametrize("token", ["A", "AAAA", "é", "=" * 4, "A" * 500, "\ud800", "AAAA\n", " "])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(PageTokenError, match="none of yours"):
        unseal(token, SECRET)


@given(st.integers(0, 121), st.integers(1, 63))
def test_a_forged_token_is_refused(at: int, change: int) -> None:
    symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = seal(Position.at(10), SECRET)
    at %= len(token) - 1  # the last symbol holds bits that mean nothing
    forged = token[:at] + symbols[(symbols.index(token[at]) + change) % 64] + token[at + 1 :]
    with pytest.raises(PageTokenError):
        unseal(forged, SECRET)


def test_an_ancient_token_is_refused() -> None:
    token = seal(Position.at(10), SECRET, clock=lambda: 1000)
    assert unseal(token, SECRET, clock=lambda: 1000 + 86400) == Position.at(10)
    with pytest.raises(PageTokenError, match="too old"):
        unseal(token, SECRET, clock=lambda: 1000 + 86401)
