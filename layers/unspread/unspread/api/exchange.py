"""The routes for participants, in the shape of StopNCII's exchange."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from unspread.api.answers import answer, answers
from unspread.api.exchange_models import (
    ContributionAnswer,
    ContributionBody,
    FeedbackAnswer,
    FeedbacksBody,
    FetchAnswer,
    HashRecord,
    RejectedRecord,
    rejection,
)
from unspread.api.problems import RefusedError
from unspread.exchange.feed import FeedRecord, FutureError
from unspread.exchange.page_token import PageTokenError
from unspread.exchange.participant import Participant
from unspread.exchange.service import Exchange, NotGrantedError
from unspread.hash_key import HashKey, Kind

MOST_RECORDS = 1000
USUAL_RECORDS = 800

_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)
_BODY = (*_REFUSED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def exchange_routes(exchange: Callable[[], Exchange]) -> APIGatewayRouter:
    """Return the routes, which use the exchange that `exchange` gives when a request needs it."""
    router = APIGatewayRouter()  # type: ignore[no-untyped-call]

    def asking() -> Participant:
        participant: Participant = router.context["participant"]
        return participant

    @router.get(
        "/v1/FetchHashes",
        summary="Pull the list",
        description="The hashes that changed since a time, as they are now. Begin at 0; follow `nextPageToken` while "
        "`hasMoreRecords`; begin the next time at `nextSetTimestamp`. Some records come again: the last one holds.",
        operation_id="fetchHashes",
        responses=answers(HTTPStatus.OK, FetchAnswer, *_REFUSED),
    )
    def fetch(
        startTimestamp: Annotated[int, Query(ge=0, description="Seconds since 1970.")] = 0,  # noqa: N803 - StopNCII's spelling
        pageSize: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = USUAL_RECORDS,  # noqa: N803
        nextPageToken: Annotated[str, Query(max_length=500)] = "",  # noqa: N803
    ) -> Response[FetchAnswer]:
        try:
            position = exchange().resume(asking(), nextPageToken) if nextPageToken else exchange().begin(startTimestamp)
        except (FutureError, PageTokenError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None
        page, token = exchange().pull(asking(), "FetchHashes", position, pageSize)
        records = [_record(record) for record in page.records]
        return answer(
            HTTPStatus.OK,
            FetchAnswer(
                count=len(records),
                nextSetTimestamp=page.next_start,
                nextPageToken=token,
                hasMoreRecords=token is not None,
                hashRecords=records,
            ),
        )

    @router.post(
        "/v1/SubmitFeedback",
        summary="Tell what was found and removed, or dispute hashes",
        description="`Blocked`: copies found and removed. `PendingReview`: found. `NotBlocked`: disputed. `Withdrawn`: "
        "takes back what you said of the hash, and listed yourself. Your latest word holds; repeating is safe.",
        operation_id="submitFeedback",
        responses=answers(HTTPStatus.OK, FeedbackAnswer, *_BODY),
    )
    def feedback(body: Annotated[FeedbacksBody, Body()]) -> Response[FeedbackAnswer]:
        reports = {each.key: report for each in body.hashFeedbacks if (report := each.report())}
        exchange().report(asking(), "SubmitFeedback", reports)
        return answer(HTTPStatus.OK, FeedbackAnswer(count=len(body.hashFeedbacks)))

    @router.post(
        "/v1/SubmitHashes",
        summary="List hashes of your own",
        operation_id="submitHashes",
        responses=answers(HTTPStatus.OK, ContributionAnswer, *_BODY, HTTPStatus.FORBIDDEN),
    )
    def contribute(body: Annotated[ContributionBody, Body()]) -> Response[ContributionAnswer]:
        items = [record.item() for record in body.hashRecords]
        reasons = [rejection(item) for item in items]
        keys: list[HashKey] = []
        for item, reason in zip(items, reasons, strict=True):
            keys += item.listable() if item and not reason else ()
        try:
            exchange().contribute(asking(), "SubmitHashes", keys)
        except NotGrantedError:
            detail = "You may not list hashes here. Ask the operator to let you."
            raise RefusedError(HTTPStatus.FORBIDDEN, detail) from None
        rejected = [RejectedRecord(record=at, reason=reason) for at, reason in enumerate(reasons) if reason]
        return answer(HTTPStatus.OK, ContributionAnswer(count=len(items) - len(rejected), rejected=rejected))

    return router


def _record(record: FeedRecord) -> HashRecord:
    return HashRecord(
        lastModtimestamp=record.changed,
        signalType="ImagePDQ" if record.key.kind is Kind.PDQ else "VideoMD5",
        hashValue=record.key.value,
        hashStatus="Active" if record.active else "Withdrawn",
        caseNumbers={},
        CSPFeedbacks=[],
    )
