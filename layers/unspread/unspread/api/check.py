"""The route for the platform itself: what would be done with these hashes, before it publishes a picture."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayRouter
from pydantic import BaseModel, ConfigDict, Field

from unspread.api.answers import answer, answers
from unspread.api.description import Description, header
from unspread.api.models import Items
from unspread.check import Check
from unspread.verdict import Judgement

OPERATORS = Description(
    "For the platform's own services.",
    {
        "IAM": header(
            "Authorization", "AWS Signature Version 4, checked by API Gateway: `execute-api:Invoke` is needed."
        )
    },
    ("IAM",),
)
_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


class CheckBody(BaseModel):
    """Pictures and videos to check, as their hashes; windows are passed over."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)

    items: Items


class CheckedItem(BaseModel):
    """What would be done with an upload of an item."""

    verdict: Literal["match", "suspect", "clean", "unsupported"]
    distance: Annotated[
        int | None, Field(description="To the nearest listed hash that decided it, in bits; 0 for equal digests.")
    ] = None


class CheckAnswer(BaseModel):
    """A verdict for each item, in their order. Who listed what is not told."""

    items: list[CheckedItem]


def check_routes(check: Callable[[], Check]) -> APIGatewayRouter:
    """Return the route, which uses the check that `check` gives when a request needs it."""
    router = APIGatewayRouter()  # type: ignore[no-untyped-call]

    @router.post(
        "/check",
        summary="Check hashes before publishing",
        description="For the platform's own services: requests are signed with AWS credentials (IAM). Nothing is kept.",
        operation_id="check",
        responses=answers(HTTPStatus.OK, CheckAnswer, *_BODY),
    )
    def judge(body: Annotated[CheckBody, Body()]) -> Response[CheckAnswer]:
        judgements = check()([item.item() for item in body.items])
        return answer(HTTPStatus.OK, CheckAnswer(items=[_checked(judgement) for judgement in judgements]))

    return router


def _checked(judgement: Judgement) -> CheckedItem:
    distance = judgement.hits[0].distance if judgement.hits else None
    return CheckedItem.model_validate({"verdict": judgement.verdict.value, "distance": distance})
