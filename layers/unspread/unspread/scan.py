"""An upload arrives: fetch, hash, check, act."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from unspread.conclude import Conclude
from unspread.content import Content, failed, hash_content
from unspread.forget import Forget
from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import Digests, Limits
from unspread.stores.objects import ObjectArchivedError, ObjectGoneError, Objects
from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import UploadTable
from unspread.unversioned import NameUnversioned
from unspread.upload import Upload
from unspread.verdict import Hit, Judgement, Verdict

_MOST_CRASHES = 2
"""Scans that a picture may kill, beyond the first: after that it is an error, and no longer decoded."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The scan of an upload, and the stores it works on."""

    objects: Objects
    uploads: UploadTable
    index: UploadIndex
    name_unversioned: NameUnversioned
    hashes: Callable[[], HashList]
    conclude: Conclude
    forget: Forget
    limits: Limits
    max_object_bytes: int

    def __call__(self, upload: Upload, *, again: bool = False) -> Verdict | None:
        """Scan an upload, and act on its verdict.

        It may run any number of times for one upload, also at once: each step looks at what is done already.

        Args:
            upload: the upload, as its event named it.
            again: whether the message was received before, so that an earlier scan may have died.

        Returns:
            The verdict; None for an upload that was scanned before.
        """
        upload = self.name_unversioned(upload)
        record = self.uploads.read(upload)
        if record and record.done:
            self.conclude.tag_finished(upload, record, again=again)
            return None
        crashed = record is not None and record.crashes >= _MOST_CRASHES
        upload, content = self._fetch(upload, decode=not crashed, watched=again)
        if record and record.verdict is Verdict.MATCH and content.digests is None:
            # An earlier scan judged it a match and may have moved it already: only the end is missing.
            judgement = Judgement(Verdict.MATCH, record.hits)
            return self.conclude(upload, judgement, record.sha256, content.otherwise)
        self._record(upload, content)
        sha256 = content.digests.sha256 if content.digests else b""
        judgement = self.conclude.judge(self._near(content), content.otherwise, sha256)
        earlier = record.verdict if record else None
        verdict = self.conclude(upload, judgement, sha256, content.otherwise, instead_of=earlier)
        if not upload.versioned:
            self.forget.replaced(upload)
        return verdict

    def _fetch(self, upload: Upload, *, decode: bool, watched: bool) -> tuple[Upload, Content]:
        """Read and hash an upload, under the key it really has."""
        for candidate in (upload, *upload.other_decodings()):
            try:
                return candidate, self._read(candidate, decode=decode, watched=watched)
            except ObjectGoneError:
                continue
            except ObjectArchivedError:
                return candidate, failed("archived")
        return upload, failed("gone")

    def _read(self, upload: Upload, *, decode: bool, watched: bool) -> Content:
        if upload.size > self.max_object_bytes:
            return failed("too_many_bytes")
        with self.objects.open(upload) as (size, chunks):
            if size > self.max_object_bytes:
                return failed("too_many_bytes")
            # Only what came back is watched: the write would be wasted on nearly all.
            begin = partial(self.uploads.begin_decoding, upload) if watched else lambda: None
            return hash_content(chunks, self.limits, decode=decode, begin_decoding=begin)

    def _record(self, upload: Upload, content: Content) -> None:
        """Write all that a listing needs to find the upload, before the list is read: either finds the other."""
        picture = content.picture
        shape: dict[str, Any] = {}
        if picture:
            shape = {"format": picture.format, "width": picture.width, "height": picture.height}
        hashes = picture.hashes if picture else ()
        self.uploads.write(upload, content.digests, shape, hashes)
        self.index.add(upload, content.digests, hashes)

    def _near(self, content: Content) -> list[Hit]:
        """Return the hits that digests could be, and those that the list proposes."""
        hits = [Hit(0, key) for key in _digest_keys(content.digests)]
        if content.picture and content.picture.hashes:
            hits += self.hashes().search(content.picture.hashes, self.conclude.distances)
        return hits


def _digest_keys(digests: Digests | None) -> list[HashKey]:
    if digests is None or digests.size == 0:
        return []
    return [HashKey.of(Kind.SHA256, digests.sha256), HashKey.of(Kind.MD5, digests.md5)]
