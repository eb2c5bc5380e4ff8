"""From a request's method and path to a file of the built site, as a REST API's proxy answer."""

import base64
import json
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypedDict

from headers import PROBLEM, Role, headers_of


class Entry(TypedDict):
    """A file of the site, as its manifest describes it."""

    file: str
    type: str
    role: Role
    binary: bool


class Site:
    """The folder that `node build.mjs` wrote. Only what its manifest names is ever read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def files(self) -> dict[str, Entry]:
        """Return the files by their path; the page's own is empty."""
        manifest: dict[str, dict[str, Entry]] = json.loads((self._folder / "manifest.json").read_bytes())
        return manifest["files"]

    def read(self, entry: Entry) -> bytes:
        """Return a file's content."""
        return (self._folder / entry["file"]).read_bytes()


def answer(site: Site, method: str, path: str, full_path: str) -> dict[str, Any]:
    """Return the proxy answer to a request.

    Args:
        site: the files.
        method: in capitals.
        path: without the stage, such as `/` or `/assets/page-2QX7.js`.
        full_path: with the stage, as the browser asked for it, such as `/prod/`.
    """
    entry = site.files.get(path.removeprefix("/"))
    if entry is None:
        return _problem(HTTPStatus.NOT_FOUND, "There is nothing here. The page is at the root of this stage.")
    if method != "GET":
        return _problem(HTTPStatus.METHOD_NOT_ALLOWED, "Use GET.", {"Allow": "GET"})
    if entry["role"] == "document" and full_path and not full_path.endswith("/"):
        # Everything on the page has a relative address: without the slash those would miss the stage.
        return _answer(HTTPStatus.PERMANENT_REDIRECT, PROBLEM | {"Location": f"{full_path.rpartition('/')[2]}/"}, "")
    body = site.read(entry)
    text = base64.b64encode(body).decode("ascii") if entry["binary"] else body.decode("utf-8")
    return _answer(HTTPStatus.OK, headers_of(entry["role"], entry["type"]), text, binary=entry["binary"])


def _problem(status: HTTPStatus, detail: str, extra: dict[str, str] | None = None) -> dict[str, Any]:
    document = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    return _answer(status, PROBLEM | (extra or {}), json.dumps(document))


def _answer(status: HTTPStatus, headers: dict[str, str], body: str, *, binary: bool = False) -> dict[str, Any]:
    return {"statusCode": int(status), "headers": headers, "body": body, "isBase64Encoded": binary}
