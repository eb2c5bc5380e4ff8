"""The routes for participants, in the shape of NCMEC Hash Sharing v2: its read side, and feedback."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from unspread.api.answers import answers
from unspread.api.problems import PRIVATE, RefusedError
from unspread.exchange import ncmec_xml
from unspread.exchange.feed import FutureError
from unspread.exchange.page_token import PageTokenError, Position
from unspread.exchange.participant import Participant
from unspread.exchange.service import Exchange
from unspread.hash_key import HashKey, Kind
from unspread.stores.hash_log import OVERLAP

XML = "application/xml"
FEEDBACK = "NCMEC's `feedbackSubmission`, with one of `affirmative` and `negative`; no document type."
"""What PUT takes, in words."""

ENTRIES_A_PAGE = 1000
_LATE = OVERLAP // 1000
"""Seconds before `from` that every reading repeats: its end is the client's choice, and what was written late by then
is behind it."""

_KINDS = {"PDQ": (Kind.PDQ, 64), "MD5": (Kind.MD5, 32)}
_REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)


def ncmec_routes(exchange: Callable[[], Exchange]) -> APIGatewayRouter:
    """Return the routes, which use the exchange that `exchange` gives when a request needs it."""
    router = APIGatewayRouter()  # type: ignore[no-untyped-call]

    def asking() -> Participant:
        participant: Participant = router.context["participant"]
        return participant

    @router.get("/v2/status", summary="Tell who you are", operation_id="ncmecStatus", responses=_answers())
    def status() -> Response[str]:
        return _xml(ncmec_xml.status(asking()))

    @router.get("/v2/members", summary="Tell who entries are from", operation_id="ncmecMembers", responses=_answers())
    def members() -> Response[str]:
        return _xml(ncmec_xml.members(asking()))

    @router.get(
        "/v2/entries",
        summary="Pull the list in NCMEC's shape",
        description="Entries that changed from a time up to another, as they are now; follow `paging/next`. Some come "
        "again: the last one holds.",
        operation_id="ncmecEntries",
        responses=_answers(*_REFUSED),
    )
    def entries(
        since: Annotated[str, Query(alias="from", max_length=40)] = "1970-01-01T00:00:00Z",
        to: Annotated[str, Query(max_length=40)] = "9999-12-31T23:59:59Z",
        token: Annotated[str, Query(max_length=500)] = "",
    ) -> Response[str]:
        position = _position(exchange(), asking(), since, to, token)
        page, following = exchange().pull(asking(), "entries", position, ENTRIES_A_PAGE)
        path = f"/v2/entries?{urlencode({'token': following})}" if following else None
        return _xml(ncmec_xml.entries(page.records, path, position.start + _LATE))

    @router.get(
        "/v2/feedback/<fingerprint>/reasons",
        summary="Tell what negative feedback may give as its reason",
        operation_id="ncmecReasons",
        responses=_answers(HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND),
    )
    def reasons(fingerprint: Annotated[str, Path(max_length=40)]) -> Response[str]:
        if fingerprint not in _KINDS:
            raise RefusedError(HTTPStatus.NOT_FOUND, "There are PDQ and MD5 fingerprints here.")
        return _xml(ncmec_xml.reasons())

    @router.put(
        "/v2/entries/<member>/<entry>/<fingerprint>/feedback",
        summary="Tell that an entry was found, or dispute it",
        operation_id="ncmecFeedback",
        responses=_answers(*_REFUSED, HTTPStatus.NOT_FOUND, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    )
    def feedback(
        member: Annotated[str, Path(max_length=40)],  # noqa: ARG001 - all entries are from one member
        entry: Annotated[str, Path(max_length=100)],
        fingerprint: Annotated[str, Path(max_length=40)],
    ) -> Response[str]:
        key = _key(fingerprint, entry)
        try:
            report = ncmec_xml.feedback_from(router.current_event.decoded_body or "")
        except ncmec_xml.FeedbackXmlError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None
        exchange().report(asking(), "feedback", {key: report})
        return _xml(ncmec_xml.status(asking()))

    return router


def _position(exchange: Exchange, participant: Participant, since: str, to: str, token: str) -> Position:
    try:
        if token:
            return exchange.resume(participant, token)
        return exchange.begin(max(0, _seconds("from", since) - _LATE), max(1, _seconds("to", to)))
    except (FutureError, PageTokenError) as error:
        raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from None


def _seconds(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        detail = f"Write `{name}` like 2026-11-22T12:00:00Z."
        raise RefusedError(HTTPStatus.BAD_REQUEST, detail) from None


def _key(fingerprint: str, entry: str) -> HashKey:
    kind, digits = _KINDS.get(fingerprint, (None, 0))
    if kind is None or len(entry) != digits or set(entry) - set("0123456789abcdef"):
        raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such entry.")
    return HashKey(kind, entry)


def _xml(document: str) -> Response[str]:
    return Response(HTTPStatus.OK, XML, document, headers=PRIVATE)


def _answers(*problems: HTTPStatus) -> dict[int, Any]:
    documented = answers(HTTPStatus.OK, str, *(problems or (HTTPStatus.UNAUTHORIZED,)))
    documented[HTTPStatus.OK.value]["content"] = {XML: {"schema": {"type": "string"}}}
    return documented
