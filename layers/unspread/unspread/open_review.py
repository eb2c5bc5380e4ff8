"""A match or a suspect waits for a person: its review is opened."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from unspread.stores.hash_table import HashTable
from unspread.stores.review_table import Review, ReviewTable, opened_at
from unspread.stores.transaction import Action, commit
from unspread.upload import Upload
from unspread.verdict import Hit, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class OpenReviews:
    """Opens the reviews of uploads, each once, however often it is asked."""

    reviews: ReviewTable
    hashes: HashTable
    transactions: Callable[[], "DynamoDBClient"]
    clock: Callable[[], float] = time.time

    def __call__(self, upload: Upload, verdict: Verdict, hits: Sequence[Hit]) -> None:
        """Open the review of an upload that was judged so by these hits."""
        categories = {listed.category for listed in self.hashes.read(hit.key for hit in hits).values()}
        category = "minor" if "minor" in categories else "adult" if "adult" in categories else None
        commit(self.transactions(), partial(self._opening, upload.id, verdict, category))

    def _opening(self, upload_id: str, verdict: Verdict, category: str | None) -> list[Action]:
        review = self.reviews.read(upload_id)
        if review is None or not (review.is_open or _stays(review)):
            now = self.clock()
            opened = Review(upload_id, opened_at(now, upload_id), now, verdict, category)
            return self.reviews.write(review, replace(opened, hold=bool(review and review.hold)))
        if not review.decision and review.verdict.rank < verdict.rank:  # its clock goes on, the votes are void
            stricter = "minor" if "minor" in (category, review.category) else category
            return self.reviews.write(review, replace(review, verdict=verdict, category=stricter, votes={}))
        return []


def _stays(review: Review) -> bool:
    """Tell whether what was decided stays so: only what was released in its place can be judged again."""
    return review.decision != "release"
