"""How routes answer, and how their answers are documented."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from unspread.api.problems import CONTENT_TYPE, PRIVATE, Problem

_ALWAYS = (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


def answer[Body](status: HTTPStatus, body: Body) -> Response[Body]:
    """Return an answer that nobody on the way may keep."""
    return Response(status_code=status, content_type="application/json", body=body, headers=PRIVATE)


def answers(status: HTTPStatus, model: type, *problems: HTTPStatus) -> dict[int, Any]:
    """Document the answers of a route: the good one, its problems, and those that any route may answer with."""
    good = {"description": status.phrase, "content": {"application/json": {"model": model}}}
    content = {CONTENT_TYPE: {"model": Problem}}
    refused = {problem.value: {"description": problem.phrase, "content": content} for problem in (*problems, *_ALWAYS)}
    return {status.value: good, **refused}
