"""Proofs of work on the wire, and what is answered to one that is not taken."""

import base64
import hashlib
import json
from http import HTTPStatus
from typing import Annotated, Literal

from altcha import Payload
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from unspread.api.problems import RefusedError
from unspread.proof import ProofError, Proofs, Refusal

STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)
"""How the API takes bodies: as they are documented or not at all, and never repeated in an error."""

MOST_SYMBOLS = 2048
"""Longest proof; they have about 700."""

_WORDS = {
    Refusal.EXPIRED: "The proof of work has expired. Get a new challenge at GET /challenge and solve it.",
    Refusal.USED: "The proof of work was used for another request. Get a new challenge at GET /challenge and solve it.",
    Refusal.INVALID: "The proof of work is wrong. Get a new challenge at GET /challenge and solve it.",
}
_NO_PROOF = "This is no solved challenge. Get one at GET /challenge and send it with its solution, in base64."


def _hex(digits: int) -> object:
    return Field(pattern=f"^[0-9a-f]{{{digits}}}$")


class _Wire(BaseModel):
    model_config = STRICT


class ParametersBody(_Wire):
    """The parameters of a challenge, all of them signed. Names are ALTCHA's."""

    algorithm: Literal["PBKDF2/SHA-256"] = Field(description="How keys are derived.")
    cost: Annotated[int, Field(ge=1, description="Iterations of PBKDF2 for each key.")]
    keyLength: Literal[32] = Field(description="Bytes of a key.")  # noqa: N815 - ALTCHA's
    keyPrefix: Annotated[str, _hex(32), Field(description="What the key begins with.")]  # noqa: N815
    nonce: Annotated[str, _hex(32), Field(description="PBKDF2's password, before the counter's four bytes.")]
    salt: Annotated[str, _hex(32), Field(description="PBKDF2's salt.")]
    expiresAt: Annotated[int, Field(description="Seconds since 1970.")]  # noqa: N815


class ChallengeBody(_Wire):
    """A challenge: find the counter whose key begins with `keyPrefix`, counting from 0."""

    parameters: ParametersBody
    signature: Annotated[str, _hex(64)]


class SolutionBody(_Wire):
    """What was found."""

    counter: Annotated[int, Field(ge=0, le=2**32 - 1)]
    derivedKey: Annotated[str, _hex(64)]  # noqa: N815
    time: float | None = None


class ProofBody(_Wire):
    """A challenge and its solution."""

    challenge: ChallengeBody
    solution: SolutionBody

    def payload(self) -> Payload:
        """Return the proof as the library takes it."""
        return Payload.from_dict(self.model_dump())


def _decoded(value: object) -> object:
    if not isinstance(value, str) or len(value) > MOST_SYMBOLS:
        raise ValueError(_NO_PROOF)
    try:
        return json.loads(base64.b64decode(value, validate=True))
    except (ValueError, RecursionError):
        raise ValueError(_NO_PROOF) from None


Proof = Annotated[
    ProofBody,
    BeforeValidator(_decoded),
    WithJsonSchema({"type": "string", "format": "byte", "maxLength": MOST_SYMBOLS}),
    Field(
        description="Base64 of `{challenge, solution: {counter, derivedKey}}` in JSON, as ALTCHA's clients make it: a "
        "challenge of GET /challenge and its solution. Good for one request, and for repeating that same request."
    ),
]


class Proven(_Wire):
    """A body that carries a proof of work."""

    proof: Proof


def redeem(proofs: Proofs, case: str, body: Proven) -> None:
    """Take a body's proof for exactly this case and content. Raises RefusedError."""
    content = body.model_dump_json(exclude={"proof"})
    try:
        proofs.redeem(body.proof.payload(), hashlib.sha256(f"{case} {content}".encode()).hexdigest())
    except ProofError as error:
        kind = f"urn:unspread:proof-{error.refusal}"
        raise RefusedError(HTTPStatus.FORBIDDEN, _WORDS[error.refusal], kind=kind) from None
