"""A copy in quarantine is put back where its object was, or deleted for good."""

import hashlib
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from unspread.stores.objects import TAG, CopyDiffersError, ObjectGoneError, gone_is_told, quarantine_key
from unspread.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TOLD = ("ContentType", "ContentEncoding", "ContentLanguage", "ContentDisposition", "CacheControl", "Metadata")
_CHUNK = 1 << 20


class NewerObjectError(Exception):
    """There is another object under the key: a release never writes over it."""


class Restoring:
    """The buckets, as far as copies are put back into them."""

    def __init__(self, client: "S3Client", quarantine_bucket: str) -> None:
        """Use this quarantine bucket."""
        self._client = client
        self._quarantine = quarantine_bucket

    def check_free(self, upload: Upload) -> None:
        """Raise NewerObjectError if an object is current under the upload's key; a delete marker is none."""
        if self._head(upload.bucket, upload.key):
            raise NewerObjectError

    def restore(self, upload: Upload, sha256: bytes) -> None:
        """Put the copy back, with its metadata, headers, storage class and tags, and read it back.

        A repetition finds what an earlier attempt has put there. The ETag of an object that was uploaded in parts is
        another afterwards, for it is put back in one.

        Raises:
            NewerObjectError: another object is there.
            CopyDiffersError: what was put back has not this SHA-256.
        """
        copy = self._head(self._quarantine, quarantine_key(upload))
        there = self._head(upload.bucket, upload.key)
        if copy is None:  # an earlier attempt read it back before it deleted the copy; what came after is its owner's
            return
        if there is None:
            self._put_back(upload, copy)
        elif not self._same(upload, copy, there):
            raise NewerObjectError
        if self._digest(upload.bucket, upload.key) != sha256:
            raise CopyDiffersError("What was put back is not what was scanned.")

    def discard(self, upload: Upload) -> None:
        """Delete every version of the copy in quarantine, also where Object Lock governs it."""
        key = quarantine_key(upload)
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._quarantine, Prefix=key)
        for page in pages:
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                self._client.delete_object(
                    Bucket=self._quarantine,
                    Key=version["Key"],
                    VersionId=version["VersionId"],
                    BypassGovernanceRetention=True,
                )

    def _put_back(self, upload: Upload, copy: dict[str, Any]) -> None:
        tags = self._tags(self._quarantine, quarantine_key(upload))
        try:
            self._client.copy_object(
                Bucket=upload.bucket,
                Key=upload.key,
                CopySource={"Bucket": self._quarantine, "Key": quarantine_key(upload)},
                TaggingDirective="REPLACE",
                Tagging=urlencode(tags),
                StorageClass=copy.get("StorageClass", "STANDARD"),
                IfNoneMatch="*",  # somebody may have written there since we looked
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise NewerObjectError from error
            raise

    def _same(self, upload: Upload, copy: dict[str, Any], there: dict[str, Any]) -> bool:
        """Tell whether an object is what an earlier attempt has put back: all that can be told of it is the copy's."""
        if any(copy.get(name) != there.get(name) for name in _TOLD):
            return False
        quarantined = (self._quarantine, quarantine_key(upload))
        if self._tags(*quarantined) != self._tags(upload.bucket, upload.key):
            return False
        return self._digest(upload.bucket, upload.key) == self._digest(*quarantined)

    def _head(self, bucket: str, key: str) -> dict[str, Any] | None:
        try:
            with gone_is_told():
                return dict(self._client.head_object(Bucket=bucket, Key=key))
        except ObjectGoneError:
            return None

    def _tags(self, bucket: str, key: str) -> dict[str, str]:
        """Return an object's tags, without ours."""
        tags = self._client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in tags if tag["Key"] != TAG}

    def _digest(self, bucket: str, key: str) -> bytes:
        digest = hashlib.sha256()
        with gone_is_told():
            answer = self._client.get_object(Bucket=bucket, Key=key)
        with closing(answer["Body"]) as body:
            for chunk in body.iter_chunks(_CHUNK):
                digest.update(chunk)
        return digest.digest()
