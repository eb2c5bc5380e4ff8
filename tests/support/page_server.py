"""The page on a loopback port, served by its real handler: for development, and for tests in browsers."""

import base64
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.template import ROOT

STAGE = "/prod"
BINARY = "application/wasm"  # what the REST API's BinaryMediaTypes names

type Answer = dict[str, Any]
type Api = Callable[[dict[str, Any]], Answer | None]


def _no_api(event: dict[str, Any]) -> None:
    """Leave everything to the page."""


def _page(site: Path) -> Callable[[dict[str, Any]], Answer]:
    """Return what answers proxy events from a built site, by the handler's own code."""
    folder = str(ROOT / "functions" / "page")
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as in Lambda, where the modules lie beside the handler
    pages = importlib.import_module("pages")
    files = pages.Site(site)
    return lambda event: pages.answer(files, event["httpMethod"], event["path"], event["requestContext"]["path"])


class _Handler(BaseHTTPRequestHandler):
    """Turns requests into proxy events, and answers as API Gateway does."""

    protocol_version = "HTTP/1.1"
    page: Callable[[dict[str, Any]], Answer]
    api: Api

    def _respond(self) -> None:
        full_path, _, _ = self.path.partition("?")
        if not full_path.startswith(STAGE):
            self._send({"statusCode": 403, "headers": {}, "body": ""})
            return
        length = int(self.headers.get("Content-Length") or 0)
        event = {
            "httpMethod": self.command,
            "path": full_path.removeprefix(STAGE) or "/",
            "requestContext": {"path": full_path, "stage": STAGE.removeprefix("/")},
            "headers": dict(self.headers),
            "queryStringParameters": None,
            "body": self.rfile.read(length).decode("utf-8") if length else None,
            "isBase64Encoded": False,
        }
        self._send(self.api(event) or self.page(event))

    def _send(self, answer: Answer) -> None:
        body = answer.get("body") or ""
        # API Gateway decodes for those alone who say that they take the bytes.
        decoded = answer.get("isBase64Encoded") and BINARY in self.headers.get("Accept", "")
        content = base64.b64decode(body) if decoded else body.encode("utf-8")
        self.send_response_only(answer["statusCode"])
        for name, value in (answer.get("headers") or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = do_PUT = do_HEAD = _respond

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: as on AWS, requests are not logged."""


@contextmanager
def serving(site: Path, api: Api | None = None, port: int = 0) -> Iterator[str]:
    """Serve a built site under `/prod/` on a loopback port; yield its address, with the slash.

    Args:
        site: what `node build.mjs` wrote.
        api: takes a proxy event first, and answers it, or returns None for what the page is to answer.
        port: 0 for any free one.
    """
    handler = type("Handler", (_Handler,), {"page": staticmethod(_page(site)), "api": staticmethod(api or _no_api)})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{STAGE}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
