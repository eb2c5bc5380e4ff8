"""Who may ask: participants, by the pair of keys that their client sends in headers, or as a name and a password."""

import base64
import binascii
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from unspread.api.application import Gate
from unspread.api.description import Description, header
from unspread.api.problems import RefusedError
from unspread.exchange.participant import Keys
from unspread.exchange.service import Exchange, NotAdmittedError
from unspread.stores.participant_table import TooManyRequestsError

PARTICIPANTS = Description(
    "For participating platforms: pull the list and tell what was found, as with StopNCII's and NCMEC's exchange.",
    {
        "FunctionKey": header("x-functions-key", "The participant's function key."),
        "SubscriptionKey": header(
            "Ocp-Apim-Subscription-Key",
            "The participant's subscription key. HTTP Basic takes the same pair, this first.",
        ),
    },
    ("FunctionKey", "SubscriptionKey"),
)


def participant_gate(exchange: Callable[[], Exchange]) -> Gate:
    """Return the gate, which gives routes the `participant` who asks."""

    def gate(request: APIGatewayProxyEvent) -> dict[str, Any]:
        try:
            return {"participant": exchange().admit(_keys(request))}
        except NotAdmittedError:
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                "Send both of your keys: x-functions-key and Ocp-Apim-Subscription-Key.",
                headers={"WWW-Authenticate": 'Basic realm="Unspread"'},
            ) from None
        except TooManyRequestsError as error:
            raise RefusedError(
                HTTPStatus.TOO_MANY_REQUESTS,
                f"You ask too often. Repeat the request in {error.seconds} s.",
                headers={"Retry-After": str(error.seconds)},
            ) from None

    return gate


def _keys(request: APIGatewayProxyEvent) -> Keys:
    """Read the keys: of HTTP Basic, the name is the subscription key and the password the function key."""
    headers = request.headers
    scheme, _, encoded = (headers.get("authorization") or "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError):
            name = password = ""
        return Keys(password, name)
    return Keys(headers.get("x-functions-key") or "", headers.get("ocp-apim-subscription-key") or "")
