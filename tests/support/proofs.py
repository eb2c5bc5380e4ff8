"""Proofs of work for tests."""

import json
from collections.abc import Callable
from typing import Any

from altcha import Challenge, Payload, create_challenge, solve_challenge

from unspread.cli.challenge import solved
from unspread.proof import ALGORITHM

SECRET = "the secret of the tests, as long as the real one, " + "x" * 14
DISTANT = 4_102_444_800
"""The year 2100."""


def easy(secret: str = SECRET, *, expires_at: int = DISTANT, **parameters: Any) -> str:
    """Return a proof that took no work, as whoever holds the secret can make it."""
    wanted = {"cost": 1, "counter": 1} | parameters
    challenge = create_challenge(ALGORITHM, expires_at=expires_at, hmac_secret=secret, **wanted)
    return solution_of(challenge)


def solution_of(challenge: Challenge) -> str:
    """Solve a challenge, however it was made."""
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


def earned(invoke: Callable[[dict[str, Any]], Any], event: dict[str, Any]) -> str:
    """Get a challenge from a function, by its sample event, and solve it as people's devices do."""
    answer = invoke(event)
    assert answer["statusCode"] == 200, answer
    return solved(json.loads(answer["body"]))
