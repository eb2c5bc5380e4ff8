"""Whether a bucket's events arrive: small objects are put into it until one has a record."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from unspread import ulid
from unspread.scan_filter import CANARIES
from unspread.stores.upload_table import UploadTable
from unspread.upload import UNVERSIONED, Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BODY = b"Unspread put this here to see whether events arrive. It deletes it again."
_NEXT_AFTER = 20.0
"""Seconds after which another canary is put: events of before they were switched on never come."""


class SilentError(Exception):
    """No event arrived in time."""


@dataclass(frozen=True, slots=True)
class Canary:
    """Puts canaries, and takes them away for good."""

    client: "S3Client"
    uploads: UploadTable
    clock: Callable[[], float] = time.monotonic
    wait: Callable[[float], object] = time.sleep

    def __call__(self, bucket: str, seconds: float) -> float:
        """Wait until a canary was seen; return the moment of it by S3's clock, in seconds since 1970.

        Raises:
            SilentError: none was, within `seconds`.
        """
        canaries: list[tuple[Upload, datetime, float]] = []
        begun = self.clock()
        try:
            while self.clock() < begun + seconds:
                if not canaries or self.clock() > canaries[-1][2] + _NEXT_AFTER:
                    canaries.append((*self._put(bucket), self.clock()))
                for upload, stored, put in canaries:
                    if self.uploads.read(upload):
                        return stored.timestamp() + self.clock() - put
                self.wait(1)
            raise SilentError
        finally:
            for upload, _, _ in canaries:
                self.client.delete_object(Bucket=bucket, Key=upload.key, VersionId=upload.version)

    def _put(self, bucket: str) -> tuple[Upload, datetime]:
        key = CANARIES + ulid.at(int(time.time() * 1000))
        answer = self.client.put_object(Bucket=bucket, Key=key, Body=_BODY, ContentType="text/plain")
        modified = self.client.head_object(Bucket=bucket, Key=key)["LastModified"]
        version = answer.get("VersionId") or UNVERSIONED
        upload = Upload(bucket, key, version, answer["ETag"].strip('"'), len(_BODY))
        return upload.stored(modified), modified
