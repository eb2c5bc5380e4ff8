"""An upload: one version of an object, as the message about it names it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Self
from urllib.parse import quote, unquote, unquote_plus

from pydantic import BaseModel, ConfigDict, Field

UNVERSIONED = "null"
"""What S3 calls the version of an object in a bucket that keeps no versions."""


class _Bucket(BaseModel):
    name: Annotated[str, Field(min_length=1)]


class _Object(BaseModel):
    key: Annotated[str, Field(min_length=1)]
    size: Annotated[int, Field(ge=0)] = 0
    etag: str = ""
    sequencer: str = ""
    version: Annotated[str, Field(alias="version-id")] = UNVERSIONED


class UploadMessage(BaseModel):
    """What the rule on the upload bucket puts into the queue: two parts of the event's detail, no more."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    bucket: _Bucket
    object: _Object

    def upload(self) -> "Upload":
        """Return the upload it names."""
        return Upload(
            bucket=self.bucket.name,
            key=self.object.key,
            version=self.object.version or UNVERSIONED,
            etag=self.object.etag.strip('"'),
            size=self.object.size,
            sequencer=self.object.sequencer,
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of an object. `size` is in bytes, as the event said."""

    bucket: str
    key: str
    version: str
    etag: str
    size: int
    sequencer: str = ""

    @property
    def versioned(self) -> bool:
        """Whether the version alone tells this content from every other under its key."""
        return self.version != UNVERSIONED

    @property
    def id(self) -> str:
        """The upload's identifier, 64 hex digits: a key of constant length for object keys of any length.

        Without versions, the same content uploaded again is another upload: the sequencer tells them apart, which is
        the event's own or, once S3 has told when the content was stored, that (see `stored`).
        """
        version = self.version if self.versioned else f"{UNVERSIONED}:{self.sequencer or self.etag}"
        return hashlib.sha256("\0".join((self.bucket, self.key, version)).encode()).hexdigest()

    def message(self) -> str:
        """Return the message that names this upload, as the rule on the upload bucket makes it."""
        item = {"key": self.key, "size": self.size, "etag": self.etag, "sequencer": self.sequencer}
        return json.dumps({"bucket": {"name": self.bucket}, "object": item | {"version-id": self.version}})

    def stored(self, modified: datetime) -> Self:
        """Return this upload by the name that a listing of its bucket and its event agree on.

        A listing knows no sequencer, and an event not when S3 says that the object was stored; but S3 can be asked.
        """
        return self if self.versioned else replace(self, sequencer=f"{self.etag}@{int(modified.timestamp())}")

    @property
    def named_by_its_storage(self) -> bool:
        """Whether nothing has to be asked of S3 to know the name that listings have for it."""
        return self.versioned or "@" in self.sequencer

    def other_decodings(self) -> Iterator[Self]:
        """Yield the uploads that would be meant if the event's key were URL-encoded, or decoded once too often.

        Taking such a key's NoSuchKey for "deleted" is how scanners have passed pictures unseen.
        """
        seen = {self.key}
        for key in (unquote_plus(self.key), unquote(self.key), quote(self.key), self.key.replace(" ", "+")):
            if key not in seen:
                seen.add(key)
                yield replace(self, key=key)
