"""How a listing finds past uploads: items of the upload table that are looked up by what they hold.

pk              sk
band#<i>#<b>    <pdq>#<id>      of each of an upload's PDQ hashes, its 16 bands of 16 bits (see `bands`)
sha256#<hex>    <id>
md5#<hex>       <id>

They are items of the base table: an index of DynamoDB's would be eventually consistent, and could miss the upload that
is being scanned just now.
"""

import random
import time
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from unspread.bands import bands
from unspread.hash_key import HashKey
from unspread.hashing import Digests, PerceptualHash
from unspread.stores.transaction import BusyError
from unspread.thresholds import MINIMUM_QUALITY

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_ITEMS_A_WRITE = 25  # BatchWriteItem's limit
_ATTEMPTS = 8


class UploadIndex:
    """The band and digest items."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = name

    def add(self, upload_id: str, digests: Digests | None, hashes: Sequence[PerceptualHash]) -> None:
        """Write the items of an upload. Raises BusyError if DynamoDB does not take all of them."""
        keys = _keys(upload_id, digests, hashes)
        self._write([{"PutRequest": {"Item": key}} for key in keys])

    def remove(self, upload_id: str, digests: Digests | None, hashes: Sequence[PerceptualHash]) -> None:
        """Delete the items of an upload. Raises BusyError if DynamoDB does not delete all of them."""
        keys = _keys(upload_id, digests, hashes)
        self._write([{"DeleteRequest": {"Key": key}} for key in keys])

    def with_digest(self, key: HashKey) -> list[str]:
        """Return the identifiers of the uploads with this SHA-256 or MD5, strongly consistent."""
        return list(self._query(str(key)))

    def with_band(self, band: str) -> list[tuple[bytes, str]]:
        """Return the PDQ hashes with this band, each with its upload's identifier, strongly consistent."""
        parts = (name.partition("#") for name in self._query(f"band#{band}"))
        return [(bytes.fromhex(pdq), upload_id) for pdq, _, upload_id in parts]

    def _query(self, pk: str) -> Iterator[str]:
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": pk},
            "ProjectionExpression": "sk",
            "ConsistentRead": True,
        }
        while True:
            page = self._client.query(**request)
            yield from (cast("str", item["sk"]) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _write(self, requests: Sequence[dict[str, Any]]) -> None:
        for batch in batched(requests, _ITEMS_A_WRITE, strict=False):
            left: Any = {self._name: list(batch)}
            for attempt in range(_ATTEMPTS):
                left = self._client.batch_write_item(RequestItems=left).get("UnprocessedItems")
                if not left:
                    break
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - spreads rivals, keeps no secret
            else:
                raise BusyError("DynamoDB left items unwritten on every attempt.")


def _keys(upload_id: str, digests: Digests | None, hashes: Sequence[PerceptualHash]) -> list[dict[str, str]]:
    keys = []
    if digests and digests.size:
        keys += [{"pk": f"sha256#{digests.sha256.hex()}", "sk": upload_id}]
        keys += [{"pk": f"md5#{digests.md5.hex()}", "sk": upload_id}]
    for pdq in dict.fromkeys(hashed.pdq for hashed in hashes if hashed.quality >= MINIMUM_QUALITY):
        keys += [{"pk": f"band#{band}", "sk": f"{pdq.hex()}#{upload_id}"} for band in bands(pdq)]
    return keys
