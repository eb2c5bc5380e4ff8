"""The exchange table, as far as it is about feedback: what each participant last said of each hash.

    pk                    sk              attributes
    feedback#<hash>       copies#<name>   found, removed
    feedback#<hash>       dispute#<name>
    feedback#<hash>       disputes        count

The counts are kept in the transactions that change what they count, so that a repeated report counts once.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unspread.hash_key import HashKey
from unspread.stores.items import read_items
from unspread.stores.transaction import Action

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_COUNT = "disputes"


@dataclass(frozen=True, slots=True)
class Copies:
    """How many copies of a picture a participant found, and how many of them it removed."""

    found: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """What a participant last said of a hash, and how many participants dispute it."""

    copies: Copies | None
    disputed: bool
    disputes: int


class FeedbackTable:
    """The feedback."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this table."""
        self._client = client
        self._name = name

    def read(self, key: HashKey, participant: str) -> Said:
        """Read what a participant said of a hash, strongly consistent."""
        sorts = (f"copies#{participant}", f"dispute#{participant}", _COUNT)
        keys = [{"pk": _pk(key), "sk": sort} for sort in sorts]
        items = {item["sk"]: item for item in read_items(self._client, self._name, keys)}
        copies = items.get(sorts[0])
        return Said(
            Copies(int(copies["found"]), int(copies["removed"])) if copies else None,
            sorts[1] in items,
            int(items.get(_COUNT, {}).get("count", 0)),
        )

    def say_copies(self, key: HashKey, participant: str, was: Copies | None, copies: Copies) -> Action:
        """Return the action that replaces what a participant said of copies."""
        put: dict[str, Any] = {
            "TableName": self._name,
            "Item": {
                "pk": _pk(key),
                "sk": f"copies#{participant}",
                "found": copies.found,
                "removed": copies.removed,
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if was:
            put["ConditionExpression"] = "#found = :found AND #removed = :removed"
            put["ExpressionAttributeNames"] = {"#found": "found", "#removed": "removed"}
            put["ExpressionAttributeValues"] = {":found": was.found, ":removed": was.removed}
        return {"Put": put}

    def dispute(self, key: HashKey, participant: str, disputes: int) -> list[Action]:
        """Return the actions that note a dispute, given the number of disputes there are."""
        item = {"pk": _pk(key), "sk": f"dispute#{participant}"}
        put = {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return [{"Put": put}, self._count(key, disputes, disputes + 1)]

    def settle(self, key: HashKey, participant: str, disputes: int) -> list[Action]:
        """Return the actions that take a dispute back, given the number of disputes there are."""
        delete = {
            "TableName": self._name,
            "Key": {"pk": _pk(key), "sk": f"dispute#{participant}"},
            "ConditionExpression": "attribute_exists(pk)",
        }
        return [{"Delete": delete}, self._count(key, disputes, disputes - 1)]

    def _count(self, key: HashKey, was: int, disputes: int) -> Action:
        return {
            "Update": {
                "TableName": self._name,
                "Key": {"pk": _pk(key), "sk": _COUNT},
                "UpdateExpression": "SET #count = :count",
                "ConditionExpression": "#count = :was" + ("" if was else " OR attribute_not_exists(pk)"),
                "ExpressionAttributeNames": {"#count": "count"},
                "ExpressionAttributeValues": {":count": disputes, ":was": was},
            }
        }


def _pk(key: HashKey) -> str:
    return f"feedback#{key}"
