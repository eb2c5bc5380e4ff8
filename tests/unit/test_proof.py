"""Proofs of work: a solved challenge is good for one request, and nothing else is."""

import base64
import json
import time
from types import SimpleNamespace
from typing import Any

import pytest
from altcha import Challenge, Payload, Solution, create_challenge
from botocore.exceptions import ClientError
from pydantic import ValidationError

from tests.support import proofs
from tests.support.faults import denied, failing
from tests.support.world import World
from unspread import aws
from unspread.assembly import listing
from unspread.cli.challenge import solved
from unspread.proof import MOST_TRIES, ProofError, Proofs, Refusal
from unspread.settings import SubmitSettings
from unspread.stores.proof_secret import ProofSecret

REQUEST = "1" * 64
ANOTHER = "2" * 64
LIFETIME = 600


@pytest.fixture
def taken(world: World) -> Proofs:
    """The proofs of work, as the function puts them together."""
    return listing.proofs(SubmitSettings.load())


def payload(text: str) -> Payload:
    return Payload.from_base64(text)


def easy(secret: str = proofs.SECRET, **parameters: Any) -> Payload:
    return payload(proofs.easy(secret, **parameters))


def refusal(taken: Proofs, proof: Payload, request: str = REQUEST) -> Refusal:
    with pytest.raises(ProofError) as refused:
        taken.redeem(proof, request)
    return refused.value.refusal


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the library's clock be ahead."""
    clock = SimpleNamespace(time=lambda: time.time() + seconds, monotonic=time.monotonic)
    monkeypatch.setattr("altcha.v2.time", clock)


def items(world: World) -> list[dict[str, Any]]:
    return [dict(item) for item in aws.dynamodb().scan(TableName="CaseTable")["Items"]]


# ---------------------------------------------------------------------------------------------------- solving


def test_a_solved_challenge_is_taken_for_one_request_alone(taken: Proofs) -> None:
    proof = payload(solved(taken.challenge().to_dict()))
    taken.redeem(proof, REQUEST)
    assert refusal(taken, proof, ANOTHER) is Refusal.USED
    taken.redeem(proof, REQUEST)


def test_a_challenge_asks_for_what_the_settings_say(taken: Proofs) -> None:
    parameters = taken.challenge().parameters
    assert (parameters.algorithm, parameters.cost, parameters.key_length) == ("PBKDF2/SHA-256", 1000, 32)
    assert parameters.expires_at is not None
    assert LIFETIME - 5 <= parameters.expires_at - taken.clock() <= LIFETIME


@pytest.mark.parametrize(
    ("name", "value"), [("PROOF_COST", "999"), ("PROOF_COST", "0"), ("PROOF_MINUTES", "0"), ("PROOF_MINUTES", "61")]
)
def test_proofs_that_cost_nothing_or_live_long_cannot_be_set(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        SubmitSettings.load()


def test_no_two_challenges_are_alike(taken: Proofs) -> None:
    assert len({taken.challenge().signature for _ in range(20)}) == 20


def test_no_challenge_takes_more_tries_than_said_and_none_is_given_away(
    taken: Proofs, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters: list[int] = []

    def seen(*arguments: Any, counter: int, **more: Any) -> Challenge:
        counters.append(counter)
        return create_challenge(*arguments, counter=counter, **more)

    monkeypatch.setattr("unspread.proof.create_challenge", seen)
    for drawn in (0, MOST_TRIES - 1):
        monkeypatch.setattr("unspread.proof.secrets.randbelow", lambda most, drawn=drawn: min(drawn, most - 1))
        challenge = taken.challenge()
        assert payload(solved(challenge.to_dict())).solution.counter == counters[-1]
    assert counters == [1, MOST_TRIES]


# ---------------------------------------------------------------------------------------------------- refusing


@pytest.mark.parametrize(
    "change",
    [
        {"cost": 1},
        {"algorithm": "SHA-256"},
        {"algorithm": "PBKDF2/SHA-512"},
        {"keyLength": 1},
        {"keyPrefix": ""},
        {"keyPrefix": "00"},
        {"nonce": "00" * 16},
        {"salt": "00" * 16},
        {"expiresAt": proofs.DISTANT + 1},
        {"expiresAt": None},
        {"data": {"free": True}},
    ],
)
def test_a_challenge_that_was_made_easier_is_refused(taken: Proofs, world: World, change: dict[str, Any]) -> None:
    """Solved anew after the change, so that the signature alone is at fault."""
    document = create_challenge(
        "PBKDF2/SHA-256", 2, counter=1, expires_at=proofs.DISTANT, hmac_secret=proofs.SECRET
    ).to_dict()
    document["parameters"] |= change
    changed = Challenge.from_dict(document)
    derived = Payload.from_base64(proofs.solution_of(changed)) if "keyPrefix" in change else None
    solution = derived.solution if derived else Solution(1, changed.parameters.key_prefix)
    assert refusal(taken, Payload(changed, solution)) is Refusal.INVALID
    assert items(world) == []


@pytest.mark.parametrize("signature", [None, "", "00" * 32, "é", "0" * 10_000])
def test_a_challenge_that_is_not_signed_by_us_is_refused(taken: Proofs, signature: str | None) -> None:
    proof = easy()
    proof.challenge.signature = signature
    assert refusal(taken, proof) is Refusal.INVALID


def test_a_challenge_signed_with_another_secret_is_refused(taken: Proofs) -> None:
    assert refusal(taken, easy("another secret")) is Refusal.INVALID


@pytest.mark.parametrize(
    "solution",
    [
        {"counter": 2},
        {"derived_key": "00" * 32},
        {"derived_key": ""},
        {"counter": 2, "derived_key": "00" * 32},
        {"counter": -1},
        {"counter": 2**32},
    ],
)
def test_a_challenge_that_is_not_solved_is_refused(taken: Proofs, world: World, solution: dict[str, Any]) -> None:
    proof = easy()
    for name, value in solution.items():
        setattr(proof.solution, name, value)
    assert refusal(taken, proof) is Refusal.INVALID
    assert items(world) == []


def test_a_key_that_is_rightly_derived_from_a_wrong_counter_is_refused(taken: Proofs) -> None:
    proof = easy()
    parameters = proof.challenge.parameters
    open_challenge = Challenge.from_dict(
        {"parameters": parameters.to_dict() | {"keyPrefix": ""}, "signature": proof.challenge.signature}
    )
    other = Payload.from_base64(proofs.solution_of(open_challenge)).solution
    assert other.counter == 0
    assert refusal(taken, Payload(proof.challenge, other)) is Refusal.INVALID


# ---------------------------------------------------------------------------------------------------- expiring


def test_an_expired_challenge_is_refused(taken: Proofs, world: World) -> None:
    assert refusal(taken, easy(expires_at=1)) is Refusal.EXPIRED
    assert items(world) == []


def test_a_request_that_was_taken_may_be_repeated_after_its_challenge_expired(
    taken: Proofs, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = payload(solved(taken.challenge().to_dict()))
    taken.redeem(proof, REQUEST)
    later(monkeypatch, LIFETIME + 60)
    taken.redeem(proof, REQUEST)
    assert refusal(taken, proof, ANOTHER) is Refusal.EXPIRED
    assert refusal(taken, payload(proofs.easy(expires_at=1))) is Refusal.EXPIRED


def test_a_challenge_lives_as_long_as_it_says(taken: Proofs, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = payload(solved(taken.challenge().to_dict()))
    later(monkeypatch, LIFETIME + 5)
    assert refusal(taken, proof) is Refusal.EXPIRED
    later(monkeypatch, LIFETIME - 60)
    taken.redeem(proof, REQUEST)


def test_what_a_proof_was_used_for_is_remembered_for_a_day_and_tells_nothing(taken: Proofs, world: World) -> None:
    proof = easy()
    taken.redeem(proof, REQUEST)
    (item,) = items(world)
    assert item.keys() == {"pk", "sk", "request", "expires"}
    assert item["request"] == REQUEST
    assert 86_000 < int(item["expires"]) - taken.clock() <= 86_400
    assert LIFETIME < 86_400
    assert str(proof.challenge.signature) not in json.dumps(item, default=str)


def test_of_two_requests_with_one_proof_the_first_alone_is_taken(taken: Proofs) -> None:
    proof = easy()
    assert taken.used.take("name", REQUEST, proofs.DISTANT)
    assert not taken.used.take("name", ANOTHER, proofs.DISTANT)
    assert taken.used.is_for("name", REQUEST)
    taken.redeem(proof, ANOTHER)


def test_a_proof_that_cannot_be_noted_is_not_taken(taken: Proofs, world: World) -> None:
    with failing(lambda _at, operation: operation == "PutItem", denied), pytest.raises(ClientError):
        taken.redeem(easy(), REQUEST)
    assert items(world) == []


# -------------------------------------------------------------------------------------------------- the secret


class Clock:
    """A clock that stands still until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def replace_secret(value: str) -> None:
    aws.secrets().put_secret_value(SecretId="proof", SecretString=value)


def with_clock(taken: Proofs, clock: Clock) -> Proofs:
    return Proofs(ProofSecret(aws.secrets(), "proof", clock), taken.used, taken.cost, taken.lifetime)


def test_what_was_signed_before_the_secret_was_replaced_is_taken(taken: Proofs) -> None:
    replace_secret("a new secret")
    taken.redeem(easy("a new secret"), REQUEST)
    taken.redeem(easy(proofs.SECRET), REQUEST)
    replace_secret("a newer one")
    renewed = listing.proofs(SubmitSettings.load())
    assert refusal(renewed, easy(proofs.SECRET)) is Refusal.INVALID


def test_a_replaced_secret_is_noticed_while_the_function_runs(taken: Proofs) -> None:
    clock = Clock()
    running = with_clock(taken, clock)
    running.redeem(easy(), REQUEST)
    replace_secret("a new secret")
    clock.now += 10
    running.redeem(easy("a new secret"), REQUEST)
    running.redeem(easy(), REQUEST)
    assert running.challenge().signature != taken.challenge().signature


def test_forgers_cannot_have_the_secret_read_again_and_again(taken: Proofs) -> None:
    clock = Clock()
    running = with_clock(taken, clock)
    with failing(lambda _at, _operation: False) as calls:
        for _ in range(20):
            assert refusal(running, easy("forged")) is Refusal.INVALID
        assert calls.made == ["GetSecretValue"] * 2  # the current value, and the one before
        clock.now += 10
        for _ in range(20):
            assert refusal(running, easy("forged")) is Refusal.INVALID
        assert calls.made == ["GetSecretValue"] * 4


def test_the_secret_is_read_once_and_again_after_an_hour(taken: Proofs) -> None:
    clock = Clock()
    running = with_clock(taken, clock)
    with failing(lambda _at, _operation: False) as calls:
        for _ in range(5):
            running.challenge()
        assert calls.made == ["GetSecretValue"] * 2
        clock.now += 3600
        running.challenge()
        assert calls.made == ["GetSecretValue"] * 4


def test_without_the_secret_nothing_is_signed_and_nothing_taken(taken: Proofs, world: World) -> None:
    with failing(lambda _at, operation: operation == "GetSecretValue", denied):
        with pytest.raises(ClientError):
            taken.challenge()
        with pytest.raises(ClientError):
            taken.redeem(easy(), REQUEST)
    assert items(world) == []
    taken.redeem(easy(), REQUEST)


def test_a_proof_is_what_altchas_own_clients_send(taken: Proofs) -> None:
    text = solved(taken.challenge().to_dict())
    document = json.loads(base64.b64decode(text))
    assert document.keys() == {"challenge", "solution"}
    assert document["challenge"].keys() == {"parameters", "signature"}
    assert {"counter", "derivedKey"} <= document["solution"].keys()
