"""The upload table, as far as it is about reviews: what a person has to decide, and what was decided.

    pk              sk              attributes
    reviews         <time>#<id>     verdict, category, since: the open reviews alone, oldest first
    due             <day>#<id>      copies in quarantine that go on that day
    object#<id>     review          opened (the sort key above), verdict, category, since, decision, votes, hold ...

`category` is absent where it is not known. The items change in one transaction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from unspread.stores.items import in_partition
from unspread.stores.transaction import Action
from unspread.verdict import Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GOING = "going"
"""In place of the day: the copy is being deleted, and cannot be held any longer."""

_OPEN = "reviews"
_DUE = "due"
_REVIEW = "review"


@dataclass(frozen=True, slots=True)
class OpenReview:
    """An upload that a person has yet to decide on. `since` is when it was judged, in seconds since 1970."""

    upload_id: str
    since: float
    verdict: Verdict
    category: str | None


@dataclass(frozen=True, slots=True)
class Review:
    """The review of an upload, open or decided.

    `votes` says who decided what and is not yet enough; `decision` is what was decided, empty until then. A decision is
    `done` once it was seen through: until then the review stays listed among the open ones. `hits` are the listed
    hashes that a release is about. `revision` rises with every change, so that no two people overwrite each other.
    """

    upload_id: str
    opened: str
    since: float
    verdict: Verdict
    category: str | None
    revision: int = 0
    decision: str = ""
    votes: Mapping[str, str] = field(default_factory=dict)
    escalated: bool = False
    hold: bool = False
    done: bool = False
    moved: bool = False  # whether the copy was in quarantine when that was decided
    hits: tuple[str, ...] = ()
    due: str = ""  # the day on which the copy in quarantine goes, such as 2027-01-31
    deleted: str = ""  # the day on which it went; GOING while it does

    @property
    def is_open(self) -> bool:
        """Whether something is left to decide, or to see through."""
        return not self.done

    @property
    def listed_due(self) -> str:
        """Return under what it is listed as due, empty if it is not: what is held goes on no day."""
        return f"{self.due}#{self.upload_id}" if self.due and not self.hold and self.deleted in ("", GOING) else ""


class ReviewTable:
    """The reviews."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = table_name

    def open(self) -> Iterator[OpenReview]:
        """Yield the open reviews, oldest first, strongly consistent."""
        start = ""
        while True:
            page, start = self.page(start)
            yield from page
            if not start:
                return

    def page(self, after: str = "", most: int = 100) -> tuple[list[OpenReview], str]:
        """Return open reviews, oldest first, and where the next page begins; empty after the last."""
        items, last = self._query(_OPEN, after, most)
        return list(map(_open_review, items)), last

    def due(self, day: str) -> Iterator[str]:
        """Yield the uploads whose copies in quarantine are to be gone on this day."""
        after = ""
        while True:
            items, after = self._query(_DUE, after, 100)
            for item in items:
                if item["sk"][: len(day)] > day:
                    return
                yield item["sk"].rpartition("#")[2]
            if not after:
                return

    def read(self, upload_id: str) -> Review | None:
        """Read an upload's review, strongly consistent."""
        answer = self._client.get_item(TableName=self._name, Key=_key(upload_id), ConsistentRead=True)
        item = cast("dict[str, Any]", answer.get("Item"))
        return _review(item) if item else None

    def write(self, was: Review | None, review: Review) -> list[Action]:
        """Return the actions that write a review, given what was read of it, and list it among the open ones or not."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if was:
            condition = {
                "ConditionExpression": "revision = :was",
                "ExpressionAttributeValues": {":was": was.revision},
            }
        revision = was.revision + 1 if was else 1
        put = {"TableName": self._name, "Item": _item(review) | {"revision": revision}} | condition
        actions: list[Action] = [{"Put": put}]
        if was and was.is_open and (was.opened != review.opened or not review.is_open):
            actions.append({"Delete": {"TableName": self._name, "Key": {"pk": _OPEN, "sk": was.opened}}})
        if was and was.listed_due and was.listed_due != review.listed_due:
            actions.append({"Delete": {"TableName": self._name, "Key": {"pk": _DUE, "sk": was.listed_due}}})
        if review.listed_due:
            actions.append({"Put": {"TableName": self._name, "Item": {"pk": _DUE, "sk": review.listed_due}}})
        if review.is_open:
            listed = {"pk": _OPEN, "sk": review.opened, "since": int(review.since), "verdict": review.verdict}
            listed |= {"category": review.category} if review.category else {}
            actions.append({"Put": {"TableName": self._name, "Item": listed}})
        return actions

    def _query(self, pk: str, after: str, most: int) -> tuple[list[dict[str, Any]], str]:
        request = in_partition(self._name, pk) | {"Limit": most}
        page = self._client.query(**request | ({"ExclusiveStartKey": {"pk": pk, "sk": after}} if after else {}))
        items = cast("list[dict[str, Any]]", page["Items"])
        return items, cast("str", page.get("LastEvaluatedKey", {}).get("sk", ""))


def opened_at(seconds: float, upload_id: str) -> str:
    """Return the sort key of a review that is opened at this time, in seconds since 1970."""
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{moment}Z#{upload_id}"


def _key(upload_id: str) -> dict[str, str]:
    return {"pk": f"object#{upload_id}", "sk": _REVIEW}


def _open_review(item: dict[str, Any]) -> OpenReview:
    upload_id = item["sk"].rpartition("#")[2]
    return OpenReview(upload_id, float(item["since"]), Verdict(item["verdict"]), item.get("category"))


def _item(review: Review) -> dict[str, Any]:
    item: dict[str, Any] = {
        **_key(review.upload_id),
        "opened": review.opened,
        "since": int(review.since),
        "verdict": review.verdict,
        "decision": review.decision,
        "votes": dict(review.votes),
        "escalated": review.escalated,
        "hold": review.hold,
        "done": review.done,
        "moved": review.moved,
        "hits": list(review.hits),
        "due": review.due,
        "deleted": review.deleted,
    }
    return item | ({"category": review.category} if review.category else {})


def _review(item: dict[str, Any]) -> Review:
    return Review(
        upload_id=item["pk"].removeprefix("object#"),
        opened=item["opened"],
        since=float(item["since"]),
        verdict=Verdict(item["verdict"]),
        category=item.get("category"),
        revision=int(item["revision"]),
        decision=item["decision"],
        votes=item["votes"],
        escalated=bool(item["escalated"]),
        hold=bool(item["hold"]),
        done=bool(item["done"]),
        moved=bool(item["moved"]),
        hits=tuple(item["hits"]),
        due=item["due"],
        deleted=item["deleted"],
    )
