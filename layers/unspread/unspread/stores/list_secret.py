"""The secret that holds what other lists know us by: a JSON object with one object for each list.

One secret for all: the one function that may read it needs all of them, and its role names the one ARN.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class ListSecret:
    """The secret."""

    def __init__(self, client: "SecretsManagerClient", secret: str) -> None:
        """Use the secret of this name or ARN."""
        self._client = client
        self._secret = secret

    def read(self) -> dict[str, dict[str, str]]:
        """Read what each list knows us by. Raises botocore.exceptions.ClientError."""
        text = self._client.get_secret_value(SecretId=self._secret)["SecretString"]
        return cast("dict[str, dict[str, str]]", json.loads(text or "{}"))

    def put(self, pulled: str, credentials: Mapping[str, str]) -> None:
        """Write what a list knows us by; nothing, to forget it. Not for two operators at once."""
        known = self.read()
        if known.get(pulled, {}) == dict(credentials):
            return
        known[pulled] = dict(credentials)
        kept = {name: each for name, each in known.items() if each}
        self._client.put_secret_value(SecretId=self._secret, SecretString=json.dumps(kept, sort_keys=True))
