"""People decide on matches and suspects: confirm, release, escalate; and everything they do is written down.

A decision is recorded first and seen through then. Whoever repeats it finishes what died half-way; so does `retain`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

from unspread.clock import Clock
from unspread.guard import Guard
from unspread.hash_key import HashKey
from unspread.match import Done, MatchAction, describe
from unspread.release import MOST_AT_ONCE, Release
from unspread.serving import TagVerdict
from unspread.stores.events import DetailType
from unspread.stores.objects import ObjectGoneError
from unspread.stores.restoring import NewerObjectError
from unspread.stores.review_audit import Entry, ReviewAudit
from unspread.stores.review_table import Review, ReviewTable, opened_at
from unspread.stores.transaction import Action, commit
from unspread.stores.upload_table import Record
from unspread.telemetry import took
from unspread.upload import Upload
from unspread.verdict import Status, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Decision(StrEnum):
    """What a person may do about a review."""

    CONFIRM = "confirm"
    RELEASE = "release"
    APPROVE = "approve"  # the held hashes that it hit may act again
    ESCALATE = "escalate"
    HOLD = "hold"
    UNHOLD = "unhold"
    APPEAL = "appeal"
    VIEWED = "viewed"


AGREED = (Decision.CONFIRM, Decision.RELEASE, Decision.APPROVE)
"""What as many people have to agree on as the platform asks for."""

EXPIRED = "expired"
"""What is decided by nobody: the copy waited longer for a person than any copy is kept."""


class ReviewNotFoundError(Exception):
    """There is no such review."""


class ReviewConflictError(Exception):
    """The review does not allow this now. The message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review with its upload."""

    review: Review
    upload: Upload
    record: Record


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The reviews, and what is done about them."""

    reviews: ReviewTable
    audit: ReviewAudit
    act: MatchAction
    release: Release
    guard: Guard
    transactions: Callable[[], "DynamoDBClient"]
    needed: int
    adult_days: int
    minor_days: int
    tag: TagVerdict | None = None
    clock: Callable[[], float] = time.time

    def page(self, after: str, most: int, verdict: Verdict | None) -> tuple[list[Reviewed], str]:
        """Return open reviews, oldest first, and where the next page begins; empty after the last."""
        found, last = self.reviews.page(after, most)
        wanted = [each.upload_id for each in found if verdict in (None, each.verdict)]
        return list(self._all(wanted)), last

    def read(self, review_id: str) -> Reviewed:
        """Return a review, open or decided. Raises ReviewNotFoundError."""
        review = self.reviews.read(review_id)
        found = self.act.uploads.find(review_id)
        if review is None or found is None:
            raise ReviewNotFoundError
        return Reviewed(review, *found)

    def decide(self, review_id: str, decision: Decision, who: str, note: str = "") -> Reviewed:
        """Record what a person decides, and see it through when enough people agree.

        Raises:
            ReviewNotFoundError: there is no such review.
            ReviewConflictError: it cannot be decided so now.
        """
        reviewed = self.read(review_id)
        if decision in AGREED and not reviewed.review.decision:
            self._check(reviewed, decision)
        entry = Entry(self.clock(), review_id, who, decision.value, note)
        commit(self.transactions(), partial(self._writing, reviewed, decision, entry))
        self._tell(self.read(review_id), decision)
        return self.complete(review_id)

    def complete(self, review_id: str) -> Reviewed:
        """See through what is decided. Raises ReviewConflictError if it cannot be done now."""
        reviewed = self.read(review_id)
        if reviewed.review.done:
            return reviewed
        match reviewed.review.decision:
            case Decision.CONFIRM:
                self._confirm(reviewed)
            case Decision.RELEASE:
                self._release(reviewed)
        return self.read(review_id)

    # ------------------------------------------------------------------------------------------- recording

    def _writing(self, reviewed: Reviewed, decision: Decision, entry: Entry) -> list[Action]:
        was = self.read(entry.review).review
        if decision in AGREED:
            return self._voting(reviewed, was, decision, entry)
        now, day = self.clock(), self._day(0)
        match decision:
            case Decision.ESCALATE if was.escalated:
                return []
            case Decision.ESCALATE:
                changed = replace(was, escalated=True)
            case Decision.HOLD if was.deleted:
                raise ReviewConflictError("The copy is deleted already: there is nothing to hold.")
            case Decision.HOLD | Decision.UNHOLD if was.hold == (decision is Decision.HOLD):
                return []
            case Decision.HOLD | Decision.UNHOLD:
                changed = replace(was, hold=decision is Decision.HOLD)
            case Decision.APPEAL if was.is_open:
                return []
            case Decision.APPEAL if was.decision == Decision.RELEASE:
                raise ReviewConflictError("It is released, and judged as any upload since. Submit its hashes anew.")
            case Decision.APPEAL if was.deleted or (was.due and was.due <= day):
                raise ReviewConflictError("The copy is deleted: there is nothing to give back.")
            case Decision.APPEAL:
                opened = opened_at(now, was.upload_id)
                changed = replace(was, opened=opened, since=now, decision="", done=False, votes={}, due="")
            case _:
                return [self.audit.add(entry)]
        return [*self.reviews.write(was, changed), self.audit.add(entry)]

    def _voting(self, reviewed: Reviewed, was: Review, decision: Decision, entry: Entry) -> list[Action]:
        if was.decision == decision or was.votes.get(entry.who) == decision:
            return []
        if was.decision and was.is_open:
            raise ReviewConflictError(f"The decision to {was.decision} is being seen through. Repeat that one.")
        if was.decision in (Decision.RELEASE, EXPIRED) or was.deleted:
            raise ReviewConflictError("It is decided for good: the object is released, or its copy deleted.")
        if was.decision and decision is not Decision.RELEASE:
            raise ReviewConflictError(f"It is decided: {was.decision}. An appeal opens it again.")
        votes = {**was.votes, entry.who: decision.value}
        if list(votes.values()).count(decision) < self.needed:
            return [*self.reviews.write(was, replace(was, votes=votes)), self.audit.add(entry)]
        if decision is Decision.APPROVE:
            return self._approving(reviewed, was, entry)
        moved = reviewed.record.action == Done.QUARANTINED
        changed = replace(was, decision=decision, votes={}, done=False, moved=moved)
        actions = [self.audit.add(entry)]
        if decision is Decision.RELEASE:
            keys = self._hits(reviewed)
            changed = replace(changed, hits=tuple(map(str, keys)), due="")
            actions += self.act.released.remember(reviewed.record.sha256, keys[:MOST_AT_ONCE])
            actions.append(self.act.uploads.release(reviewed.upload, moved=moved))
        return [*self.reviews.write(was, changed), *actions]

    def _approving(self, reviewed: Reviewed, was: Review, entry: Entry) -> list[Action]:
        """Let the held hashes act again; their listing is swept anew, and finds this upload if it is a match."""
        for hit in reviewed.record.hits:
            self.guard.approve(hit.key)
        return [*self.reviews.write(was, replace(was, votes={})), self.audit.add(entry)]

    def _check(self, reviewed: Reviewed, decision: Decision) -> None:
        """Raise ReviewConflictError for what could not be seen through."""
        upload, record = reviewed.upload, reviewed.record
        if not record.done:
            raise ReviewConflictError("The upload is being acted on just now. Repeat the request in a moment.")
        status = {key: listed.status for key, listed in self.guard.hashes.read(hit.key for hit in record.hits).items()}
        match decision:
            case Decision.APPROVE if Status.HELD not in status.values():
                raise ReviewConflictError("None of the hashes that it hit is held.")
            case Decision.CONFIRM if record.action != Done.QUARANTINED and Status.ACTIVE not in status.values():
                held = Status.HELD in status.values()
                do = "Approve it first." if held else "Release the upload, or submit its hashes anew."
                raise ReviewConflictError(f"The hash is {'held' if held else 'withdrawn'}: nothing acts by it. {do}")
            case Decision.RELEASE if record.action == Done.QUARANTINED:
                if not self.act.objects.in_quarantine(upload, record.sha256):
                    raise ReviewConflictError("The copy in quarantine is not there, or not what was scanned.")
                try:
                    self.release.restoring.check_free(upload)
                except NewerObjectError:
                    raise ReviewConflictError(_NEWER) from None

    def _hits(self, reviewed: Reviewed) -> list[HashKey]:
        counted = self.act.counting.hits.of(reviewed.upload)
        return list(dict.fromkeys([*(hit.key for hit in reviewed.record.hits), *counted, *reviewed.record.also]))

    # ----------------------------------------------------------------------------------------- seeing through

    def _confirm(self, reviewed: Reviewed) -> None:
        review, upload, record = reviewed.review, reviewed.upload, reviewed.record
        if not review.moved:
            done = self.act(upload, record.hits, record.sha256)
            if done is None:
                reopened = replace(review, decision="")
                commit(self.transactions(), partial(self._if_still, review, reopened))
                raise ReviewConflictError("The hash was withdrawn or held meanwhile: nothing acts by it.")
        days = self.adult_days if review.category == "adult" else self.minor_days
        decided = replace(review, verdict=Verdict.MATCH, done=True, due=self._day(days))
        events = [(DetailType.REVIEW_DECIDED, self._about(upload, decided))]
        if review.category == "minor":
            events.append((DetailType.REPORT_DUE, self._about(upload, decided)))
        self.act.events.publish(events)
        commit(self.transactions(), partial(self._if_still, review, decided))
        took(Clock.MATCH_TO_DECISION, review.since)

    def _release(self, reviewed: Reviewed) -> None:
        review, upload = reviewed.review, reviewed.upload
        keys = [HashKey.parse(key) for key in review.hits]
        try:
            self.release(upload, reviewed.record.sha256, keys, moved=review.moved)
        except NewerObjectError:
            raise ReviewConflictError(_NEWER) from None
        except ObjectGoneError:
            raise ReviewConflictError("What was put back is gone again. Its owner may have deleted it.") from None
        if self.tag and not review.moved:
            self.tag(upload, Verdict.CLEAN)  # or what another hash has made of it meanwhile
        about = self._about(upload, review)
        self.act.events.publish(
            [(DetailType.REVIEW_DECIDED, about), (DetailType.OBJECT_RELEASED, about | {"restored": review.moved})]
        )
        commit(self.transactions(), partial(self._if_still, review, replace(review, done=True)))
        took(Clock.MATCH_TO_DECISION, review.since)

    def _if_still(self, was: Review, review: Review) -> list[Action]:
        current = self.reviews.read(was.upload_id)
        return self.reviews.write(was, review) if current == was else []

    def _tell(self, reviewed: Reviewed, decision: Decision) -> None:
        told = {
            Decision.ESCALATE: DetailType.REVIEW_ESCALATED,
            Decision.APPEAL: DetailType.REVIEW_REOPENED,
        }.get(decision)
        if told:
            self.act.events.publish([(told, self._about(reviewed.upload, reviewed.review))])

    def _about(self, upload: Upload, review: Review) -> dict[str, Any]:
        about = describe(upload) | {"verdict": review.verdict.value, "category": review.category}
        return about | ({"decision": review.decision} if review.decision else {})

    def _all(self, ids: list[str]) -> Iterator[Reviewed]:
        for each in ids:
            try:
                yield self.read(each)
            except ReviewNotFoundError:
                continue

    def _day(self, days: int) -> str:
        return (datetime.fromtimestamp(self.clock(), UTC) + timedelta(days=days)).date().isoformat()


_NEWER = "There is a newer object under its key, and a release never writes over one. Move it away, then repeat."
