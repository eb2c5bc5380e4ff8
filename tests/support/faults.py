"""AWS calls made to fail: before they reach the service, or after, with the answer lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import botocore.client
from botocore.exceptions import ClientError, ReadTimeoutError


def throttled(operation: str) -> Exception:
    """Return the error of a call that AWS refused for now, on every try of the SDK."""
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)


def denied(operation: str) -> Exception:
    """Return the error of a call that the role may not make."""
    return ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, operation)


def unanswered(operation: str) -> Exception:
    """Return the error of a call whose answer did not arrive."""
    return ReadTimeoutError(endpoint_url="https://aws.invalid")


@dataclass
class Calls:
    """The calls made while it watched, by operation."""

    made: list[str] = field(default_factory=list)


@contextmanager
def failing(
    chosen: Callable[[int, str], bool], fault: Callable[[str], Exception] = throttled, *, performed: bool = False
) -> Iterator[Calls]:
    """Let the calls fail for which `chosen`, given position and operation, is true.

    Args:
        chosen: picks the calls.
        fault: makes the error.
        performed: whether the service does what is asked before the answer is lost.
    """
    real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
    calls = Calls()

    def call(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        position = len(calls.made)
        calls.made.append(operation)
        if not chosen(position, operation):
            return real(self, operation, arguments)
        if performed:
            real(self, operation, arguments)
        raise fault(operation)

    with patch("botocore.client.BaseClient._make_api_call", call):
        yield calls


@contextmanager
def one_call_at_a_time() -> Iterator[None]:
    """Make each call atomic, as DynamoDB's are and moto's, between threads, are not."""
    real = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]
    lock = threading.Lock()

    def call(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        with lock:
            return real(self, operation, arguments)

    with patch("botocore.client.BaseClient._make_api_call", call):
        yield
