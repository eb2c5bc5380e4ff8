"""The secret that signs challenges is replaced, and what it signed before stays good."""

from datetime import UTC, datetime, timedelta

import pytest
from altcha import Payload
from botocore.exceptions import ClientError

from tests.support.faults import denied, failing
from tests.support.functions import Context, sample
from tests.support.logs import collected
from tests.support.world import World
from unspread import aws
from unspread.assembly import listing
from unspread.cli.challenge import solved
from unspread.proof import Proofs
from unspread.settings import RotateSettings, SubmitSettings
from unspread.stores import proof_secret

REQUEST = "1" * 64


def in_hours(hours: float) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def replaced(hours: float) -> bool:
    return proof_secret.replace(aws.secrets(), RotateSettings.load().proof_secret, lambda: in_hours(hours))


def value(stage: str = "AWSCURRENT") -> str:
    secret = RotateSettings.load().proof_secret
    return aws.secrets().get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"]


def proofs() -> Proofs:
    """Return what a new run of the submit function has."""
    return listing.proofs(SubmitSettings.load())


def test_a_new_value_signs_and_the_one_before_is_kept(world: World) -> None:
    before = value()

    assert replaced(hours=721)

    assert value("AWSPREVIOUS") == before
    assert len(value()) == 64
    assert value() != before


def test_a_challenge_from_before_can_still_be_solved(world: World) -> None:
    challenge = proofs().challenge()
    assert replaced(hours=721)
    proofs().redeem(Payload.from_base64(solved(challenge.to_dict())), REQUEST)


@pytest.mark.parametrize("hours", [0, 1.9, 719])
def test_it_is_not_replaced_before_it_is_30_days_old(world: World, hours: float) -> None:
    before = value()
    assert not replaced(hours)
    assert value() == before


def test_replacing_it_by_hand_puts_the_next_time_off(world: World) -> None:
    """Twice within two hours would leave challenges that nobody takes any longer."""
    secret = RotateSettings.load().proof_secret
    aws.secrets().put_secret_value(SecretId=secret, SecretString="by hand")
    assert not replaced(hours=1)
    assert value() == "by hand"


def test_the_function_replaces_on_its_schedule_and_says_nothing_of_the_value(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = collected(monkeypatch)
    function = world.function("rotate")
    assert function.handler(sample("rotate"), Context()) == {"replaced": False}
    monkeypatch.setattr(proof_secret, "LIFETIME", timedelta(0))
    assert function.handler(sample("rotate"), Context()) == {"replaced": True}
    said = lines.getvalue()
    assert "rotated" in said
    assert value() not in said
    assert value("AWSPREVIOUS") not in said


def test_a_run_that_is_denied_fails_and_changes_nothing(world: World) -> None:
    before = value()
    with failing(lambda _, operation: operation == "PutSecretValue", denied), pytest.raises(ClientError):
        replaced(hours=721)
    assert value() == before
