"""The loopback page of `unspread review --web`: it lists what waits, and takes decisions by keyboard.

It is served to this machine alone, to whoever has the token of this start, under a name that no other site can point
here (the Host header is checked). Pictures are shown on request only, small, grey and blurred; how long they were shown
is counted here, not by the page, and written to the audit.
"""

import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from unspread.cli.client import ApiError
from unspread.cli.review_client import ReviewClient
from unspread.cli.review_picture import NoPictureError, picture

_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
}
_FOLDER = Path(__file__).parent / "review_page"
_MOST_BYTES = 4096
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass
class Desk:
    """What the page can do, and which pictures it is showing."""

    client: ReviewClient
    clock: Callable[[], float] = time.monotonic
    shown: dict[str, tuple[float, bool]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def show(self, review: str, *, clear: bool) -> bytes:
        """Return a picture. From now on it counts as shown."""
        self.hide(review)
        made = picture(self.client.read(review), clear=clear)
        with self._lock:
            self.shown[review] = (self.clock(), clear)
        return made

    def hide(self, review: str) -> float:
        """Write down for how many seconds a picture was shown; return them."""
        with self._lock:
            began = self.shown.pop(review, None)
        if began is None:
            return 0.0
        seconds = self.clock() - began[0]
        self.client.decide(review, "viewed", f"{'clear' if began[1] else 'blurred'} for {seconds:.0f} s")
        return seconds

    def close(self) -> None:
        """Write down what is shown still."""
        for review in list(self.shown):
            self.hide(review)


class Server(ThreadingHTTPServer):
    """The page's server: on the loopback address, at a port that the system chooses."""

    daemon_threads = True

    def __init__(self, client: ReviewClient) -> None:
        """Listen, with a token of this start."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.desk = Desk(client)
        self.token = secrets.token_urlsafe(32)

    @property
    def host(self) -> str:
        """Return the one Host header that is answered."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """Return the page's address. The token is in its fragment, which browsers send nowhere."""
        return f"http://{self.host}/#{self.token}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version, sys_version = "unspread", ""

    def do_GET(self) -> None:
        """Answer a reading request."""
        path, _, query = self.path.partition("?")
        if not self._from_this_machine():
            return
        if path in _FILES:
            name, kind = _FILES[path]
            self._answer(HTTPStatus.OK, kind, (_FOLDER / name).read_bytes())
        elif not self._has_token():
            self._say(HTTPStatus.FORBIDDEN, {"detail": "Open the address that `unspread review --web` printed."})
        elif path == "/api/reviews":
            self._say(HTTPStatus.OK, self._reviews)
        elif path.startswith("/api/picture/"):
            self._picture(path.removeprefix("/api/picture/"), clear=query == "clear=1")
        else:
            self._say(HTTPStatus.NOT_FOUND, {"detail": "There is nothing here."})

    def do_POST(self) -> None:
        """Answer a decision, or that a picture is hidden again."""
        if not self._from_this_machine():
            return
        body = self._body()
        if not self._has_token():
            self._say(HTTPStatus.FORBIDDEN, {"detail": "Open the address that `unspread review --web` printed."})
        elif body is None:
            self._say(HTTPStatus.BAD_REQUEST, {"detail": "Send a small JSON object."})
        elif self.path == "/api/hide":
            self._say(HTTPStatus.OK, lambda: {"seconds": self.server.desk.hide(str(body.get("id")))})
        elif self.path == "/api/decide":
            wanted = [str(body.get(name, "")) for name in ("id", "decision", "note")]
            self._say(HTTPStatus.OK, lambda: self.server.desk.client.decide(*wanted))
        else:
            self._say(HTTPStatus.NOT_FOUND, {"detail": "There is nothing here."})

    def log_message(self, format: str, *_: object) -> None:
        """Log nothing: paths name reviews."""

    def _reviews(self) -> dict[str, Any]:
        return {"reviews": self.server.desk.client.all()}

    def _picture(self, review: str, *, clear: bool) -> None:
        try:
            made = self.server.desk.show(review, clear=clear)
        except NoPictureError as error:
            self._say(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"detail": str(error)})
        except (ApiError, BotoCoreError, ClientError) as error:
            self._say(HTTPStatus.BAD_GATEWAY, {"detail": _words(error)})
        else:
            self._answer(HTTPStatus.OK, "image/jpeg", made)

    def _from_this_machine(self) -> bool:
        """Refuse requests that came here by another name, or from another site."""
        host, site = self.headers.get("Host"), self.headers.get("Sec-Fetch-Site", "none")
        if host == self.server.host and site in ("none", "same-origin"):
            return True
        self._say(HTTPStatus.FORBIDDEN, {"detail": "This page is for this machine alone."})
        return False

    def _has_token(self) -> bool:
        return hmac.compare_digest(self.headers.get("X-Token", "").encode(), self.server.token.encode())

    def _body(self) -> dict[str, Any] | None:
        try:
            length = int(self.headers.get("Content-Length", "0"))
            body = json.loads(self.rfile.read(length)) if 0 < length <= _MOST_BYTES else None
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def _say(self, status: HTTPStatus, document: dict[str, Any] | Callable[[], dict[str, Any]]) -> None:
        try:
            said = document() if callable(document) else document
        except (ApiError, BotoCoreError, ClientError) as error:
            status, said = HTTPStatus.BAD_GATEWAY, {"detail": _words(error)}
        self._answer(status, "application/json", json.dumps(said).encode())

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in (HEADERS | {"Content-Type": kind, "Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(client: ReviewClient) -> None:
    """Serve the page until Ctrl-C, then write down what was still shown."""
    with Server(client) as server:
        print(f"Reviewing on this machine only, until Ctrl-C:\n\n  {server.url}\n")
        try:
            server.serve_forever()
        finally:
            server.desk.close()


def _words(error: Exception) -> str:
    if isinstance(error, ClientError):
        return f"AWS refused {error.operation_name}: {error.response['Error']['Code']}."
    return str(error)
