"""Items by the many: DynamoDB answers in pages and takes batches, sometimes only a part of one."""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from unspread.stores.transaction import BusyError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]

_KEYS_A_READ = 100  # BatchGetItem's limit
_ITEMS_A_WRITE = 25  # BatchWriteItem's limit
_ATTEMPTS = 8


def in_partition(table: str, pk: str) -> dict[str, Any]:
    """Return the request, strongly consistent, for the items with this partition key."""
    return {
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": pk},
        "ConsistentRead": True,
    }


def pages(call: Callable[..., Any], request: Mapping[str, Any]) -> Iterator[list[Item]]:
    """Yield the pages that Query or Scan answers a request with; at least one, perhaps empty."""
    start: dict[str, Any] = {}
    while True:
        page = call(**request, **start)
        yield cast("list[Item]", page["Items"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def partition(client: "DynamoDBClient", table: str, pk: str, **more: Any) -> Iterator[Item]:  # noqa: ANN401 - of the API
    """Yield the items with this partition key, strongly consistent. `more` is added to the request."""
    for page in pages(client.query, in_partition(table, pk) | more):
        yield from page


def read_items(client: "DynamoDBClient", table: str, keys: Iterable[Item], **more: Any) -> Iterator[Item]:  # noqa: ANN401
    """Yield those items that there are of these keys, strongly consistent, in any order.

    Raises:
        BusyError: DynamoDB leaves some unread again and again.
    """
    for batch in batched(keys, _KEYS_A_READ, strict=False):
        left: Any = {table: {"Keys": list(batch), "ConsistentRead": True, **more}}
        for attempt in range(_ATTEMPTS):
            answer = client.batch_get_item(RequestItems=left)
            yield from cast("list[Item]", answer["Responses"].get(table, []))
            left = answer.get("UnprocessedKeys")
            if not left:
                break
            _pause(attempt)
        else:
            raise BusyError("DynamoDB left items unread on every attempt.")


def write_items(client: "DynamoDBClient", table: str, *, put: Iterable[Item] = (), delete: Iterable[Item] = ()) -> None:
    """Write items and delete those with these keys, in no transaction.

    Raises:
        BusyError: DynamoDB leaves some unwritten again and again.
    """
    requests = [{"PutRequest": {"Item": item}} for item in put] + [{"DeleteRequest": {"Key": key}} for key in delete]
    for batch in batched(requests, _ITEMS_A_WRITE, strict=False):
        left: Any = {table: list(batch)}
        for attempt in range(_ATTEMPTS):
            left = client.batch_write_item(RequestItems=left).get("UnprocessedItems")
            if not left:
                break
            _pause(attempt)
        else:
            raise BusyError("DynamoDB left items unwritten on every attempt.")


def _pause(attempt: int) -> None:
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads rivals, keeps no secret
