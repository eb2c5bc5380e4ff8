"""Proof of work: an anonymous request costs its sender a second of computing, and tells nothing about the sender.

The protocol is ALTCHA's (https://altcha.org), version 2: a challenge is a nonce, a salt and the first half of a key;
who solves it has found the counter from which PBKDF2 derives that key. The server signs challenges and keeps none.

A proof is good for one request. What it was used for is noted before the request is carried out, so that the same
request may be repeated with the same proof, even after the challenge has expired, and no other request may be made
with it.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from altcha import Challenge, Payload, VerifySolutionResult, create_challenge, verify_solution

ALGORITHM = "PBKDF2/SHA-256"
MOST_TRIES = 1000
"""The counter is drawn evenly from 1 to this: half of it is tried on average, and no phone tries longer. A range that
began higher would cost the honest, who try from 0, more than those who know the range."""

_KEPT = 86400
"""Seconds for which it is known what a proof was used for; longer than any challenge lives."""


class Refusal(StrEnum):
    """Why a proof is not taken."""

    EXPIRED = "expired"  # its challenge
    USED = "used"  # for another request
    INVALID = "invalid"  # its challenge is not ours, or was changed, or is not solved


class ProofError(Exception):
    """A proof that is not taken."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Secrets(Protocol):
    """The secret that challenges are signed with."""

    def current(self) -> str:
        """Return the secret to sign with."""

    def accepted(self) -> Iterable[str]:
        """Return the secrets that a signature may be made with, the likeliest first; at least one."""


class UsedProofs(Protocol):
    """What proofs were used for."""

    def take(self, proof: str, request: str, expires: int) -> bool:
        """Note that a proof is used for a request, unless it was used before. Tell whether it is for this request."""

    def is_for(self, proof: str, request: str) -> bool:
        """Tell whether a proof was used for this request."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """Makes challenges and takes proofs. `cost` is in PBKDF2 iterations for each try, `lifetime` in seconds."""

    secrets: Secrets
    used: UsedProofs
    cost: int
    lifetime: int
    clock: Callable[[], float] = time.time

    def challenge(self) -> Challenge:
        """Return a new challenge."""
        return create_challenge(
            ALGORITHM,
            self.cost,
            counter=1 + secrets.randbelow(MOST_TRIES),
            expires_at=int(self.clock()) + self.lifetime,
            hmac_secret=self.secrets.current(),
        )

    def redeem(self, proof: Payload, request: str) -> None:
        """Take a proof for a request, named by a digest of all that it asks for.

        Raises:
            ProofError: the proof is not good for this request.
        """
        outcome = self._verify(proof)
        name = hashlib.sha256((proof.challenge.signature or "").encode()).hexdigest()
        if outcome.expired:
            if not self.used.is_for(name, request):
                raise ProofError(Refusal.EXPIRED)
        elif not outcome.verified:
            raise ProofError(Refusal.INVALID)
        elif not self.used.take(name, request, int(self.clock()) + _KEPT):
            raise ProofError(Refusal.USED)

    def _verify(self, proof: Payload) -> VerifySolutionResult:
        """Check expiry, signature, which covers every parameter of the challenge, and solution, in this order."""
        outcomes = (verify_solution(proof, secret) for secret in self.secrets.accepted())
        outcome = next(outcomes)
        while outcome.invalid_signature and (with_another := next(outcomes, None)):
            outcome = with_another
        return outcome
