"""An anonymous case: list its hashes, tell its status, withdraw it."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.api.application import Application
from unspread.api.submissions import submission_routes
from unspread.assembly import listing
from unspread.cases import Cases
from unspread.settings import CaseSettings


@cache
def cases() -> Cases:
    """Put the cases together, once a request needs them."""
    return listing.cases(CaseSettings.load())


application = Application(submission_routes(cases))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. The event holds an address and perhaps a case code: it goes into no log."""
    return application(event, context)
