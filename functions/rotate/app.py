"""The secret that signs challenges is replaced, month by month."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread import aws
from unspread.settings import RotateSettings
from unspread.stores import proof_secret
from unspread.telemetry import logger


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, bool]:  # noqa: ARG001 - a schedule says nothing
    """Replace the secret, unless that was done just now: a schedule may come twice."""
    replaced = proof_secret.replace(aws.secrets(), RotateSettings.load().proof_secret)
    logger.info("rotated" if replaced else "rotated already")
    return {"replaced": replaced}
