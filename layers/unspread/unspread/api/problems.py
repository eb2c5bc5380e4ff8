"""Refusals, as problem documents (RFC 9457) that say what to change.

A problem never repeats what was sent: it may be a hash, or a case code.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

CONTENT_TYPE = "application/problem+json"
PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Fault(BaseModel):
    """One thing to change."""

    at: str = Field(description="Where, such as `items[2].sha256`; empty for the whole body.")
    detail: str = Field(description="What to change.")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(default="about:blank", description="A URI that names the kind of problem.")
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status.")
    detail: str | None = Field(default=None, description="What to change.")
    faults: list[Fault] | None = Field(default=None, description="What to change, place by place.")


class RefusedError(Exception):
    """A request that is refused: the API answers with this problem."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        kind: str = "about:blank",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = list(faults)
        self.headers = dict(headers or {})
        self.kind = kind

    def response(self) -> "Response[str]":
        """Return the answer."""
        document = Problem(
            type=self.kind,
            title=self.status.phrase,
            status=self.status,
            detail=self.detail,
            faults=self.faults or None,
        )
        return Response(
            status_code=self.status,
            content_type=CONTENT_TYPE,
            body=document.model_dump_json(exclude_none=True),
            headers=PRIVATE | self.headers,
        )


def invalid(error: RequestValidationError) -> RefusedError:
    """Turn a failed validation into a refusal that names each place."""
    faults = [Fault(at=_place(fault["loc"]), detail=_words(fault)) for fault in error.errors()]
    detail = f"{len(faults)} value{'s' if len(faults) > 1 else ''} cannot be taken; see faults."
    return RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults[:20])


def check_body(body: str | None, most: int) -> None:
    """Refuse a body that is over-long, no JSON, or nested to harm the reader. Raises RefusedError."""
    if body is None or not body.strip():
        raise RefusedError(HTTPStatus.BAD_REQUEST, "Send a JSON object.")
    if len(body.encode("utf-8", "surrogatepass")) > most:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"Send at most {most} bytes; split the items.")
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.") from None


def _place(location: Sequence[Any]) -> str:
    """Write a place as people do: `items[2].sha256`."""
    text = ""
    for part in [part for part in location if part != "body"]:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _words(fault: Mapping[str, Any]) -> str:
    match fault["type"]:
        case "extra_forbidden":
            return "Leave this field out: it is not known."
        case "missing":
            return "Add this field."
        case "value_error":
            return str(fault["msg"]).removeprefix("Value error, ")
        case _:
            return str(fault["msg"])
