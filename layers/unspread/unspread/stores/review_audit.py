"""The upload table, as far as it says who decided what: items that are only ever added.

    pk                  sk                  attributes
    audit#<yyyy-mm>     <ulid>              at, review, who, what, note

Kept for ever, and without content: no hash, no object key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from unspread import ulid
from unspread.stores.items import partition
from unspread.stores.transaction import Action

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what about a review, when, in seconds since 1970; read back it is in whole ones."""

    at: float
    review: str
    who: str
    what: str
    note: str = ""


class ReviewAudit:
    """The audit of reviews."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = table_name

    def add(self, entry: Entry) -> Action:
        """Return the action that adds an entry, beside the actions that it tells of."""
        item = {
            "pk": _pk(f"{datetime.fromtimestamp(entry.at, UTC):%Y-%m}"),
            "sk": ulid.at(int(entry.at * 1000)),
            "at": int(entry.at),
            "review": entry.review,
            "who": entry.who,
            "what": entry.what,
            "note": entry.note,
        }
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def read(self, month: str) -> Iterator[Entry]:
        """Yield the entries of a month, such as 2026-11, in order."""
        for item in partition(self._client, self._name, _pk(month)):
            yield Entry(int(item["at"]), item["review"], item["who"], item["what"], item["note"])


def _pk(month: str) -> str:
    return f"audit#{month}"
