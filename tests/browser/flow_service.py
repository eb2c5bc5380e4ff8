"""The service behind the page, in one process: the real page and submit functions, on AWS as moto plays it."""

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tests.support import page_server
from tests.support.functions import Context
from tests.support.world import a_world

PATHS = ("/challenge", "/submissions", "/case", "/case/items")


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """Serve a built page with the API behind it; yield the page's address."""
    with a_world() as world:
        function = world.function("submit")

        def api(event: dict[str, Any]) -> dict[str, Any] | None:
            if event["path"] not in PATHS:
                return None
            headers = {name: [value] for name, value in event["headers"].items()}
            event |= {"resource": event["path"], "multiValueHeaders": headers}
            answer: dict[str, Any] = function.handler(event, Context())
            many = answer.get("multiValueHeaders") or {}
            single = {name: values[0] for name, values in many.items()} | (answer.get("headers") or {})
            return answer | {"headers": single | {"Date": formatdate(usegmt=True)}}

        with page_server.serving(site, api) as url:
            yield url
