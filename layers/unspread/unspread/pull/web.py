"""HTTP with a list of others: verified, bounded in time and size, repeated where it may pass, never redirected."""

import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import urlsplit

import urllib3

from unspread.pull.source import Fault, SourceError

MOST_BYTES = 8 * 2**20
"""Bytes of the longest answer: 1,000 records of StopNCII are about 0.3 MB."""

LONGEST_ANSWER = 60
"""Seconds that an answer may take, however steadily it drips."""

LONGEST_WAIT = 20
"""Seconds to wait between two attempts at most; a list that asks for more is left to the next run."""

_ATTEMPTS = 4
_CHUNK = 65_536
_TIMEOUT = urllib3.Timeout(connect=5, read=30)
_FAULTS = {
    HTTPStatus.UNAUTHORIZED: Fault.CREDENTIALS,
    HTTPStatus.FORBIDDEN: Fault.CREDENTIALS,
    HTTPStatus.NOT_FOUND: Fault.MISSING,
}


class BadRequestError(SourceError):
    """The list answered 400: something that was sent is not taken, such as a page token that is too old."""

    def __init__(self) -> None:
        super().__init__(Fault.REFUSED)


def check_address(address: str) -> str:
    """Return an address that may be asked, without a slash at its end.

    Raises:
        SourceError: it is not https (or http to this very machine), or has a user, a query or a fragment.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise SourceError(Fault.ADDRESS) from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
    plain = not (parts.username or parts.password or parts.query or parts.fragment or "\\" in address)
    if not (secure and plain and parts.hostname and port != 0):
        raise SourceError(Fault.ADDRESS)
    return address.rstrip("/")


@dataclass(frozen=True, slots=True)
class Web:
    """A list's address, and the headers that say who asks."""

    address: str
    headers: Mapping[str, str]
    wait: Callable[[float], object] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _pool: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(retries=False, timeout=_TIMEOUT, cert_reqs="CERT_REQUIRED")
    )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def get(self, path: str, fields: Mapping[str, str] | None = None) -> bytes:
        """Return the body of an answer. Raises SourceError, BadRequestError."""
        return self._ask("GET", path, {"fields": fields})

    def post(self, path: str, body: object) -> bytes:
        """Post JSON, perhaps more than once, and return the body of the answer. Raises SourceError, BadRequestError."""
        return self._ask("POST", path, {"json": body})

    def _ask(self, method: str, path: str, more: dict[str, Any]) -> bytes:
        url = check_address(self.address) + path
        for attempt in range(_ATTEMPTS):
            status, body, asked = self._once(method, url, more)
            if 0 < status < HTTPStatus.MULTIPLE_CHOICES:
                return body
            passing = not status or status == HTTPStatus.TOO_MANY_REQUESTS or status >= 500
            if not passing:
                raise _refusal(status)
            seconds = 2.0**attempt if asked is None else asked
            if attempt == _ATTEMPTS - 1 or seconds > LONGEST_WAIT:
                break
            self.wait(seconds)
        raise SourceError(Fault.BUSY if status == HTTPStatus.TOO_MANY_REQUESTS else Fault.UNREACHABLE)

    def _once(self, method: str, url: str, more: dict[str, Any]) -> tuple[int, bytes, float | None]:
        """Return status, body, and the seconds that the answer asks us to wait; 0 for the status without an answer."""
        began = self.clock()
        try:
            answer = self._pool.request(
                method, url, headers=dict(self.headers), redirect=False, preload_content=False, **more
            )
            try:
                status, asked = answer.status, _seconds(answer.headers.get("Retry-After"))
                body = self._read(answer, began) if status < HTTPStatus.MULTIPLE_CHOICES else b""
                answer.release_conn()
            finally:
                answer.close()  # an answer that was not read to its end takes its connection with it
        except urllib3.exceptions.LocationParseError:
            raise SourceError(Fault.ADDRESS) from None
        except (urllib3.exceptions.HTTPError, OSError):
            return 0, b"", None
        return status, body, asked

    def _read(self, answer: urllib3.BaseHTTPResponse, began: float) -> bytes:
        if answer.headers.get("Content-Encoding", "identity") != "identity":  # none was asked for: no bombs
            raise SourceError(Fault.MALFORMED)
        parts, size = [], 0
        while part := answer.read1(_CHUNK, decode_content=False):
            size += len(part)
            if size > MOST_BYTES:
                raise SourceError(Fault.TOO_LARGE)
            if self.clock() - began > LONGEST_ANSWER:
                raise SourceError(Fault.UNREACHABLE)
            parts.append(part)
        if answer.length_remaining:
            raise urllib3.exceptions.IncompleteRead(size, answer.length_remaining)
        return b"".join(parts)


def _refusal(status: int) -> SourceError:
    if status == HTTPStatus.BAD_REQUEST:
        return BadRequestError()
    if status < HTTPStatus.BAD_REQUEST:
        return SourceError(Fault.REDIRECTED)
    return SourceError(_FAULTS.get(HTTPStatus(status), Fault.REFUSED) if status in set(HTTPStatus) else Fault.REFUSED)


def _seconds(header: str | None) -> float | None:
    """Return what a Retry-After asks for, in seconds: it is a number of them, or a date."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
