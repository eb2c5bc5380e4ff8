"""The secret that signs challenges is replaced when it is a month old."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread import aws
from unspread.settings import RotateSettings
from unspread.stores import proof_secret
from unspread.telemetry import logger


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, bool]:  # noqa: ARG001 - a schedule says nothing
    """Replace the secret if it is old enough. The schedule comes every day: a run that failed is made up for."""
    replaced = proof_secret.replace(aws.secrets(), RotateSettings.load().proof_secret)
    logger.info("rotated" if replaced else "not yet")
    return {"replaced": replaced}
