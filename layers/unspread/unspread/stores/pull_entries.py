"""The pull table, as far as it is about entries of lists: what each was when it was last seen.

    pk                     sk                       attributes
    list#<name>#<shard>    entry#<entry>            keys, modified, generation, expires
    list#<name>#<shard>    holder#<hash>#<entry>

The shard, one hexadecimal digit of a digest, spreads a list over partitions. An entry without keys was withdrawn: it
is remembered for a while, so that an older record of it that comes late lists nothing. Holders are kept where a hash
may be in several entries: the last one that goes takes the hash with it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from unspread.hash_key import HashKey
from unspread.stores.items import read_items, write_items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SHARDS = "0123456789abcdef"
_A_WALK = 200
_ENTRY = "entry#"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry: its hashes, none if it was withdrawn; when it changed; the full reading that showed it last.

    `expires`, in seconds since 1970, is when a withdrawn entry is forgotten.
    """

    name: str
    keys: tuple[HashKey, ...]
    modified: int
    generation: int
    expires: int | None = None


class PullEntries:
    """The entries."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this pull table."""
        self._client = client
        self._name = name

    def read(self, pulled: str, entries: Iterable[str]) -> dict[str, Entry]:
        """Read entries, strongly consistent. Those never seen are not in the answer."""
        keys = [{"pk": _pk(pulled, name), "sk": _ENTRY + name} for name in dict.fromkeys(entries)]
        return {entry.name: entry for entry in map(_entry, read_items(self._client, self._name, keys))}

    def write(self, pulled: str, entries: Iterable[Entry]) -> None:
        """Write entries."""
        write_items(self._client, self._name, put=(self._item(pulled, entry) for entry in entries))

    def delete(self, pulled: str, entries: Iterable[str]) -> None:
        """Delete entries."""
        keys = ({"pk": _pk(pulled, name), "sk": _ENTRY + name} for name in entries)
        write_items(self._client, self._name, delete=keys)

    def hold(self, pulled: str, pairs: Iterable[tuple[str, HashKey]]) -> None:
        """Note that entries have hashes."""
        items = [{"pk": _pk(pulled, str(key)), "sk": _holder(key, entry)} for entry, key in pairs]
        write_items(self._client, self._name, put=items)

    def let_go(self, pulled: str, pairs: Iterable[tuple[str, HashKey]]) -> None:
        """Note that entries no longer have hashes."""
        keys = ({"pk": _pk(pulled, str(key)), "sk": _holder(key, entry)} for entry, key in pairs)
        write_items(self._client, self._name, delete=keys)

    def is_held(self, pulled: str, key: HashKey) -> bool:
        """Tell whether an entry has a hash, strongly consistent."""
        return bool(
            self._client.query(
                TableName=self._name,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :holder)",
                ExpressionAttributeValues={":pk": _pk(pulled, str(key)), ":holder": _holder(key, "")},
                ConsistentRead=True,
                Limit=1,
            )["Items"]
        )

    def walk(self, pulled: str, position: str) -> tuple[list[Entry], str | None]:
        """Read some entries of a list, strongly consistent, in an order of their own.

        Args:
            pulled: the list.
            position: "" to begin, or what the walk before returned.

        Returns:
            The entries, and where to go on; None behind the last.
        """
        shard, after = position[:1] or _SHARDS[0], position[1:]
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :entry)",
            "ExpressionAttributeValues": {":pk": f"list#{pulled}#{shard}", ":entry": _ENTRY},
            "ConsistentRead": True,
            "Limit": _A_WALK,
        }
        if after:
            request["ExclusiveStartKey"] = {"pk": f"list#{pulled}#{shard}", "sk": _ENTRY + after}
        page = self._client.query(**request)
        entries = [_entry(item) for item in cast("list[dict[str, Any]]", page["Items"])]
        if "LastEvaluatedKey" in page:
            return entries, shard + entries[-1].name
        following = _SHARDS.index(shard) + 1
        return entries, _SHARDS[following] if following < len(_SHARDS) else None

    def _item(self, pulled: str, entry: Entry) -> dict[str, Any]:
        item = {"keys": [str(key) for key in entry.keys], "modified": entry.modified, "generation": entry.generation}
        expiry = {} if entry.expires is None else {"expires": entry.expires}
        return {"pk": _pk(pulled, entry.name), "sk": _ENTRY + entry.name, **item, **expiry}


def _pk(pulled: str, name: str) -> str:
    return f"list#{pulled}#{hashlib.sha256(name.encode()).hexdigest()[0]}"


def _holder(key: HashKey, entry: str) -> str:
    return f"holder#{key}#{entry}"


def _entry(item: dict[str, Any]) -> Entry:
    expires = int(item["expires"]) if "expires" in item else None
    keys = tuple(map(HashKey.parse, item["keys"]))
    return Entry(item["sk"].removeprefix(_ENTRY), keys, int(item["modified"]), int(item["generation"]), expires)
