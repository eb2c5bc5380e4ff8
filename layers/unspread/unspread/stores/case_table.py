"""The case table: a case, its items, and a list of the cases that are not settled.

    pk               sk              attributes
    <case>           case            status, category, fingerprint, created (a day), expires
    <case>           item#<name>     kind, keys, baseline, position
    unsettled        <case>          since (seconds since 1970, to the minute)

A case is named by the SHA-256 of its code. An item is named by its content, so that listing it twice is
listing it once. The list of unsettled cases is kept in the transactions that begin and end the work on one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from unspread.hash_key import HashKey
from unspread.stores.items import partition, read_items
from unspread.stores.transaction import Action
from unspread.submission import Category, ItemKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_CASE = "case"
_ITEM = "item#"
_UNSETTLED = "unsettled"


class CaseStatus(StrEnum):
    """The states of a case."""

    PENDING = "pending"  # its items are being listed
    OPEN = "open"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    SWEEPING = "sweeping"  # it never completed and is being swept away


UNFINISHED = {CaseStatus.PENDING, CaseStatus.WITHDRAWING, CaseStatus.SWEEPING}


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A picture or video of a case: its listed hashes, each with the copies found and removed before it joined."""

    name: str
    kind: ItemKind
    baseline: Mapping[HashKey, tuple[int, int]]
    position: int


@dataclass(frozen=True, slots=True)
class Case:
    """A case. `fingerprint` tells whether a repeated submission is the same."""

    id: str
    status: CaseStatus
    category: Category
    fingerprint: str
    created: str
    items: tuple[CaseItem, ...]


class CaseTable:
    """The case table."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this table."""
        self._client = client
        self._name = name

    def read(self, case: str) -> Case | None:
        """Read a case and its items, strongly consistent."""
        items = list(partition(self._client, self._name, case))
        head = next((item for item in items if item["sk"] == _CASE), None)
        if head is None:
            return None
        parts = sorted(map(_case_item, (item for item in items if item["sk"] != _CASE)), key=_order)
        return Case(
            case,
            CaseStatus(head["status"]),
            head["category"],
            head.get("fingerprint", ""),
            head["created"],
            tuple(parts),
        )

    def read_status(self, case: str, item: str) -> tuple[CaseStatus | None, bool]:
        """Read a case's status, None if there is no such case, and whether it has this item; strongly consistent."""
        keys = [{"pk": case, "sk": _CASE}, {"pk": case, "sk": _ITEM + item}]
        items = list(read_items(self._client, self._name, keys))
        status = next((CaseStatus(found["status"]) for found in items if found["sk"] == _CASE), None)
        return status, any(found["sk"] != _CASE for found in items)

    def unsettled(self, before: int) -> Iterator[str]:
        """Yield the cases on which work began before this time, in seconds since 1970, and has not ended."""
        for item in partition(self._client, self._name, _UNSETTLED):
            if int(item["since"]) < before:
                yield item["sk"]

    def create(self, case: Case, now: int) -> list[Action]:
        """Return the actions that make a new, pending case."""
        head = {
            "pk": case.id,
            "sk": _CASE,
            "status": case.status,
            "category": case.category,
            "fingerprint": case.fingerprint,
            "created": case.created,
        }
        return [self._put(head), self._note_unsettled(case.id, now)]

    def require(self, case: str, status: CaseStatus) -> Action:
        """Return the action that lets a transaction succeed only while the case has this status."""
        return {
            "ConditionCheck": {
                "TableName": self._name,
                "Key": {"pk": case, "sk": _CASE},
                "ConditionExpression": "#status = :status",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": {":status": status},
            }
        }

    def add_item(self, case: str, item: CaseItem) -> Action:
        """Return the action that adds an item."""
        return self._put(
            {
                "pk": case,
                "sk": _ITEM + item.name,
                "kind": item.kind,
                "baseline": {str(key): list(counts) for key, counts in item.baseline.items()},
                "position": item.position,
            }
        )

    def remove_item(self, case: str, item: CaseItem) -> Action:
        """Return the action that removes an item, and with it the last trace of its hashes in the case."""
        return {
            "Delete": {
                "TableName": self._name,
                "Key": {"pk": case, "sk": _ITEM + item.name},
                "ConditionExpression": "attribute_exists(pk)",
            }
        }

    def begin(self, case: Case, status: CaseStatus, now: int) -> list[Action]:
        """Return the actions that change the status and call the case unsettled."""
        return [self._change(case, status), self._note_unsettled(case.id, now)]

    def end(self, case: Case, status: CaseStatus, expires: int | None = None) -> list[Action]:
        """Return the actions that change the status and call the case settled."""
        return [self._change(case, status, expires), self._note_settled(case.id)]

    def forget(self, case: Case) -> list[Action]:
        """Return the actions that delete a case without items."""
        delete = {
            "TableName": self._name,
            "Key": {"pk": case.id, "sk": _CASE},
            "ConditionExpression": "#status = :was",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":was": case.status},
        }
        return [{"Delete": delete}, self._note_settled(case.id)]

    def note_settled(self, case: str) -> list[Action]:
        """Return the action that takes a case off the list of the unsettled."""
        return [self._note_settled(case)]

    def _change(self, case: Case, status: CaseStatus, expires: int | None = None) -> Action:
        values: dict[str, Any] = {":status": status, ":was": case.status}
        update = "SET #status = :status"
        if expires is not None:
            update += ", expires = :expires REMOVE fingerprint"
            values[":expires"] = expires
        return {
            "Update": {
                "TableName": self._name,
                "Key": {"pk": case.id, "sk": _CASE},
                "UpdateExpression": update,
                "ConditionExpression": "#status = :was",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": values,
            }
        }

    def _note_unsettled(self, case: str, now: int) -> Action:
        item = {"pk": _UNSETTLED, "sk": case, "since": now - now % 60}
        return {"Put": {"TableName": self._name, "Item": item}}

    def _note_settled(self, case: str) -> Action:
        return {"Delete": {"TableName": self._name, "Key": {"pk": _UNSETTLED, "sk": case}}}

    def _put(self, item: dict[str, Any]) -> Action:
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _case_item(item: dict[str, Any]) -> CaseItem:
    baseline = {HashKey.parse(name): (int(found), int(removed)) for name, (found, removed) in item["baseline"].items()}
    return CaseItem(item["sk"].removeprefix(_ITEM), item["kind"], baseline, int(item["position"]))


def _order(item: CaseItem) -> tuple[int, str]:
    return item.position, item.name
