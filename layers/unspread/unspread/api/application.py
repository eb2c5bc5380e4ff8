"""The application that every function of the HTTPS API runs: its routes, and one way to refuse and to fail."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread import __version__
from unspread.api.description import Description
from unspread.api.problems import RefusedError, check_body, invalid
from unspread.stores.transaction import BusyError
from unspread.telemetry import failure, logger

MOST_BYTES = 524_288
"""Largest body: 100 items with 8 hashes or 32 windows each are 300 KB."""

_RETRY = {"Retry-After": "2"}
_XML = "application/xml"


type Gate = Callable[[APIGatewayProxyEvent], Mapping[str, Any]]
"""Sees each request before anything else does: lets it in, with a context for the routes, or raises RefusedError."""


class Application:
    """Routes behind a REST API. It logs no request, and no answer repeats what was sent."""

    def __init__(
        self, description: Description, *routers: APIGatewayRouter, gate: Gate | None = None, xml: str = ""
    ) -> None:
        """Serve these routes and the OpenAPI document of them, to those whom the gate lets in.

        `xml` says in words what PUT takes, if it takes XML.
        """
        self._description = description
        self._gate = gate
        self._xml = xml
        # POWERTOOLS_DEV and debug would print events: neither is ever read from the environment here.
        self.resolver = APIGatewayRestResolver(enable_validation=True, debug=False)
        for router in routers:
            self.resolver.include_router(router)
        self.resolver.get("/openapi.json", include_in_schema=False)(self._document_answer)
        self.resolver.not_found(_not_found)
        self.resolver.exception_handler(RefusedError)(RefusedError.response)
        self.resolver.exception_handler(RequestValidationError)(lambda error: invalid(error).response())
        self.resolver.exception_handler(BusyError)(_busy)
        self.resolver.exception_handler(Exception)(_failed)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a proxy event."""
        try:
            request = APIGatewayProxyEvent(event)
            if self._gate:
                self.resolver.append_context(**self._gate(request))  # type: ignore[no-untyped-call]
            self._check(request)
        except RefusedError as error:
            return _refusal(error.response())
        except BusyError as error:
            return _refusal(_busy(error))
        except Exception as error:  # noqa: BLE001 - as the resolver does with what a route raises
            return _refusal(_failed(error))
        return self.resolver.resolve(event, context)

    def document(self) -> dict[str, Any]:
        """Return the OpenAPI document of the routes."""
        text = self.resolver.get_openapi_json_schema(
            title="Unspread",
            version=__version__,
            description=f"{self._description.text} Errors are problem documents (RFC 9457).",
            security_schemes=dict(self._description.schemes),
            security=[{name: [] for name in self._description.required}] if self._description.required else None,
            servers=[{"url": "."}],  # type: ignore[list-item]
        )
        document: dict[str, Any] = json.loads(text)
        for path in document["paths"].values():
            if self._xml and "put" in path:
                body = {"schema": {"type": "string", "description": self._xml}}
                path["put"]["requestBody"] = {"content": {_XML: body}, "required": True}
        return document

    def _document_answer(self) -> Response[str]:
        body = json.dumps(self.document())
        return Response(HTTPStatus.OK, "application/json", body, headers={"X-Content-Type-Options": "nosniff"})

    def _check(self, event: APIGatewayProxyEvent) -> None:
        """Refuse, before anything reads it, a body that the routes cannot take. Raises RefusedError."""
        if event.http_method not in ("POST", "PUT", "PATCH"):
            return
        kind = (event.headers.get("content-type") or "application/json").partition(";")[0].strip().lower()
        wanted = _XML if self._xml and event.http_method == "PUT" else "application/json"
        if kind != wanted:
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {wanted}.")
        try:
            body = event.decoded_body
        except ValueError:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "The body is not UTF-8 text.") from None
        if wanted == "application/json":
            check_body(body, MOST_BYTES)


def _refusal(answer: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": answer.status_code,
        "headers": {"Content-Type": answer.content_type, **answer.headers},
        "body": answer.body,
        "isBase64Encoded": False,
    }


def _not_found(_: NotFoundError) -> Response[str]:
    return RefusedError(HTTPStatus.NOT_FOUND, "There is nothing here. See openapi.json for what there is.").response()


def _busy(_: BusyError) -> Response[str]:
    detail = "Too much is going on at once. Repeat the request in a moment; nothing will be counted twice."
    return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=_RETRY).response()


def _failed(error: Exception) -> Response[str]:
    """Answer a fault of ours: repeating is safe for every route, and completes what was begun."""
    logger.error("request failed", extra=failure(error))
    detail = "Something failed here. Repeat the request in a moment; nothing will be counted twice."
    return RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=_RETRY).response()
