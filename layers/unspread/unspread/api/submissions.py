"""The routes for people who submit: a new case, its status, more items, withdrawal."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from unspread.api.answers import answer, answers
from unspread.api.description import Description, header
from unspread.api.models import (
    AdditionBody,
    CaseAnswer,
    ItemAnswer,
    ItemBody,
    RejectedItem,
    SubmissionAnswer,
    SubmissionBody,
)
from unspread.api.problems import Fault, RefusedError
from unspread.api.proof import redeem
from unspread.case_code import CaseCodeError, digest
from unspread.cases import CaseConflictError, CaseNotFoundError, Cases, TooManyItemsError
from unspread.proof import Proofs
from unspread.submission import Rejection, SubmittedItem

SUBMITTERS = Description(
    "Anonymous submissions of hashes.",
    {"CaseCode": header("Authorization", "`Case <code>`: the case code, kept by the person who submitted, in no URL.")},
)
_CASE: list[dict[str, list[str]]] = [{"CaseCode": []}]
_WORDS = {
    Rejection.LOW_QUALITY: "There is too little in this picture to tell it from others. Give its SHA-256.",
    Rejection.IMPLAUSIBLE: "These are not the hashes of a picture or a video.",
}

_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
_HOLDER = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)


def submission_routes(cases: Callable[[], Cases], proofs: Callable[[], Proofs]) -> APIGatewayRouter:
    """Return the routes, which use what `cases` and `proofs` give when a request needs them."""
    router = APIGatewayRouter()  # type: ignore[no-untyped-call]

    @router.post(
        "/submissions",
        summary="Submit a case",
        description="Lists the hashes of a new case. Repeating it is safe, with the same proof too, and completes one "
        "that was cut off. 403: the proof is not good for this request; `type` is `urn:unspread:proof-expired`, "
        "`-used` or `-invalid`, and a new challenge helps.",
        operation_id="submit",
        responses=answers(HTTPStatus.CREATED, SubmissionAnswer, *_BODY, HTTPStatus.CONFLICT),
    )
    def submit(body: Annotated[SubmissionBody, Body()]) -> Response[SubmissionAnswer]:
        items, listed = _sort(body.items)
        redeem(proofs(), body.case, body)
        _refusing(lambda: cases().submit(body.case, body.category, items))
        return answer(HTTPStatus.CREATED, listed)

    @router.get(
        "/case",
        summary="Ask for the status of a case",
        operation_id="status",
        security=_CASE,
        responses=answers(HTTPStatus.OK, CaseAnswer, *_HOLDER),
    )
    def status() -> Response[CaseAnswer]:
        return _report(cases(), _case_id(router))

    @router.post(
        "/case/items",
        summary="Add items to a case",
        description="Repeating it is safe, with the same proof too. 403: as of `POST /submissions`.",
        operation_id="add",
        security=_CASE,
        responses=answers(HTTPStatus.OK, SubmissionAnswer, *_BODY, *_HOLDER, HTTPStatus.CONFLICT),
    )
    def add(body: Annotated[AdditionBody, Body()]) -> Response[SubmissionAnswer]:
        case_id = _case_id(router)
        items, listed = _sort(body.items)
        redeem(proofs(), case_id, body)
        _refusing(lambda: cases().add(case_id, items))
        return answer(HTTPStatus.OK, listed)

    @router.delete(
        "/case",
        summary="Withdraw a case",
        description="Takes the case's hashes off the list, as far as nobody else listed them. Repeating it is safe.",
        operation_id="withdraw",
        security=_CASE,
        responses=answers(HTTPStatus.OK, CaseAnswer, *_HOLDER),
    )
    def withdraw() -> Response[CaseAnswer]:
        case_id = _case_id(router)
        _refusing(lambda: cases().withdraw(case_id))
        return _report(cases(), case_id)

    return router


def _sort(bodies: Sequence[ItemBody]) -> tuple[list[SubmittedItem], SubmissionAnswer]:
    """Part the items of which something can be listed from the others. Raises RefusedError if none is left."""
    items = [body.item() for body in bodies]
    reasons = [item.rejection() for item in items]
    rejected = [RejectedItem(item=at, reason=reason.value) for at, reason in enumerate(reasons) if reason]
    if all(reasons):
        faults = [Fault(at=f"items[{at}]", detail=_WORDS[reason]) for at, reason in enumerate(reasons) if reason]
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, "Nothing of these items can be listed.", faults)
    kept = [item for item, reason in zip(items, reasons, strict=True) if not reason]
    return kept, SubmissionAnswer(accepted=len(kept), rejected=rejected)


def _report(cases: Cases, case_id: str) -> Response[CaseAnswer]:
    try:
        report = cases.report(case_id)
    except CaseNotFoundError:
        raise _unknown() from None
    items = [ItemAnswer(kind=i.kind, status="listed", found=i.found, removed=i.removed) for i in report.items]
    return answer(
        HTTPStatus.OK,
        CaseAnswer(
            status=report.status.value,
            category=report.category,
            created=report.created,
            found=sum(item.found for item in items),
            removed=sum(item.removed for item in items),
            items=items,
        ),
    )


def _refusing(use: Callable[[], None]) -> None:
    try:
        use()
    except CaseNotFoundError:
        raise _unknown() from None
    except CaseConflictError as error:
        raise RefusedError(HTTPStatus.CONFLICT, str(error)) from None
    except TooManyItemsError as error:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None


def _unknown() -> RefusedError:
    return RefusedError(HTTPStatus.NOT_FOUND, "There is no case with this code. Check it, letter by letter.")


def _case_id(router: APIGatewayRouter) -> str:
    """Read the case code of the request's Authorization header. Raises RefusedError."""
    scheme, _, code = (router.current_event.headers.get("authorization") or "").partition(" ")
    try:
        if scheme.lower() != "case":
            raise CaseCodeError("Send the case code as `Authorization: Case <code>`.")
        return digest(code)
    except CaseCodeError as error:
        raise RefusedError(HTTPStatus.UNAUTHORIZED, str(error), headers={"WWW-Authenticate": "Case"}) from None
