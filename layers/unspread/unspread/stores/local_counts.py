"""The hash table, as far as it counts copies found and removed on this platform, to be told to other lists.

    pk              sk        attributes
    <hash>          here      found, removed
    counted         <hash>    stamp

A hash's own item counts copies here and elsewhere together; what is reported must leave out what was reported to us,
or two platforms would count each other's copies for ever. `counted` holds the hashes whose counts changed since pull
last looked, so that it never has to look at all of them.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unspread.hash_key import HashKey
from unspread.stores.items import in_partition, pages, read_items
from unspread.stores.transaction import Action

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HERE = "here"
_COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Mark:
    """A hash whose counts changed; the stamp tells this change from later ones."""

    key: HashKey
    stamp: str


class LocalCounts:
    """The counts of this platform."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this hash table."""
        self._client = client
        self._name = name

    def count(self, key: HashKey, *, found: int = 0, removed: int = 0) -> list[Action]:
        """Return the actions that count copies, and note that they have to be told."""
        update = {
            "TableName": self._name,
            "Key": {"pk": str(key), "sk": _HERE},
            "UpdateExpression": "ADD #found :found, #removed :removed",
            "ExpressionAttributeNames": {"#found": "found", "#removed": "removed"},
            "ExpressionAttributeValues": {":found": found, ":removed": removed},
        }
        mark = {"pk": _COUNTED, "sk": str(key), "stamp": secrets.token_hex(8)}
        return [{"Update": update}, {"Put": {"TableName": self._name, "Item": mark}}]

    def read(self, keys: Iterable[HashKey]) -> dict[HashKey, tuple[int, int]]:
        """Read copies found and removed, strongly consistent. Hashes that had none are not in the answer."""
        wanted = [{"pk": str(key), "sk": _HERE} for key in dict.fromkeys(keys)]
        items = read_items(self._client, self._name, wanted)
        return {HashKey.parse(item["pk"]): (int(item["found"]), int(item["removed"])) for item in items}

    def marks(self) -> Iterator[list[Mark]]:
        """Yield the hashes whose counts changed, up to a hundred at a time."""
        for page in pages(self._client.query, in_partition(self._name, _COUNTED) | {"Limit": 100}):
            yield [Mark(HashKey.parse(item["sk"]), item["stamp"]) for item in page]

    def unmark(self, mark: Mark) -> None:
        """Note that a change is seen to, unless there was another meanwhile."""
        try:
            self._client.delete_item(
                TableName=self._name,
                Key={"pk": _COUNTED, "sk": str(mark.key)},
                ConditionExpression="stamp = :stamp",
                ExpressionAttributeValues={":stamp": mark.stamp},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return
