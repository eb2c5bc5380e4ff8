"""What the tests' own rollback of moto's transactions has to do: leave everything as it was, streams included."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models import dynamodb_backends

from tests.support.template import REGION
from tests.support.world import World
from unspread import aws

TABLES = ("CaseTable", "HashTable")  # one without a stream, one with
OLD: list[dict[str, Any]] = [
    {"pk": "a", "sk": "1", "count": 1, "names": {"x": 1}},
    {"pk": "a", "sk": "2"},
    {"pk": "b", "sk": "1"},
]


def items(table: str) -> list[dict[str, Any]]:
    return sorted(aws.dynamodb().scan(TableName=table, ConsistentRead=True)["Items"], key=str)


def told(table: str) -> list[dict[str, Any]]:
    shard = dynamodb_backends["123456789012"][REGION].get_table(table).stream_shard
    return [record.to_json()["dynamodb"] for record in shard.items] if shard else []


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("fails", [False, True])
def test_a_transaction_is_written_whole_or_not_at_all(world: World, table: str, fails: bool) -> None:
    for item in OLD:
        aws.dynamodb().put_item(TableName=table, Item=item)
    before, stream = items(table), told(table)
    key = {"pk": "a", "sk": "1"}
    update: dict[str, Any] = {
        "TableName": table,
        "Key": key,
        "UpdateExpression": "SET #names.y = :two ADD #count :two",
        "ExpressionAttributeNames": {"#names": "names", "#count": "count"},
        "ExpressionAttributeValues": {":two": 2},
    }
    created = update | {
        "Key": {"pk": "c", "sk": "1"},
        "UpdateExpression": "ADD #count :two",
        "ExpressionAttributeNames": {"#count": "count"},
    }
    actions: list[Any] = [
        {"Update": update},
        {"Update": created},
        {"Put": {"TableName": table, "Item": {"pk": "a", "sk": "2", "new": True}}},
        {"Put": {"TableName": table, "Item": {"pk": "a", "sk": "3"}}},
        {"Delete": {"TableName": table, "Key": {"pk": "b", "sk": "1"}}},
    ]
    condition = f"attribute_{'' if fails else 'not_'}exists(pk)"
    check = {"TableName": table, "Key": {"pk": "none", "sk": "none"}, "ConditionExpression": condition}
    actions.append({"ConditionCheck": check})
    if fails:
        with pytest.raises(ClientError, match="ConditionalCheckFailed"):
            aws.dynamodb().transact_write_items(TransactItems=actions)
        assert (items(table), told(table)) == (before, stream)
        aws.dynamodb().update_item(**update)  # what was taken back goes on from there
        assert len(told(table)) == len(stream) + bool(stream)
    else:
        aws.dynamodb().transact_write_items(TransactItems=actions)
        assert items(table) == [
            {"pk": "a", "sk": "1", "count": 3, "names": {"x": 1, "y": 2}},
            {"pk": "a", "sk": "2", "new": True},
            {"pk": "a", "sk": "3"},
            {"pk": "c", "sk": "1", "count": 2},
        ]
        assert len(told(table)) == len(stream) + 6 * bool(stream)  # moto tells of a creating update twice
    first = next(item for item in items(table) if (item["pk"], item["sk"]) == ("a", "1"))
    assert (first["count"], first["names"]) == (3, {"x": 1, "y": 2})
