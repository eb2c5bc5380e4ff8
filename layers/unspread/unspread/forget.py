"""An object is gone for good: no listing needs to find it any longer. Its record stays.

Of a bucket with versions the event names the one that was deleted. Without versions it names the key alone, and what
an upload takes the place of is gone without any event. So what was stored under the key is known by items of its own,
and what the bucket no longer holds of it is forgotten: at a deletion, and when another upload is scanned. S3's listings
are strongly consistent. The same content stored again within the same second would have the name of what is being
forgotten; so that it is noted first, and then looked for: what is stored after the look has another name.
"""

from dataclasses import dataclass

from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import Record, UploadTable
from unspread.stores.versions import Versions
from unspread.upload import Upload


@dataclass(frozen=True, slots=True)
class Forget:
    """Deletes the items by which a listing would find an upload."""

    uploads: UploadTable
    index: UploadIndex
    versions: Versions

    def __call__(self, upload: Upload) -> bool:
        """Forget an upload that was deleted; tell whether anything was known of it."""
        if not upload.versioned:
            return self.replaced(upload)
        record = self.uploads.read(upload)
        if record is None:
            return False
        self._forget(upload, record)
        return True

    def replaced(self, upload: Upload) -> bool:
        """Forget what else was stored under an upload's key and is there no longer; tell whether there was any."""
        names = [name for name in self.index.under_key(upload) if name != upload.id]
        known = [found for name in names if (found := self.uploads.find(name))]
        for other, _ in known:
            self.uploads.note_leaving(other)
        there = self.versions.etags(upload) if known else set()
        gone = [(other, record) for other, record in known if other.etag not in there]
        for other, record in gone:
            self._forget(other, record)
        return bool(gone)

    def _forget(self, upload: Upload, record: Record) -> None:
        self.index.remove(upload, record.digests, record.hashes)
