"""Copies in quarantine do not stay for ever: what was decided long enough ago is deleted, with a record that stays.

What nobody has decided is kept much longer, so that no evidence is lost to a busy week; but not for ever either: a
platform must not keep such pictures because nobody looks.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from unspread.review import EXPIRED, ReviewConflictError, Reviewing, ReviewNotFoundError
from unspread.stores.review_audit import Entry
from unspread.stores.review_table import GOING, Review
from unspread.stores.transaction import Action, commit
from unspread.verdict import Verdict

OURSELVES = "retention"
_DAY = 86400


@dataclass(frozen=True, slots=True)
class Retained:
    """What a run did."""

    deleted: int
    completed: int
    expired: int
    stuck: int  # decisions that cannot be seen through: a person has to look


@dataclass(frozen=True, slots=True)
class Retain:
    """Deletes copies that are due, and sees through decisions that were left half done."""

    reviewing: Reviewing
    unreviewed_days: int
    clock: Callable[[], float] = time.time

    def __call__(self) -> Retained:
        """Do what is due."""
        completed = expired = stuck = 0
        for open_review in list(self.reviewing.reviews.open()):
            review = self.reviewing.reviews.read(open_review.upload_id)
            if review is None:
                continue
            if review.decision and review.is_open:
                try:
                    self.reviewing.complete(review.upload_id)
                    completed += 1
                except (ReviewConflictError, ReviewNotFoundError):
                    stuck += 1
            elif self._expires(review):
                commit(self.reviewing.transactions(), partial(self._expiring, review))
                expired += 1
        due = list(self.reviewing.reviews.due(self._today()))
        deleted = sum(self._delete(upload_id) for upload_id in due)
        return Retained(deleted, completed, expired, stuck)

    def _expires(self, review: Review) -> bool:
        if review.verdict is not Verdict.MATCH or review.hold or review.escalated or review.decision:
            return False
        return review.since < self.clock() - self.unreviewed_days * _DAY

    def _expiring(self, was: Review) -> list[Action]:
        if self.reviewing.reviews.read(was.upload_id) != was:
            return []
        expired = replace(was, decision=EXPIRED, done=True, votes={}, due=self._today())
        return [*self.reviewing.reviews.write(was, expired), self._entry(was, EXPIRED)]

    def _delete(self, upload_id: str) -> bool:
        """Delete a copy. It is marked first, so that from then on nobody can hold what is going."""
        commit(self.reviewing.transactions(), partial(self._marking, upload_id, GOING))
        review = self.reviewing.reviews.read(upload_id)
        if review is None or review.deleted != GOING:
            return False
        self.reviewing.release.restoring.discard(self.reviewing.read(upload_id).upload)
        commit(self.reviewing.transactions(), partial(self._marking, upload_id, self._today()))
        return True

    def _marking(self, upload_id: str, deleted: str) -> list[Action]:
        was = self.reviewing.reviews.read(upload_id)
        wanted = "" if deleted == GOING else GOING
        if was is None or was.deleted != wanted or was.is_open or not was.listed_due or was.due > self._today():
            return []
        changed = self.reviewing.reviews.write(was, replace(was, deleted=deleted))
        return changed if deleted == GOING else [*changed, self._entry(was, "deleted")]

    def _entry(self, review: Review, what: str) -> Action:
        category = review.category or "unknown"
        return self.reviewing.audit.add(Entry(self.clock(), review.upload_id, OURSELVES, what, category))

    def _today(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).date().isoformat()
