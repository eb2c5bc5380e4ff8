"""The hash table: one item for each listed hash, and beside it one for each of its sources.

    pk              sk              attributes
    pdq#<hex>       hash            status, version, category, sources, own, found, removed, elsewhere, video, raised
    pdq#<hex>       source#<name>   listed (a day)

The counts of sources change in the transaction that adds or removes a source; at 0 the hash is withdrawn.
Every change of status raises the version, and is appended to the log (`hash_log`) in the same transaction; so is
whatever else the feed for participants has to tell: the first or last source of our own, a stricter category.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unspread.changes import Change, Operation
from unspread.hash_key import HashKey
from unspread.stores.items import pages, read_items
from unspread.stores.transaction import Action
from unspread.verdict import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HASH = "hash"
_KEYS_A_READ = 100  # BatchGetItem's limit

OWN = "case#"
"""How the names of sources of our own begin: cases. What only others list is never passed on to participants."""


@dataclass(frozen=True, slots=True)
class ListedHash:
    """What the hash table says of a hash.

    `found` and `removed` count distinct uploads, here and at participants; `elsewhere` is the part of `found` that
    participants reported. `own` counts the cases among the sources, and is None if there never was one. `video` tells
    that a case listed it as a video's, `raised` that its category became stricter when participants knew it already.
    """

    key: HashKey
    status: Status
    version: int
    category: str
    sources: int
    found: int
    removed: int
    exempt: bool = False  # a person looked: it is no widespread picture
    own: int | None = None
    elsewhere: int = 0
    video: bool = False
    raised: bool = False


class HashTable:
    """The hash table."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this table."""
        self._client = client
        self._name = name

    def read(self, keys: Iterable[HashKey]) -> dict[HashKey, ListedHash]:
        """Read hashes, strongly consistent. Those never listed are not in the answer."""
        wanted = [{"pk": str(key), "sk": _HASH} for key in dict.fromkeys(keys)]
        items = read_items(self._client, self._name, wanted)
        return {listed.key: listed for listed in map(_listed, items)}

    def read_with_source(self, keys: Iterable[HashKey], source: str) -> tuple[dict[HashKey, ListedHash], set[HashKey]]:
        """Read hashes as `read` does, and tell which of them have this source."""
        names = [str(key) for key in dict.fromkeys(keys)]
        wanted = [{"pk": name, "sk": sort} for name in names for sort in (_HASH, _source(source))]
        items = list(read_items(self._client, self._name, wanted))
        hashes = [_listed(item) for item in items if item["sk"] == _HASH]
        owned = {HashKey.parse(item["pk"]) for item in items if item["sk"] != _HASH}
        return {listed.key: listed for listed in hashes}, owned

    def read_listed(self) -> Iterator[HashKey]:
        """Yield every hash that is active or held, strongly consistent."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "ConsistentRead": True,
            "FilterExpression": "sk = :hash AND #status IN (:active, :held)",
            "ProjectionExpression": "pk",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":hash": _HASH, ":active": Status.ACTIVE, ":held": Status.HELD},
        }
        for page in pages(self._client.scan, request):
            yield from (HashKey.parse(item["pk"]) for item in page)

    def add_source(
        self, key: HashKey, current: ListedHash | None, source: str, category: str, day: str, *, video: bool = False
    ) -> tuple[list[Action], list[Change]]:
        """Return what lists a hash, of a `video` or not, for a source which it does not have, given its `current` item.

        Returns:
            The actions, and the changes of the list that belong into the log with them.
        """
        own = source.startswith(OWN)
        changes = []
        if current is None or current.status is Status.WITHDRAWN:
            changes = [Change(Operation.ADD, key, 1 if current is None else current.version + 1)]
        elif _tells(current, category, own=own, video=video):
            changes = [Change(Operation.NOTE, key, current.version + 1)]
        put = self._put({"pk": str(key), "sk": _source(source), "listed": day})
        listing = self._list(key, current, category, own=own, video=video, note=bool(changes))
        return [put, listing], changes

    def remove_source(self, current: ListedHash, source: str) -> tuple[list[Action], list[Change]]:
        """Return what withdraws a source which the hash has, and with the last one the hash.

        Returns:
            The actions, and the changes of the list that belong into the log with them.
        """
        own = source.startswith(OWN)
        last = current.sources <= 1
        last_own = own and (current.own or 0) <= 1
        values: dict[str, Any] = {":one": 1, ":minus": -1}
        update = "ADD sources :minus" + (", own :minus" if own else "")
        condition = "sources > :one" + (" AND own > :one" if own else "")
        if last or last_own:
            update += ", version :one"
            condition = "sources = :one" if last else "sources > :one AND own = :one"
            condition += " AND version = :version"
            values[":version"] = current.version
        if last:
            update = f"SET #status = :withdrawn {update}"
            values[":withdrawn"] = Status.WITHDRAWN
        hash_update: dict[str, Any] = self._key(current.key) | {
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        if last:
            hash_update["ExpressionAttributeNames"] = {"#status": "status"}
        delete = {
            "TableName": self._name,
            "Key": {"pk": str(current.key), "sk": _source(source)},
            "ConditionExpression": "attribute_exists(pk)",
        }
        operation = Operation.REMOVE if last else Operation.NOTE
        changes = [Change(operation, current.key, current.version + 1)] if last or last_own else []
        return [{"Delete": delete}, {"Update": hash_update}], changes

    def set_status(
        self, current: ListedHash, status: Status, *, exempt: bool = False
    ) -> tuple[list[Action], list[Change]]:
        """Return what holds an active hash, or activates a held one.

        Args:
            current: the hash as it was read.
            status: its new status.
            exempt: whether the prevalence guard is to let it be from now on.
        """
        update: dict[str, Any] = self._key(current.key) | {
            "UpdateExpression": "SET #status = :status" + (", exempt = :true" if exempt else "") + " ADD version :one",
            "ConditionExpression": "#status = :was AND version = :version",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":status": status,
                ":was": current.status,
                ":version": current.version,
                ":one": 1,
                **({":true": True} if exempt else {}),
            },
        }
        operation = Operation.ADD if status is Status.ACTIVE else Operation.HOLD
        return [{"Update": update}], [Change(operation, current.key, current.version + 1)]

    def count(self, key: HashKey, *, found: int = 0, removed: int = 0, elsewhere: int = 0) -> Action:
        """Return the action that counts copies found, so many of them `elsewhere`, and removed."""
        return {
            "Update": self._key(key)
            | {
                "UpdateExpression": "ADD #found :found, #removed :removed, elsewhere :elsewhere",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#found": "found", "#removed": "removed"},
                "ExpressionAttributeValues": {":found": found, ":removed": removed, ":elsewhere": elsewhere},
            }
        }

    def _list(
        self, key: HashKey, current: ListedHash | None, category: str, *, own: bool, video: bool, note: bool
    ) -> Action:
        if current is None:
            counts = {"version": 1, "sources": 1, "found": 0, "removed": 0}
            item = {"pk": str(key), "sk": _HASH, "status": Status.ACTIVE, "category": category}
            return self._put(item | counts | ({"own": 1} if own else {}) | ({"video": True} if own and video else {}))
        names = {"#status": "status"}
        values: dict[str, Any] = {":one": 1, ":status": current.status, ":version": current.version}
        sets: list[str] = []
        adds = ["sources :one"] + ["own :one"] * own + ["version :one"] * note
        if _raises(current, category):
            sets.append("category = :category")
            values[":category"] = category
            if current.own is not None:
                sets.append("raised = :true")
                values[":true"] = True
        if own and video and not current.video:
            sets.append("video = :true")
            values[":true"] = True
        if current.status is Status.WITHDRAWN:
            sets.append("#status = :active")
            values[":active"] = Status.ACTIVE
        update = f"SET {', '.join(sets)} " if sets else ""
        return {
            "Update": self._key(key)
            | {
                "UpdateExpression": f"{update}ADD {', '.join(adds)}",
                "ConditionExpression": "#status = :status AND version = :version",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }

    def _put(self, item: dict[str, Any]) -> Action:
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def _key(self, key: HashKey) -> dict[str, Any]:
        return {"TableName": self._name, "Key": {"pk": str(key), "sk": _HASH}}


def _source(name: str) -> str:
    return f"source#{name}"


def _raises(current: ListedHash, category: str) -> bool:
    """Tell whether the category is stricter than the hash's: the stricter of two holds."""
    return category == "minor" and current.category != "minor"


def _tells(current: ListedHash, category: str, *, own: bool, video: bool) -> bool:
    """Tell whether another source of a listed hash changes what participants are told of it."""
    if own and (not current.own or (video and not current.video)):
        return True
    return bool(current.own) and _raises(current, category)


def _listed(item: dict[str, Any]) -> ListedHash:
    return ListedHash(
        key=HashKey.parse(item["pk"]),
        status=Status(item["status"]),
        version=int(item["version"]),
        category=item["category"],
        sources=int(item["sources"]),
        found=int(item["found"]),
        removed=int(item["removed"]),
        exempt=bool(item.get("exempt", False)),
        own=int(item["own"]) if "own" in item else None,
        elsewhere=int(item.get("elsewhere", 0)),
        video=bool(item.get("video", False)),
        raised=bool(item.get("raised", False)),
    )
