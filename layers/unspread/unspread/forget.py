"""An object version is gone for good: no listing needs to find it any longer. Its record stays."""

from dataclasses import dataclass

from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import UploadTable
from unspread.upload import Upload


@dataclass(frozen=True, slots=True)
class Forget:
    """Deletes the items by which a listing would find an upload."""

    uploads: UploadTable
    index: UploadIndex

    def __call__(self, upload: Upload) -> bool:
        """Forget an upload; tell whether it was known."""
        record = self.uploads.read(upload)
        if record is None:
            return False
        self.index.remove(upload.id, record.digests, record.hashes)
        return True
