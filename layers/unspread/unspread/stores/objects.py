"""Objects in the watched buckets, and their copies in quarantine."""

import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from unspread.upload import Upload

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import TagTypeDef

TAG = "unspread-status"
_MOST_TAGS = 10  # S3's limit for an object
_CHUNK = 1 << 20
_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "PreconditionFailed", "412"}


class ObjectGoneError(Exception):
    """The object version is not there, or no longer: deleted, or replaced in a bucket without versions."""


class ObjectArchivedError(Exception):
    """The object is in an archive and cannot be read."""


class NoRoomForTagError(Exception):
    """The object has as many tags of its owner's as S3 allows."""


class CopyDiffersError(Exception):
    """The copy in quarantine is not, byte for byte, what was scanned."""


class Objects:
    """The watched buckets and the quarantine bucket."""

    def __init__(self, client: "S3Client", quarantine_bucket: str) -> None:
        """Use this quarantine bucket."""
        self._client = client
        self.quarantine_bucket = quarantine_bucket

    @contextmanager
    def open(self, upload: Upload) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Open an upload: its size in bytes and its content in chunks.

        Raises:
            ObjectGoneError: it is not there.
            ObjectArchivedError: it is in an archive.
        """
        with gone_is_told():
            answer = self._client.get_object(**_address(upload))
        with closing(answer["Body"]) as body:
            yield answer["ContentLength"], body.iter_chunks(_CHUNK)

    def exists(self, upload: Upload) -> bool:
        """Tell whether the upload is still in its bucket."""
        try:
            self.modified(upload)
        except ObjectGoneError:
            return False
        except ObjectArchivedError:
            return True
        return True

    def modified(self, upload: Upload) -> datetime:
        """Return when S3 says that this upload was stored, to the second, as a listing of its bucket says too.

        Raises:
            ObjectGoneError: it is not there.
            ObjectArchivedError: it is in an archive.
        """
        with gone_is_told():
            answer = self._client.get_object(**_address(upload))
        answer["Body"].close()
        return answer["LastModified"]

    def copy_to_quarantine(self, upload: Upload, sha256: bytes) -> str:
        """Copy an upload, with its metadata and tags, verify the copy, and return the copy's key.

        Raises:
            ObjectGoneError: the upload is not there.
            CopyDiffersError: the copy's SHA-256 is not `sha256`.
        """
        key = quarantine_key(upload)
        source = {"Bucket": upload.bucket, "Key": upload.key}
        try:
            self._copy(upload, source | {"VersionId": upload.version}, key)
        except ObjectGoneError:
            if upload.versioned:
                raise
            # Not all that speak S3's protocol know the name of the one version of a bucket that keeps none.
            self._copy(upload, source, key)
        if not self.in_quarantine(upload, sha256):
            raise CopyDiffersError("The copy in quarantine is not what was scanned.")
        with suppress(NoRoomForTagError):  # in quarantine the tag is a courtesy
            self._tag({"Bucket": self.quarantine_bucket, "Key": key}, "match")
        return key

    def _copy(self, upload: Upload, source: dict[str, str], key: str) -> None:
        request: dict[str, Any] = {"CopySource": source}
        there: dict[str, Any] = dict(source)
        if not upload.versioned:
            request["CopySourceIfMatch"] = there["IfMatch"] = upload.etag
        with gone_is_told():
            answer = self._client.get_object(**there)  # of a missing version HEAD tells nothing but 400
            answer["Body"].close()
            kept = answer.get("StorageClass", "STANDARD")  # a release puts it back so
            self._client.copy_object(Bucket=self.quarantine_bucket, Key=key, StorageClass=kept, **request)

    def in_quarantine(self, upload: Upload, sha256: bytes) -> bool:
        """Tell, by reading it, whether an upload's copy in quarantine is there and has this SHA-256."""
        digest = hashlib.sha256()
        try:
            with gone_is_told():
                answer = self._client.get_object(Bucket=self.quarantine_bucket, Key=quarantine_key(upload))
        except ObjectGoneError:
            return False
        with closing(answer["Body"]) as body:
            for chunk in body.iter_chunks(_CHUNK):
                digest.update(chunk)
        return digest.digest() == sha256

    def remove(self, upload: Upload) -> None:
        """Delete this version, and nothing that came after it."""
        try:
            with gone_is_told():
                self._client.delete_object(**_address(upload))
        except ObjectGoneError:
            # S3 compares ETags with the current version alone. From before its bucket kept versions there may be one
            # that newer ones hide: no upload can take its place, so that it is still there is all there is to ask.
            if not upload.versioned and self.exists(upload):
                self._client.delete_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version)

    def tag(self, upload: Upload, status: str) -> None:
        """Set our tag on an upload, of which there are versions, beside its owner's tags. The same again is no change.

        Raises:
            ObjectGoneError: the upload is not there.
            NoRoomForTagError: its owner's tags leave no room.
        """
        with gone_is_told():
            self._tag(_address(upload), status)

    def _tag(self, place: dict[str, Any], status: str) -> None:
        tags = self._client.get_object_tagging(**place)["TagSet"]
        ours: TagTypeDef = {"Key": TAG, "Value": status}
        # A condition of a policy does not tell capitals in a tag's name apart: nothing that looks like ours stays.
        wanted = [*(tag for tag in tags if tag["Key"].lower() != TAG), ours]
        if len(wanted) > _MOST_TAGS:
            raise NoRoomForTagError
        if ours not in tags or len(wanted) < len(tags):
            self._client.put_object_tagging(**place, Tagging={"TagSet": wanted})


def quarantine_key(upload: Upload) -> str:
    """Return the key of an upload's copy: its identifier, for object keys may fill all of S3's 1,024 bytes."""
    return f"objects/{upload.id}"


def _address(upload: Upload) -> dict[str, Any]:
    """Name exactly this content: by version, and where there are no versions by ETag too."""
    place = {"Bucket": upload.bucket, "Key": upload.key, "VersionId": upload.version}
    return place | ({} if upload.versioned else {"IfMatch": upload.etag})


@contextmanager
def gone_is_told() -> Iterator[None]:
    """Raise ObjectGoneError or ObjectArchivedError for what S3 says of an object that is not there, or not at hand."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _GONE:
            raise ObjectGoneError from error
        if code == "InvalidObjectState":
            raise ObjectArchivedError from error
        raise
