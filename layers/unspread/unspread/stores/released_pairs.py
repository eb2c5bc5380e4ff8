"""The upload table, as far as it is about pictures that people released: which listed hash no longer means which file.

    pk                      sk
    released#<sha256>       <hash>

The pair alone is remembered: another picture near the hash is still taken, and so is this one for another hash.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from unspread.hash_key import HashKey
from unspread.stores.items import partition
from unspread.stores.transaction import Action

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class ReleasedPairs:
    """The pairs of a file and a listed hash that a person has told apart."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = table_name

    def of(self, sha256: bytes) -> set[HashKey]:
        """Return the hashes that mean nothing for the file with this SHA-256, strongly consistent."""
        return {HashKey.parse(item["sk"]) for item in partition(self._client, self._name, _pk(sha256))}

    def remember(self, sha256: bytes, keys: Iterable[HashKey]) -> list[Action]:
        """Return the actions that remember these hashes for the file with this SHA-256."""
        return [{"Put": {"TableName": self._name, "Item": {"pk": _pk(sha256), "sk": str(key)}}} for key in keys]


def _pk(sha256: bytes) -> str:
    return f"released#{sha256.hex()}"
