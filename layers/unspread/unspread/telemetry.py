"""The one place that writes log lines and metrics.

A log line may hold an upload's record id, a verdict, a reason word, an error's type and where it arose: never
an event, a body, an address, an object key, a case code or a hash. Messages of exceptions are left out, for
they may quote any of these.
"""

import time
import traceback

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from unspread.clock import Clock, seconds_since

NAMESPACE = "Unspread"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


def failure(error: BaseException) -> dict[str, object]:
    """Return the fields of `error` that are safe to log: type, AWS code and operation, and code places."""
    fields: dict[str, object] = {
        "error": type(error).__name__,
        "at": [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-6:]],
    }
    if isinstance(error, ClientError):
        fields["code"] = error.response.get("Error", {}).get("Code", "")
        fields["operation"] = error.operation_name
    return fields


def took(metric: Clock, since: float) -> None:
    """Measure what began at `since`, in seconds since 1970, and is done now."""
    metrics.add_metric(metric.value, MetricUnit.Seconds, seconds_since(since, time.time()))
