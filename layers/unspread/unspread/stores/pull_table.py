"""The pull table, as far as it is about lists: what operators say of each, how far it is, what it is to be told.

    pk                sk        attributes
    lists             <name>    kind, address, category, feedback, enabled, resync, removing   (operators write it)
    states            <name>    (see `State`), lease, leased_until                             (pull writes it)
    feedback#<name>   <hash>    stamp
    (entries: see `pull_entries`)

A list is worked on by one run at a time: who holds its lease. Everything that a run writes may be written again.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from unspread.hash_key import HashKey
from unspread.pull.pulled_list import ListKind, PulledList, State
from unspread.stores.items import partition, write_items
from unspread.stores.local_counts import Mark

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LISTS = "lists"
_STATES = "states"
_SWITCHES = {"enabled", "resync", "removing"}


class ListExistsError(Exception):
    """There is a list of this name already."""


class LeaseLostError(Exception):
    """Somebody else works on the list by now."""


class PullTable:
    """The lists."""

    def __init__(self, client: "DynamoDBClient", name: str, clock: Callable[[], float] = time.time) -> None:
        """Use this table."""
        self._client = client
        self._name = name
        self._clock = clock

    def all(self) -> list[PulledList]:
        """Read all lists, by name, strongly consistent."""
        return [_pulled(item) for item in partition(self._client, self._name, _LISTS)]

    def states(self) -> dict[str, State]:
        """Read how far each list is; those never pulled are not in the answer."""
        return {item["sk"]: _state(item) for item in partition(self._client, self._name, _STATES)}

    def add(self, pulled: PulledList) -> None:
        """Add a list. Raises ListExistsError."""
        item = {key: value for key, value in asdict(pulled).items() if key != "name"}
        try:
            self._client.put_item(
                TableName=self._name,
                Item={"pk": _LISTS, "sk": pulled.name, **item},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ListExistsError from None

    def switch(self, name: str, switch: str, *, on: bool) -> bool:
        """Turn a switch of a list (enabled, resync, removing); tell whether there is such a list."""
        if switch not in _SWITCHES:
            raise ValueError(switch)
        try:
            self._client.update_item(
                TableName=self._name,
                Key={"pk": _LISTS, "sk": name},
                UpdateExpression="SET #switch = :on",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#switch": switch},
                ExpressionAttributeValues={":on": on},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def forget(self, name: str) -> None:
        """Delete a list; what is queued for it goes first."""
        queued = partition(self._client, self._name, f"feedback#{name}", ProjectionExpression="pk, sk")
        write_items(self._client, self._name, delete=queued)
        for pk in (_STATES, _LISTS):
            self._client.delete_item(TableName=self._name, Key={"pk": pk, "sk": name})

    # ------------------------------------------------------------------------------------------------ leases

    def lease(self, name: str, seconds: float) -> tuple[State, str] | None:
        """Take the lease of a list for so many seconds; return its state and the lease, None if somebody has it."""
        now, lease = self._clock(), secrets.token_hex(8)
        try:
            item = self._client.update_item(
                TableName=self._name,
                Key={"pk": _STATES, "sk": name},
                UpdateExpression="SET lease = :lease, leased_until = :until, attempted = :now",
                ConditionExpression="attribute_not_exists(leased_until) OR leased_until < :now",
                ExpressionAttributeValues={":lease": lease, ":until": int(now + seconds) + 1, ":now": int(now)},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _state(item), lease

    def save(self, name: str, state: State, lease: str, *, release: bool = False) -> None:
        """Write a list's state. Raises LeaseLostError."""
        values = {f":{key}": value for key, value in asdict(state).items()}
        names = {f"#{key}": key for key in asdict(state)}
        update = "SET " + ", ".join(f"#{key} = :{key}" for key in asdict(state))
        try:
            self._client.update_item(
                TableName=self._name,
                Key={"pk": _STATES, "sk": name},
                UpdateExpression=update + (" REMOVE leased_until" if release else ""),
                ConditionExpression="lease = :lease",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={**values, ":lease": lease},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise LeaseLostError from None

    # ---------------------------------------------------------------------------------------------- feedback

    def queue(self, name: str, keys: Iterable[HashKey]) -> None:
        """Note hashes whose counts a list is to be told."""
        for key in keys:
            item = {"pk": f"feedback#{name}", "sk": str(key), "stamp": secrets.token_hex(8)}
            self._client.put_item(TableName=self._name, Item=item)

    def queued(self, name: str) -> Iterator[Mark]:
        """Yield the hashes whose counts a list is to be told."""
        for item in partition(self._client, self._name, f"feedback#{name}"):
            yield Mark(HashKey.parse(item["sk"]), item["stamp"])

    def told(self, name: str, mark: Mark) -> None:
        """Note that a list was told a hash's counts, unless they were queued anew meanwhile."""
        try:
            self._client.delete_item(
                TableName=self._name,
                Key={"pk": f"feedback#{name}", "sk": str(mark.key)},
                ConditionExpression="stamp = :stamp",
                ExpressionAttributeValues={":stamp": mark.stamp},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return


def _pulled(item: dict[str, Any]) -> PulledList:
    more = {switch: bool(item[switch]) for switch in ("feedback", *_SWITCHES)}
    added = int(item.get("added", 0))
    return PulledList(item["sk"], ListKind(item["kind"]), item["address"], item["category"], **more, added=added)


def _state(item: dict[str, Any]) -> State:
    known: dict[str, Any] = {field.name: item[field.name] for field in fields(State) if field.name in item}
    numbers = {name: int(value) for name, value in known.items() if isinstance(value, Decimal)}
    return State(**known | numbers)
