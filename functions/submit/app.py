"""An anonymous case: list its hashes, tell its status, withdraw it."""

from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.api.application import Application
from unspread.api.challenge import challenge_routes
from unspread.api.submissions import SUBMITTERS, submission_routes
from unspread.assembly import listing
from unspread.cases import Cases
from unspread.proof import Proofs
from unspread.settings import SubmitSettings


@cache
def cases() -> Cases:
    """Put the cases together, once a request needs them."""
    return listing.cases(SubmitSettings.load())


@cache
def proofs() -> Proofs:
    """Put the proofs of work together, once a request needs them."""
    return listing.proofs(SubmitSettings.load())


application = Application(SUBMITTERS, challenge_routes(proofs), submission_routes(cases, proofs))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. The event holds an address and perhaps a case code: it goes into no log."""
    return application(event, context)
