"""Case codes cannot be guessed by their answers: whatever is wrong with one, the answer and the work are the same."""

import random

import pytest

from tests.support.api import CODE, SUBMISSION, Api
from tests.support.faults import failing
from tests.support.world import World
from unspread import case_code


@pytest.fixture
def api(world: World) -> Api:
    api = Api(world.function("submit"))
    assert api("POST", "/submissions", SUBMISSION).status == 201
    return api


def with_other_symbols(count: int) -> str:
    """Return a code of which the last symbols differ from the case's."""
    symbols = list(case_code.normalise(CODE))
    for place in range(len(symbols) - count, len(symbols)):
        symbols[place] = "0" if symbols[place] != "0" else "1"
    return "".join(symbols)


def asked(api: Api, method: str, path: str, code: str) -> tuple[int, str, list[str]]:
    """Return what was answered, and the calls that it took."""
    body = {"items": SUBMISSION["items"]} if method == "POST" else None
    with failing(lambda *_: False) as calls:
        answer = api(method, path, body, {"Authorization": f"Case {code}"})
    return answer.status, answer.text, [call for call in calls.made if call not in _OF_PROOFS]


_OF_PROOFS = {"GetSecretValue", "PutItem"}


@pytest.mark.parametrize(("method", "path"), [("GET", "/case"), ("DELETE", "/case"), ("POST", "/case/items")])
def test_a_code_that_is_nearly_right_is_answered_like_any_other(api: Api, method: str, path: str) -> None:
    """One wrong symbol or twenty: a constant number of look-ups by digest, and nothing compared symbol by symbol."""
    told = [asked(api, method, path, with_other_symbols(count)) for count in (1, 2, 10, 19, 20)]
    assert told[0][0] == 404
    assert told[0][2] == ["Query"], "of the one partition that the digest names"
    assert all(each == told[0] for each in told)


def test_neighbouring_codes_have_nothing_in_common_where_they_are_looked_up() -> None:
    right, near = case_code.digest(CODE), case_code.digest(with_other_symbols(1))
    assert sum(one != other for one, other in zip(near, right, strict=True)) > 40


def test_codes_are_drawn_from_all_there_are() -> None:
    """100 bits from the system's generator: at the API's 50 requests a second, guessing takes 10^20 years."""
    codes = {case_code.normalise(case_code.generate()) for _ in range(2000)}
    assert len(codes) == 2000
    for place in range(case_code.LENGTH):
        assert {code[place] for code in codes} == set(case_code.ALPHABET)


def test_no_code_can_be_foreseen_from_pythons_own_generator() -> None:
    random.seed(1)
    first = case_code.generate()
    random.seed(1)
    assert case_code.generate() != first
