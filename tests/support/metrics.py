"""Metrics that functions really emit, read from the embedded-metric lines they print."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from unspread.telemetry import metrics


@dataclass(frozen=True)
class Emitted:
    """One value of a metric, as CloudWatch would take it from a log line."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]
    value: float


def read(text: str) -> Iterator[Emitted]:
    """Yield what the embedded-metric lines among the lines of a text hold."""
    for line in text.splitlines():
        if '"CloudWatchMetrics"' not in line:
            continue
        told = json.loads(line)
        for directive in told["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = frozenset((name, told[name]) for name in names)
                for metric in directive["Metrics"]:
                    values = told[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        yield Emitted(directive["Namespace"], metric["Name"], dimensions, value)


@contextmanager
def service(name: str) -> Iterator[None]:
    """Let metrics be emitted under a service, which the function's environment names."""
    provider = metrics.provider
    was = provider.service
    provider.service = name
    provider.metric_set.clear()
    provider.dimension_set.clear()
    try:
        yield
    finally:
        provider.service = was
        provider.metric_set.clear()
        provider.dimension_set.clear()


def emitted(capsys: pytest.CaptureFixture[str], name: str, run: Callable[[], object]) -> list[Emitted]:
    """Return what a service emits while it runs."""
    capsys.readouterr()
    with service(name):
        run()
    return list(read(capsys.readouterr().out))
