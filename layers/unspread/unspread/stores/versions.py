"""What a bucket holds: all versions of all objects, page by page."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from unspread.upload import UNVERSIONED, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE = 1000
"""Versions that S3 lists at once, at most."""

_ARCHIVES = {"GLACIER", "DEEP_ARCHIVE"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a listing goes on: after this version of this key."""

    key: str
    version: str


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version that a listing found. `modified` is in seconds since 1970; an archived one cannot be read."""

    upload: Upload
    modified: float
    archived: bool


class Versions:
    """The versions of the objects of a bucket, current and noncurrent; delete markers hold nothing and are left out."""

    def __init__(self, client: "S3Client") -> None:
        """Use this client."""
        self._client = client

    def page(
        self, bucket: str, prefix: str, cursor: Cursor | None, most: int = PAGE
    ) -> tuple[list[StoredVersion], Cursor | None]:
        """List up to `most` versions; return them, and where the next page starts, None after the last."""
        request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": min(most, PAGE)}
        if cursor:
            request |= {"KeyMarker": cursor.key}
            request |= {"VersionIdMarker": cursor.version} if cursor.version else {}  # S3 refuses an empty one
        answer: Any = self._client.list_object_versions(**request, OptionalObjectAttributes=["RestoreStatus"])
        found = [_version(bucket, item) for item in answer.get("Versions", [])]
        if not answer["IsTruncated"]:
            return found, None
        return found, Cursor(answer["NextKeyMarker"], answer.get("NextVersionIdMarker", ""))

    def etags(self, upload: Upload) -> set[str]:
        """Return the ETags of what has no version under an upload's key: none or one, wherever it lies."""
        found: set[str] = set()
        cursor: Cursor | None = None
        while True:
            page, cursor = self.page(upload.bucket, upload.key, cursor)
            under = [each.upload for each in page if each.upload.key == upload.key]
            found |= {each.etag for each in under if not each.versioned}
            if cursor is None or len(under) < len(page):  # the key itself comes before those that it is a prefix of
                return found


def _version(bucket: str, item: dict[str, Any]) -> StoredVersion:
    version = item.get("VersionId") or UNVERSIONED
    upload = Upload(bucket, item["Key"], version, item["ETag"].strip('"'), item["Size"])
    restored = "RestoreExpiryDate" in item.get("RestoreStatus", {})
    archived = item.get("StorageClass") in _ARCHIVES and not restored
    return StoredVersion(upload.stored(item["LastModified"]), item["LastModified"].timestamp(), archived)
