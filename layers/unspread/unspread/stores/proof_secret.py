"""The secret that challenges are signed with, in Secrets Manager, read once and remembered.

The secret may be replaced at any time: what was signed with the one before (AWSPREVIOUS) is accepted too.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_REMEMBERED = 3600
"""Seconds after which it is read again in any case, so that no one signs with a secret replaced twice."""

_SOONEST = 10
"""Seconds between two readings on account of signatures that do not fit, lest forgers make us read on and on."""

LIFETIME = timedelta(days=30)
"""How long a value signs. Far longer than the two hours that have to lie between two replacements: a function signs for
up to an hour with what it read, and the challenge lives up to another."""

_BYTES = 48
"""Random bytes of a new value."""


class ProofSecret:
    """One secret, its current and its previous value."""

    def __init__(
        self, client: "SecretsManagerClient", secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Use the secret of this ARN."""
        self._client = client
        self._secret = secret
        self._clock = clock
        self._values: list[str] = []
        self._read_at = 0.0

    def current(self) -> str:
        """Return the value to sign with. Raises botocore.exceptions.ClientError."""
        return self._known()[0]

    def accepted(self) -> Iterator[str]:
        """Yield the values that a signature may be made with, and whoever asks for more has them read again."""
        known = self._known()
        yield from known
        if self._age() >= _SOONEST:
            yield from (value for value in self._read() if value not in known)

    def _known(self) -> list[str]:
        return self._values if self._values and self._age() < _REMEMBERED else self._read()

    def _age(self) -> float:
        return self._clock() - self._read_at

    def _read(self) -> list[str]:
        self._values = [self._value("AWSCURRENT")]
        with suppress(self._client.exceptions.ResourceNotFoundException):  # it was never replaced
            self._values.append(self._value("AWSPREVIOUS"))
        self._read_at = self._clock()
        return self._values

    def _value(self, stage: str) -> str:
        return self._client.get_secret_value(SecretId=self._secret, VersionStage=stage)["SecretString"]


def replace(
    client: "SecretsManagerClient", secret: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> bool:
    """Give the secret of this ARN a new value if it is old enough, and keep the one before; tell whether it did."""
    current = client.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
    if clock() - current["CreatedDate"] < LIFETIME:
        return False
    client.put_secret_value(SecretId=secret, SecretString=secrets.token_urlsafe(_BYTES))
    return True
