"""The upload table, as far as it is about reviews: what a person has to decide, and what was decided.

    pk              sk              attributes
    reviews         <time>#<id>     verdict, category, since: the open reviews alone, oldest first
    object#<id>     review          opened (the sort key above), verdict, category, since, decision, votes, hold ...

`category` is absent where it is not known. Both items change in one transaction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from unspread.stores.transaction import Action
from unspread.verdict import Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OPEN = "reviews"
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

    `votes` says who decided what and is not yet enough; `decision` is what was decided, empty while it is open.
    `revision` rises with every change, so that no two people overwrite each other.
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
    due: int | None = None  # the day, counted from 1970, on which the copy in quarantine goes

    @property
    def is_open(self) -> bool:
        """Whether a person has yet to decide."""
        return not self.decision


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
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": _OPEN},
            "ConsistentRead": True,
            "Limit": most,
        }
        page = self._client.query(**request | ({"ExclusiveStartKey": {"pk": _OPEN, "sk": after}} if after else {}))
        items = cast("list[dict[str, Any]]", page["Items"])
        return list(map(_open_review, items)), cast("str", page.get("LastEvaluatedKey", {}).get("sk", ""))

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
        if review.is_open:
            listed = {"pk": _OPEN, "sk": review.opened, "since": int(review.since), "verdict": review.verdict}
            listed |= {"category": review.category} if review.category else {}
            actions.append({"Put": {"TableName": self._name, "Item": listed}})
        return actions


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
    }
    item |= {"category": review.category} if review.category else {}
    return item | ({"due": review.due} if review.due is not None else {})


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
        due=int(item["due"]) if "due" in item else None,
    )
