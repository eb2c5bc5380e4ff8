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
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from unspread.hash_key import HashKey
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
        counts: dict[HashKey, tuple[int, int]] = {}
        for batch in batched(dict.fromkeys(keys), 100, strict=False):
            wanted = [{"pk": str(key), "sk": _HERE} for key in batch]
            request: Any = {self._name: {"Keys": wanted, "ConsistentRead": True}}
            while request:
                answer = self._client.batch_get_item(RequestItems=request)
                for item in cast("list[dict[str, Any]]", answer["Responses"].get(self._name, [])):
                    counts[HashKey.parse(item["pk"])] = (int(item["found"]), int(item["removed"]))
                request = answer.get("UnprocessedKeys")
        return counts

    def marks(self) -> Iterator[list[Mark]]:
        """Yield the hashes whose counts changed, up to a hundred at a time."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": _COUNTED},
            "ConsistentRead": True,
            "Limit": 100,
        }
        while True:
            page = self._client.query(**request)
            items = cast("list[dict[str, Any]]", page["Items"])
            yield [Mark(HashKey.parse(item["sk"]), item["stamp"]) for item in items]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

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
