"""Snapshots in their bucket: immutable objects, and one small object that names the newest of them.

    snapshots/<ulid>        a snapshot
    current.json            {"snapshots": [newest, the one before, ...]}

`current.json` is only ever replaced if it is still what was read: of two runs at once, one is told that it lost.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from unspread import ulid

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CURRENT = "current.json"
_PREFIX = "snapshots/"
_KEPT = 3
"""Snapshots named in `current.json`: the newest, and what to fall back to."""

_MISSING = {"NoSuchKey", "404"}
_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class LostRaceError(Exception):
    """Another run published meanwhile. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Current:
    """Which snapshots there are, the newest first, and the ETag by which to replace this."""

    names: tuple[str, ...]
    etag: str | None


class Snapshots:
    """The bucket of the snapshots."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        """Use this bucket."""
        self._client = client
        self._bucket = bucket

    def current(self) -> Current:
        """Read which snapshots there are."""
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=_CURRENT)
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return Current((), None)
            raise
        return Current(tuple(json.loads(answer["Body"].read())["snapshots"]), answer["ETag"])

    def read(self, name: str) -> bytes | None:
        """Read a snapshot, None if it is missing."""
        try:
            return self._client.get_object(Bucket=self._bucket, Key=_PREFIX + name)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return None
            raise

    def publish(self, data: bytes, after: Current, name: str) -> Current:
        """Publish a snapshot as the newest.

        Args:
            data: the snapshot.
            after: what was current when its making began.
            name: its ULID.

        Raises:
            LostRaceError: another was published meanwhile.
        """
        self._client.put_object(Bucket=self._bucket, Key=_PREFIX + name, Body=data, IfNoneMatch="*")
        names = (name, *after.names)[:_KEPT]
        condition: dict[str, Any] = {"IfMatch": after.etag} if after.etag else {"IfNoneMatch": "*"}
        try:
            answer = self._client.put_object(
                Bucket=self._bucket, Key=_CURRENT, Body=json.dumps({"snapshots": names}).encode(), **condition
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                self._client.delete_object(Bucket=self._bucket, Key=_PREFIX + name)
                raise LostRaceError from error
            raise
        return Current(names, answer["ETag"])

    def expire(self, current: Current, before: int) -> int:
        """Delete the snapshots made before a time, in ms since 1970, that `current` does not name; count them."""
        deleted = 0
        for name in self._names():
            if name not in current.names and ulid.time_of(name) < before:
                self._client.delete_object(Bucket=self._bucket, Key=_PREFIX + name)
                deleted += 1
        return deleted

    def _names(self) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_PREFIX)
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"].removeprefix(_PREFIX)
