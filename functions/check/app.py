"""A check before publishing: the platform's hashes are judged as an upload with them would be."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.api.application import Application
from unspread.api.check import OPERATORS, check_routes
from unspread.assembly import checking
from unspread.check import Check
from unspread.settings import CheckSettings


@cache
def check() -> Check:
    """Put the check together once for all requests: it keeps the list in memory."""
    return checking.check(CheckSettings.load())


application = Application(OPERATORS, check_routes(check))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. The event holds hashes: it goes into no log."""
    return application(event, context)
