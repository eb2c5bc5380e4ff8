"""Cases left half done: sweep away submissions that never completed, complete withdrawals."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.assembly import listing
from unspread.settings import CaseSettings
from unspread.telemetry import logger

LEFT_ALONE = 1800
"""Seconds after which nobody is expected to come back and complete a submission."""


class UnsettledError(Exception):
    """Some cases could not be settled: the run counts as failed, and the next one tries again."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001 - a schedule says nothing
    """Settle the cases that have been left alone for half an hour."""
    settled, busy = listing.cases(CaseSettings.load()).settle(LEFT_ALONE)
    logger.info("settled", extra={"settled": settled, "busy": busy})
    if busy:
        raise UnsettledError(f"{busy} cases are left for the next run.")
    return {"settled": settled}
