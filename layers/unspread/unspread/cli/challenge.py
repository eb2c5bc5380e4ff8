"""Solves the challenges of the HTTPS API."""

from typing import Any

from altcha import Challenge, Payload, solve_challenge

from unspread.proof import ALGORITHM

_MOST_COST = 1_000_000
"""PBKDF2 iterations of one try: ten times what an API asks for at most. An address that is no API's cannot keep us busy
for ever."""

_MOST_KEY = 64
_MOST_SECONDS = 300


class ChallengeError(Exception):
    """What was given is no challenge that can be solved."""


def solved(document: dict[str, Any]) -> str:
    """Return a challenge and its solution, as `proof` takes them. Raises ChallengeError."""
    try:
        challenge = Challenge.from_dict(document)
        parameters = challenge.parameters
        affordable = 0 < parameters.cost <= _MOST_COST and 0 < parameters.key_length <= _MOST_KEY
        if parameters.algorithm != ALGORITHM or not affordable:
            raise ChallengeError("its challenge is of another kind.")
        solution = solve_challenge(challenge, timeout=_MOST_SECONDS)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ChallengeError("its challenge cannot be read.") from None
    if solution is None:
        raise ChallengeError("its challenge cannot be solved.")
    return Payload(challenge, solution).to_base64()
