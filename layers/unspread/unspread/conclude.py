"""The end of every judgement, whichever way the pair was found: record, act, publish, and only then be done."""

from collections.abc import Iterable
from dataclasses import dataclass

from unspread.hash_key import HashKey
from unspread.match import Done, MatchAction, describe
from unspread.open_review import OpenReviews
from unspread.serving import TagVerdict
from unspread.stores.events import DetailType, Events
from unspread.stores.hash_table import HashTable
from unspread.stores.released_pairs import ReleasedPairs
from unspread.stores.upload_table import Record, UploadTable
from unspread.upload import Upload
from unspread.verdict import Distances, Hit, Judgement, Status, Verdict, judge

NOTHING = Judgement(Verdict.CLEAN)
"""What an upload is judged to be that no hash of those in question concerns."""


@dataclass(frozen=True, slots=True)
class Conclude:
    """Judges uploads by what the table says of the hashes that they hit, and sees the verdict through."""

    uploads: UploadTable
    hashes: HashTable
    events: Events
    act: MatchAction
    distances: Distances
    open_review: OpenReviews
    released: ReleasedPairs
    tag: TagVerdict | None = None
    """Only where reads are closed until an object is found clean: tags cost more than all the rest of a scan."""

    @property
    def removes(self) -> bool:
        """Whether a match is taken out of circulation."""
        return self.act.mode == "quarantine"

    def judge(self, hits: Iterable[Hit], otherwise: Judgement, sha256: bytes) -> Judgement:
        """Judge an upload: what the index proposes, the table decides, but for what a person has released."""
        near = list(hits)
        status = self._status(hit.key for hit in near)
        judgement = judge(near, status, self.distances, otherwise)
        if judgement is otherwise:
            return otherwise
        released = self.released.of(sha256)
        return judge([hit for hit in near if hit.key not in released], status, self.distances, otherwise)

    def __call__(
        self,
        upload: Upload,
        judgement: Judgement,
        sha256: bytes,
        otherwise: Judgement | None,
        *,
        instead_of: Verdict | None = None,
    ) -> Verdict | None:
        """Record a judgement, act on it, publish it, and finish the upload.

        Args:
            upload: the upload.
            judgement: its verdict and hits.
            sha256: the SHA-256 of what was judged.
            otherwise: the judgement if the hashes that decided it are active no longer; None to leave that to the
                upload's own scan, which has not judged it yet.
            instead_of: the verdict of an earlier scan that died before it acted.

        Returns:
            The verdict that stands: a stronger one of another scan, if there is one, which sees itself through.
        """
        if not self.uploads.judge(upload, judgement, instead_of=instead_of):
            record = self.uploads.read(upload)
            return record.verdict if record else None
        match judgement.verdict:
            case Verdict.MATCH:
                done = self.act(upload, judgement.hits, sha256)
                if done is None:
                    return self._again(upload, judgement, sha256, otherwise)
                if done is not Done.GONE:
                    self.open_review(upload, Verdict.MATCH, judgement.hits)
            case Verdict.SUSPECT:
                nearest = judgement.hits[0]
                detail = describe(upload) | {"kind": nearest.key.kind.value, "distance": nearest.distance}
                self.events.publish([(DetailType.SUSPECT_FOUND, detail)])
                self.open_review(upload, Verdict.SUSPECT, judgement.hits)
            case Verdict.ERROR:
                self.events.publish([(DetailType.SCAN_FAILED, describe(upload) | {"reason": judgement.reason})])
        self._finish(upload, judgement.verdict)
        return judgement.verdict

    def tag_finished(self, upload: Upload, record: Record, *, again: bool) -> None:
        """See that an upload that is finished has its tag, if tags are wanted.

        Args:
            upload: the upload.
            record: its record.
            again: whether an earlier attempt may have died between tagging and looking at the record.
        """
        if self.tag and record.verdict and (again or not record.tagged):
            self._finish(upload, record.verdict)

    def _finish(self, upload: Upload, verdict: Verdict) -> None:
        self.uploads.finish(upload, self.tag(upload, verdict) if self.tag else "")

    def _again(
        self, upload: Upload, judgement: Judgement, sha256: bytes, otherwise: Judgement | None
    ) -> Verdict | None:
        """Judge anew what was a match of hashes that were withdrawn or held since: the table says what it is now."""
        again = self.judge(judgement.hits, otherwise or NOTHING, sha256)
        if again is NOTHING:
            self.uploads.reopen(upload)
            return None
        if again is otherwise and again.verdict is Verdict.MATCH:  # of other hashes, and acted on: it stays
            self.uploads.judge(upload, again)
            self.uploads.finish(upload)
            return again.verdict
        return self(upload, again, sha256, otherwise, instead_of=Verdict.MATCH)

    def _status(self, keys: Iterable[HashKey]) -> dict[HashKey, Status]:
        return {key: listed.status for key, listed in self.hashes.read(keys).items()}
