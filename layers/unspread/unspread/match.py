"""A match: take the upload out of circulation, count it, and tell the platform."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from unspread.counting import Counting
from unspread.guard import Guard
from unspread.stores.events import DetailType, Events
from unspread.stores.objects import ObjectGoneError, Objects, quarantine_key
from unspread.stores.released_pairs import ReleasedPairs
from unspread.stores.upload_table import UploadTable
from unspread.upload import Upload
from unspread.verdict import Hit, Status


class Done(StrEnum):
    """What was done about a match."""

    QUARANTINED = "quarantined"
    OBSERVED = "observed"
    GONE = "gone"  # its owner removed the upload first


@dataclass(frozen=True, slots=True)
class MatchAction:
    """Acts on matches. Every step may be repeated, so an action that died half-way is finished by the next one."""

    objects: Objects
    uploads: UploadTable
    counting: Counting
    events: Events
    guard: Guard
    released: ReleasedPairs
    mode: Literal["quarantine", "observe"]

    def __call__(self, upload: Upload, hits: Sequence[Hit], sha256: bytes) -> Done | None:
        """Act on an upload that was judged a match by `hits`.

        The copy is counted first, for the count may be what holds a hash; then comes the last check.

        Returns:
            What was done, when the copy is verified, the upload removed, counted and published; None if no hash is
            active any longer, and nothing was done.
        """
        self.counting.found(upload, (hit.key for hit in hits))
        now = self.guard(hit.key for hit in hits)
        released = self.released.of(sha256)
        active = {key for key, listed in now.items() if listed.status is Status.ACTIVE} - released
        acting = [hit for hit in hits if hit.key in active]
        if not acting and not self._moved(upload, sha256):
            return None
        hits = acting or hits
        done = self._quarantine(upload, sha256) if self.mode == "quarantine" else Done.OBSERVED
        self.uploads.note_action(upload, done, hits, self._place(upload) if done is Done.QUARANTINED else {})
        if done is Done.QUARANTINED:
            self.counting.removed(upload, (hit.key for hit in hits))
        self.events.publish(self._announcement(upload, hits, done))
        return done

    def _moved(self, upload: Upload, sha256: bytes) -> bool:
        """Tell whether an earlier attempt, whose check passed, has moved the upload and only died later."""
        return not self.objects.exists(upload) and self.objects.in_quarantine(upload, sha256)

    def _quarantine(self, upload: Upload, sha256: bytes) -> Done:
        """Copy, verify, and only then remove."""
        try:
            self.objects.copy_to_quarantine(upload, sha256)
        except ObjectGoneError:
            # Either an earlier attempt moved it, or its owner removed it.
            return Done.QUARANTINED if self.objects.in_quarantine(upload, sha256) else Done.GONE
        self.objects.remove(upload)
        return Done.QUARANTINED

    def _place(self, upload: Upload) -> dict[str, Any]:
        return {"quarantine": {"bucket": self.objects.quarantine_bucket, "key": quarantine_key(upload)}}

    def _announcement(self, upload: Upload, hits: Sequence[Hit], done: Done) -> list[tuple[DetailType, dict[str, Any]]]:
        nearest = hits[0]
        about = describe(upload)
        found = about | {"kind": nearest.key.kind.value, "distance": nearest.distance, "action": done.value}
        events: list[tuple[DetailType, dict[str, Any]]] = [(DetailType.MATCH_FOUND, found)]
        if done is Done.QUARANTINED:
            events.append((DetailType.OBJECT_QUARANTINED, about | self._place(upload)))
        return events


def describe(upload: Upload) -> dict[str, Any]:
    """Return what every event says of an upload. No hash is in it."""
    return {
        "id": upload.id,
        "bucket": upload.bucket,
        "key": upload.key,
        "version": upload.version,
        "etag": upload.etag,
        "size": upload.size,
    }
