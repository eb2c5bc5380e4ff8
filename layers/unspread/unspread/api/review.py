"""The routes for reviewers: what waits for a person, and what the person decides. No answer holds a hash."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, Field

from unspread.api.answers import answer, answers
from unspread.api.description import Description, header
from unspread.api.problems import RefusedError
from unspread.api.proof import STRICT
from unspread.clock import hours_left
from unspread.match import Done
from unspread.review import Decision, ReviewConflictError, Reviewed, Reviewing, ReviewNotFoundError
from unspread.stores.objects import quarantine_key
from unspread.verdict import Verdict

REVIEWERS = Description(
    "For reviewers.",
    {
        "IAM": header(
            "Authorization", "AWS Signature Version 4, checked by API Gateway: `execute-api:Invoke` is needed."
        )
    },
    ("IAM",),
)
_READ = (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
_BODY = (*_READ, HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
ReviewId = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="The upload's identifier.")]


class Vote(BaseModel):
    """What one person decided, where more have to agree."""

    who: str
    decision: str


class QuarantinePlace(BaseModel):
    """Where the copy is."""

    bucket: str
    key: str


class ReviewAnswer(BaseModel):
    """A review."""

    id: str
    since: Annotated[str, Field(description="When it was judged, in UTC.")]
    left: Annotated[int, Field(description="Seconds that are left of 48 hours; below 0 afterwards.")]
    verdict: Literal["match", "suspect"]
    category: Literal["minor", "adult"] | None
    kind: Annotated[str | None, Field(description="What the nearest hit is: pdq, phash, window, sha256 or md5.")]
    distance: Annotated[int | None, Field(description="To the nearest listed hash, in bits; 0 for equal digests.")]
    bucket: str
    key: str
    version: str
    size: Annotated[int, Field(description="Bytes.")]
    action: Annotated[str, Field(description="What was done so far: quarantined, observed, gone, released or nothing.")]
    quarantine: QuarantinePlace | None
    decision: Annotated[str, Field(description="What was decided; empty while it is open.")]
    done: Annotated[bool, Field(description="Whether the decision was seen through. Repeat it if it was not.")]
    votes: Annotated[list[Vote], Field(description="What was decided by too few people so far.")]
    escalated: bool
    hold: Annotated[bool, Field(description="Whether the copy may not be deleted.")]
    due: Annotated[str, Field(description="The day on which the copy is deleted; empty while that is open.")]
    deleted: Annotated[str, Field(description="The day on which it was.")]


class ReviewsAnswer(BaseModel):
    """Open reviews, oldest first."""

    reviews: list[ReviewAnswer]
    next: Annotated[str | None, Field(description="Where the next page begins: pass it as `after`.")]


class DecisionBody(BaseModel):
    """What a person decides."""

    model_config = STRICT

    decision: Literal["confirm", "release", "approve", "escalate", "hold", "unhold", "appeal", "viewed"]
    note: Annotated[str, Field(max_length=500, description="For the audit. Name nobody.")] = ""


class AuditEntry(BaseModel):
    """Who did what about a review."""

    at: str
    review: str
    who: str
    what: str
    note: str


class AuditAnswer(BaseModel):
    """The audit of a month."""

    entries: list[AuditEntry]


def review_routes(reviewing: Callable[[], Reviewing]) -> APIGatewayRouter:
    """Return the routes, which use the reviews that `reviewing` gives when a request needs them."""
    router = APIGatewayRouter()  # type: ignore[no-untyped-call]

    @router.get(
        "/reviews",
        summary="What waits for a person, oldest first",
        operation_id="listReviews",
        responses=answers(HTTPStatus.OK, ReviewsAnswer, HTTPStatus.FORBIDDEN),
    )
    def reviews(
        verdict: Annotated[Literal["match", "suspect"] | None, Query()] = None,
        after: Annotated[str, Query(max_length=100, pattern="^(|[0-9TZ.:-]{24}#[0-9a-f]{64})$")] = "",
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
    ) -> Response[ReviewsAnswer]:
        page, last = reviewing().page(after, limit, Verdict(verdict) if verdict else None)
        body = ReviewsAnswer(reviews=[_told(reviewing(), each) for each in page], next=last or None)
        return answer(HTTPStatus.OK, body)

    @router.get(
        "/reviews/audit",
        summary="Who decided what",
        operation_id="audit",
        responses=answers(HTTPStatus.OK, AuditAnswer, HTTPStatus.FORBIDDEN),
    )
    def audit(
        month: Annotated[str, Query(pattern=r"^[0-9]{4}-[0-9]{2}$", description="Such as 2026-11.")],
    ) -> Response[AuditAnswer]:
        entries = [
            AuditEntry(at=_time(each.at), review=each.review, who=each.who, what=each.what, note=each.note)
            for each in reviewing().audit.read(month)
        ]
        return answer(HTTPStatus.OK, AuditAnswer(entries=entries))

    @router.get(
        "/reviews/<review_id>",
        summary="One review, open or decided",
        operation_id="readReview",
        responses=answers(HTTPStatus.OK, ReviewAnswer, *_READ),
    )
    def review(review_id: ReviewId) -> Response[ReviewAnswer]:
        return answer(HTTPStatus.OK, _told(reviewing(), _found(lambda: reviewing().read(review_id))))

    @router.post(
        "/reviews/<review_id>",
        summary="Decide",
        description="`confirm` keeps a match in quarantine, and removes a suspect. `release` puts the object back. "
        "`approve` lets a held hash act again. `escalate` marks it. `hold` and `unhold` say whether the copy may be "
        "deleted. `appeal` opens a confirmed review again. `viewed` only writes down that the picture was looked at. "
        "Any of them may be repeated; a repetition finishes what was left half done.",
        operation_id="decide",
        responses=answers(HTTPStatus.OK, ReviewAnswer, *_BODY),
    )
    def decide(review_id: ReviewId, body: Annotated[DecisionBody, Body()]) -> Response[ReviewAnswer]:
        who = _who(router.current_event.raw_event)
        decided = _found(lambda: reviewing().decide(review_id, Decision(body.decision), who, body.note))
        return answer(HTTPStatus.OK, _told(reviewing(), decided))

    return router


def _who(event: dict[str, Any]) -> str:
    """Return the identity that API Gateway has checked. A role's session is part of it."""
    who = event["requestContext"].get("identity", {}).get("userArn")
    if not who:
        raise RefusedError(HTTPStatus.FORBIDDEN, "Sign the request with AWS credentials: decisions bear a name.")
    return str(who)


def _found(call: Callable[[], Reviewed]) -> Reviewed:
    try:
        return call()
    except ReviewNotFoundError:
        raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such review.") from None
    except ReviewConflictError as error:
        raise RefusedError(HTTPStatus.CONFLICT, str(error)) from None


def _told(reviewing: Reviewing, reviewed: Reviewed) -> ReviewAnswer:
    review, upload, record = reviewed.review, reviewed.upload, reviewed.record
    nearest = record.hits[0] if record.hits else None
    kept = record.action == Done.QUARANTINED and not review.deleted
    place = QuarantinePlace(bucket=reviewing.act.objects.quarantine_bucket, key=quarantine_key(upload))
    return ReviewAnswer.model_validate(
        {
            "id": review.upload_id,
            "since": _time(review.since),
            "left": int(3600 * hours_left(review.since, time.time())),
            "verdict": review.verdict.value,
            "category": review.category,
            "kind": nearest.key.kind.value if nearest else None,
            "distance": nearest.distance if nearest else None,
            "bucket": upload.bucket,
            "key": upload.key,
            "version": upload.version,
            "size": upload.size,
            "action": record.action,
            "quarantine": place if kept else None,
            "decision": review.decision,
            "done": review.done,
            "votes": [{"who": who, "decision": vote} for who, vote in sorted(review.votes.items())],
            "escalated": review.escalated,
            "hold": review.hold,
            "due": review.due,
            "deleted": review.deleted,
        }
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
