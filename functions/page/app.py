"""The submitter's page: static files under strict headers, and nothing else. Its role can only write log lines."""

from pathlib import Path
from typing import Any

from pages import Site, answer

SITE = Site(Path(__file__).with_name("site"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer a REST API's proxy event. The event holds an address: nothing of it is logged."""
    del context
    return answer(SITE, event["httpMethod"], event["path"], event["requestContext"].get("path", ""))
