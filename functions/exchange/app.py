"""Participating platforms pull the list, tell what they found, and list hashes of their own."""

from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from unspread.api.application import Application
from unspread.api.exchange import exchange_routes
from unspread.api.exchange_gate import PARTICIPANTS, participant_gate
from unspread.api.ncmec import FEEDBACK, ncmec_routes
from unspread.assembly import exchanging
from unspread.exchange.service import Exchange
from unspread.settings import ExchangeSettings
from unspread.telemetry import metrics


@cache
def exchange() -> Exchange:
    """Put the exchange together, once a request needs it."""
    return exchanging.exchange(ExchangeSettings.load())


application = Application(
    PARTICIPANTS, exchange_routes(exchange), ncmec_routes(exchange), gate=participant_gate(exchange), xml=FEEDBACK
)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request. The event holds an address, keys and hashes: it goes into no log."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    return application(event, context)
