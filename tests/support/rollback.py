"""How moto takes a transaction back that failed.

It copies every item of a table, and all that the table's stream ever told, for each action of each transaction: most of
the time of tests that write much. Here the copy shares the items, and an item is replaced, not changed, by an update.
"""

import copy
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

_update_item = DynamoDBBackend.update_item


@contextmanager
def cheap_rollback() -> Iterator[None]:
    """Take transactions back by copies that share their items, while the block lasts."""
    with (
        patch.object(Table, "__deepcopy__", _sharing_items, create=True),
        patch.object(DynamoDBBackend, "update_item", _replacing_the_item),
    ):
        yield


def _sharing_items(table: Table, _memo: dict[int, Any]) -> Table:
    shared: Table = object.__new__(type(table))  # not by the class itself: moto keeps whatever that makes
    shared.__dict__ |= table.__dict__
    shared.items = defaultdict(
        dict, {pk: rows if isinstance(rows, Item) else {**rows} for pk, rows in table.items.items()}
    )
    if table.stream_shard is not None:
        shared.stream_shard = object.__new__(type(table.stream_shard))
        shared.stream_shard.__dict__ |= table.stream_shard.__dict__
        shared.stream_shard.table = shared
        shared.stream_shard.items = [*table.stream_shard.items]
    return shared


def _replacing_the_item(
    backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *given: Any, **named: Any
) -> Item:
    table = backend.get_table(table_name)
    rows = table.items.get(DynamoType(key[table.hash_key_attr]))
    if isinstance(rows, dict):
        at = DynamoType(key[table.range_key_attr or ""])
        if at in rows:
            rows[at] = copy.deepcopy(rows[at])
    elif rows is not None:
        table.items[DynamoType(key[table.hash_key_attr])] = copy.deepcopy(rows)
    return _update_item(backend, table_name, key, *given, **named)
