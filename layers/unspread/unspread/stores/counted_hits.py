"""For which hashes an upload is counted as a copy: items of the upload table, beside its record.

pk              sk              attributes
object#<id>     hit#<hash>      removed: whether the copy was counted as removed too
"""

from itertools import chain
from typing import TYPE_CHECKING, Any

from unspread.hash_key import HashKey
from unspread.stores.items import pages
from unspread.stores.transaction import Action
from unspread.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_HIT = "hit#"


class CountedHits:
    """The pairs of an upload and a hash that are counted."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = table_name

    def read(self, upload: Upload, key: HashKey) -> tuple[bool, bool]:
        """Tell whether an upload was counted as a copy found, and as one removed, of a hash; strongly consistent."""
        item = self._client.get_item(**self._key(upload, key), ConsistentRead=True).get("Item")
        return item is not None, bool(item and item["removed"])

    def of(self, upload: Upload) -> list[HashKey]:
        """Return the hashes for which an upload is counted, strongly consistent."""
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :hit)",
            "ExpressionAttributeValues": {":pk": f"object#{upload.id}", ":hit": _HIT},
            "ConsistentRead": True,
        }
        found = chain.from_iterable(pages(self._client.query, request))
        return [HashKey.parse(item["sk"].removeprefix(_HIT)) for item in found]

    def add_found(self, upload: Upload, key: HashKey) -> Action:
        """Return the action that marks an upload as counted for a hash."""
        item = self._key(upload, key)["Key"] | {"removed": False}
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def add_removed(self, upload: Upload, key: HashKey) -> Action:
        """Return the action that marks it as counted as removed."""
        update = {
            "UpdateExpression": "SET removed = :true",
            "ConditionExpression": "removed = :false",
            "ExpressionAttributeValues": {":true": True, ":false": False},
        }
        return {"Update": self._key(upload, key) | update}

    def take_back(self, upload: Upload, key: HashKey, *, removed: bool) -> Action:
        """Return the action that takes the mark back of an upload that was counted, as `removed` or not."""
        condition = {"ConditionExpression": "removed = :removed", "ExpressionAttributeValues": {":removed": removed}}
        return {"Delete": self._key(upload, key) | condition}

    def _key(self, upload: Upload, key: HashKey) -> dict[str, Any]:
        return {"TableName": self._name, "Key": {"pk": f"object#{upload.id}", "sk": f"{_HIT}{key}"}}
