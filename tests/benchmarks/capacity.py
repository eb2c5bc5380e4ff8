"""What calls cost: requests, and DynamoDB's units of capacity, by the rules that AWS documents for item sizes.

A strongly consistent read takes a unit for every 4 KB: of each item of GetItem and BatchGetItem, missing ones too, and
of the sum of a Query's items, at least one. A write takes a unit for every KB of the item, two in a transaction. The
size of an item is that of the names and values of its attributes.
Source: the DynamoDB developer guide, "Item sizes and formats" and "Read and write operations".
"""

import copy
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unspread import aws, prices

READ_UNIT, WRITE_UNIT = 4096, 1024

_READS = ("GetItem", "BatchGetItem", "Query")
_WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems")


@dataclass
class Meter:
    """Requests by operation, and read and write units, of one process's clients."""

    requests: Counter[str] = field(default_factory=Counter)
    read_units: int = 0
    write_units: float = 0
    _asked: threading.local = field(default_factory=threading.local)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def install(self) -> None:
        """Count what the clients of `unspread.aws` do from now on."""
        for client in (aws.dynamodb(), aws.dynamodb_transactions()):
            for operation in (*_READS, *_WRITES):
                client.meta.events.register(f"provide-client-params.dynamodb.{operation}", self._ask)  # type: ignore[arg-type]
                client.meta.events.register(f"after-call.dynamodb.{operation}", self._count)
        for other in (aws.s3(), aws.events(), aws.sqs()):
            other.meta.events.register("after-call", self._count_request)

    def reset(self) -> None:
        """Begin anew."""
        self.requests.clear()
        self.read_units, self.write_units = 0, 0

    def dollars(self) -> float:
        """Return the price of the units in dollars."""
        return (self.read_units * prices.DYNAMODB_READS + self.write_units * prices.DYNAMODB_WRITES) / 1e6

    def _ask(self, params: dict[str, Any], **_: Any) -> dict[str, Any]:
        keys = [len(table["Keys"]) for table in params.get("RequestItems", {}).values() if "Keys" in table]
        self._asked.keys = sum(keys) or 1
        # The first answer wins, and boto3's own, a copy that it then changes in place, comes after this one.
        return copy.deepcopy(params) | {"ReturnConsumedCapacity": "TOTAL"}

    def _count(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        with self._lock:
            self.requests[model.name] += 1
            if model.name in _WRITES:
                consumed = parsed.get("ConsumedCapacity", [])
                self.write_units += sum(
                    each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed])
                )
            elif model.name == "Query":
                self.read_units += _units(sum(map(size, parsed["Items"])))
            else:
                tables = parsed.get("Responses", {}).values()
                items = [item for table in tables for item in table] + ([parsed["Item"]] if "Item" in parsed else [])
                self.read_units += sum(_units(size(item)) for item in items) + self._asked.keys - len(items)

    def _count_request(self, model: Any, **_: Any) -> None:
        with self._lock:
            self.requests[model.name] += 1


def size(item: Mapping[str, Any]) -> int:
    """Return an item's size in bytes, given as DynamoDB's own typed values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            return (len(value.lstrip("-").replace(".", "")) + 1) // 2 + 1
        case "L":
            return 3 + sum(1 + _size(each) for each in value)
        case "M":
            return 3 + len(value) + size(value)
        case _:
            return 1


def _units(size_in_bytes: int) -> int:
    return max(1, -(-size_in_bytes // READ_UNIT))


def table_bytes(items: Iterable[Mapping[str, Any]]) -> int:
    """Return what items take in a table: their sizes, and 100 bytes for each."""
    return sum(size(item) + 100 for item in items)
