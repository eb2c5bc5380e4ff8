"""How a listing finds past uploads: items of the upload table that are looked up by what they hold.

pk              sk
band#<i>#<b>    <pdq>#<id>      of each of an upload's PDQ hashes, its 16 bands of 16 bits (see `bands`)
sha256#<hex>    <id>
md5#<hex>       <id>
key#<hex>       <id>            without versions: what was stored under a key, by the SHA-256 of bucket and key

They are items of the base table: an index of DynamoDB's would be eventually consistent, and could miss the upload that
is being scanned just now.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from unspread.bands import bands
from unspread.hash_key import HashKey
from unspread.hashing import Digests, PerceptualHash
from unspread.stores.items import partition, write_items
from unspread.thresholds import MINIMUM_QUALITY
from unspread.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class UploadIndex:
    """The band and digest items."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = name

    def add(self, upload: Upload, digests: Digests | None, hashes: Sequence[PerceptualHash]) -> None:
        """Write the items of an upload. Raises BusyError if DynamoDB does not take all of them."""
        keys = _keys(upload, digests, hashes)
        write_items(self._client, self._name, put=keys)

    def remove(self, upload: Upload, digests: Digests | None, hashes: Sequence[PerceptualHash]) -> None:
        """Delete the items of an upload. Raises BusyError if DynamoDB does not delete all of them."""
        keys = _keys(upload, digests, hashes)
        write_items(self._client, self._name, delete=keys)

    def with_digest(self, key: HashKey) -> list[str]:
        """Return the identifiers of the uploads with this SHA-256 or MD5, strongly consistent."""
        return list(self._sort_keys(str(key)))

    def with_band(self, band: str) -> list[tuple[bytes, str]]:
        """Return the PDQ hashes with this band, each with its upload's identifier, strongly consistent."""
        parts = (name.partition("#") for name in self._sort_keys(f"band#{band}"))
        return [(bytes.fromhex(pdq), upload_id) for pdq, _, upload_id in parts]

    def under_key(self, upload: Upload) -> list[str]:
        """Return the identifiers of what was stored under an upload's key, in a bucket without versions. Consistent."""
        return list(self._sort_keys(_key(upload)))

    def _sort_keys(self, pk: str) -> Iterator[str]:
        return (item["sk"] for item in partition(self._client, self._name, pk, ProjectionExpression="sk"))


def _keys(upload: Upload, digests: Digests | None, hashes: Sequence[PerceptualHash]) -> list[dict[str, str]]:
    keys = []
    if digests and digests.size:
        keys += [{"pk": f"sha256#{digests.sha256.hex()}", "sk": upload.id}]
        keys += [{"pk": f"md5#{digests.md5.hex()}", "sk": upload.id}]
    for pdq in dict.fromkeys(hashed.pdq for hashed in hashes if hashed.quality >= MINIMUM_QUALITY):
        keys += [{"pk": f"band#{band}", "sk": f"{pdq.hex()}#{upload.id}"} for band in bands(pdq)]
    if keys and not upload.versioned:
        keys.insert(0, {"pk": _key(upload), "sk": upload.id})
    return keys


def _key(upload: Upload) -> str:
    return f"key#{hashlib.sha256(f'{upload.bucket}\0{upload.key}'.encode()).hexdigest()}"
