"""What functions write into their logs."""

import io

import pytest

from unspread.telemetry import logger


def collected(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Collect from now on what the logger writes: it keeps the stream that was there when it was imported."""
    lines = io.StringIO()
    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", lines)
    return lines
