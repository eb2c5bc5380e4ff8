"""The tag that says whether an object may be read, where reads are closed until an object is found clean.

The bucket's policy lets nobody read an object version but one whose tag says `clean`, and lets nobody but the functions
set that tag. So the tag has to follow the record: whoever sets it looks at the record again afterwards, and sets it
anew if another scan or sweep has judged the upload meanwhile. Of several who tag at once, the last one thus leaves the
tag that the record asks for.
"""

from dataclasses import dataclass
from enum import StrEnum

from unspread.match import describe
from unspread.stores.events import DetailType, Events
from unspread.stores.objects import NoRoomForTagError, ObjectGoneError, Objects
from unspread.stores.upload_table import UploadTable
from unspread.telemetry import metrics
from unspread.upload import Upload
from unspread.verdict import Verdict


class Untagged(StrEnum):
    """Why an upload has no tag of ours, and is not served."""

    GONE = "gone"  # moved into quarantine, or deleted
    NO_ROOM = "no_room_for_tag"  # its owner has set as many tags as an object can have
    UNVERSIONED = "unversioned"  # an overwrite could inherit the tag


@dataclass(frozen=True, slots=True)
class TagVerdict:
    """Tags uploads with their verdicts."""

    objects: Objects
    uploads: UploadTable
    events: Events

    def __call__(self, upload: Upload, verdict: Verdict) -> str:
        """Tag an upload with the verdict that stands; return that, or why it could not be tagged."""
        while True:
            outcome = self._tag(upload, verdict)
            record = self.uploads.read(upload)
            if record is None or record.verdict in (None, verdict):
                break
            verdict = record.verdict
        if outcome in (Untagged.NO_ROOM, Untagged.UNVERSIONED):
            detail = describe(upload) | {"verdict": verdict.value, "reason": outcome}
            self.events.publish([(DetailType.VERDICT_NOT_TAGGED, detail)])
            metrics.add_metric("NotTagged", "Count", 1)
        return outcome

    def _tag(self, upload: Upload, verdict: Verdict) -> str:
        if not upload.versioned:
            return Untagged.UNVERSIONED.value
        try:
            self.objects.tag(upload, verdict.value)
        except ObjectGoneError:
            return Untagged.GONE.value
        except NoRoomForTagError:
            return Untagged.NO_ROOM.value
        return verdict.value
