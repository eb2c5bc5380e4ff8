"""What an OpenAPI document says of an application as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn


@dataclass(frozen=True, slots=True)
class Description:
    """In words, how callers show who they are, and which of these ways every route asks for."""

    text: str
    schemes: Mapping[str, APIKey]
    required: Sequence[str] = ()


def header(name: str, text: str) -> APIKey:
    """Return the scheme of callers who show who they are in a header."""
    return APIKey.model_validate({"in": APIKeyIn.header, "name": name, "description": text})
