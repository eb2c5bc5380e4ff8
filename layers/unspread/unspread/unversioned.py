"""One name for an upload to a bucket without versions, whether its event came or a listing found it.

The event has a sequencer, which no listing tells; a listing has the time at which S3 stored the object, which the event
has not. Before such an upload is scanned S3 is asked for that time, and what was answered is noted: once the object is
in quarantine nobody can ask again, and a second delivery of the event has to mean the same record.
"""

from dataclasses import dataclass, replace

from unspread.stores.objects import ObjectArchivedError, ObjectGoneError, Objects
from unspread.stores.upload_table import UploadTable
from unspread.upload import Upload


@dataclass(frozen=True, slots=True)
class NameUnversioned:
    """Gives uploads the name that listings have for them."""

    objects: Objects
    uploads: UploadTable

    def __call__(self, upload: Upload) -> Upload:
        """Return the upload as a listing would name it; as it is, if it is gone or cannot be asked about."""
        if upload.named_by_its_storage:
            return upload
        if known := self.uploads.stored_sequencer(upload):
            return replace(upload, sequencer=known)
        try:
            stored = upload.stored(self.objects.modified(upload))
        except (ObjectGoneError, ObjectArchivedError):
            return upload
        record = self.uploads.read(stored)
        if record and (record.action == "quarantined" or record.leaving):
            # That one was taken away, and this is there: the same content once more, within the same second.
            return upload
        self.uploads.note_stored_sequencer(upload, stored.sequencer)
        return stored
