"""The worker that opens pictures has no network, whatever its code does; without its headers it would have."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser import scenarios
from tests.browser.collector import Collector, collecting
from tests.support.page_server import serving

# What arrives at another origin from a worker without a policy, in both browsers: the ways are real.
OTHER = {"fetch", "fetch-no-cors", "fetch-post", "fetch-keepalive", "xhr", "xhr-sync", "websocket", "eventsource"}
OTHER |= {"import-scripts", "import", "cache", "font", "wasm-streaming", "worker-of-blob", "worker-of-data", "eval"}
OWN = OTHER | {"worker", "worker-module"}

# What the worker's headers alone let through. Should this shrink, the guard in bundling/site.mjs may go.
PAST_THE_HEADERS: dict[scenarios.Browser, set[str]] = {"chromium": set(), "firefox": {"font"}}


@dataclass
class Home:
    """What the hostile script sent to the page's own origin, and how many datagrams had left when its turn ended."""

    collector: Collector
    names: set[str] = field(default_factory=set)
    datagrams: dict[str, int] = field(default_factory=dict)

    def __call__(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Answer what is sent under `leak/`; leave the rest to the page."""
        folder, _, name = event["path"].rpartition("/")
        if folder != "/leak":
            return None
        if name.startswith("end-of-"):
            self.datagrams[name.removeprefix("end-of-")] = self.collector.datagrams
        else:
            self.names.add(name)
        return {"statusCode": 204, "headers": {}, "body": ""}


def sent(kind: str, names: set[str]) -> set[str]:
    """Return the ways by which one kind of worker got something out."""
    return {name.split("-", 2)[2] for name in names if name.startswith(kind)}


@pytest.mark.parametrize("browser", scenarios.BROWSERS)
def test_a_hostile_worker_gets_nothing_out(browser: scenarios.Browser, tmp_path: Path) -> None:
    site = scenarios.build(tmp_path, page="leak_page")
    with collecting() as collector:
        home = Home(collector)
        with serving(site, home) as url:
            told = scenarios.run("leak", browser, url, collector=collector.url)
    assert sent("guarded", collector.names | home.names) == set()
    assert sent("confined", collector.names | home.names) == PAST_THE_HEADERS[browser]
    assert (home.datagrams["guarded"], home.datagrams["confined"]) == (0, 0)
    assert sent("free", collector.names) >= OTHER
    assert sent("free", home.names) >= OWN
    assert home.datagrams["free"] > 0
    assert len(told["guarded"]) == len(told["free"])


def test_every_worker_of_the_page_is_guarded_and_served_as_one(tmp_path: Path) -> None:
    entries = scenarios.manifest(scenarios.build(tmp_path))["files"]
    workers = {path for path, entry in entries.items() if entry["role"] == "worker"}
    assert {path.split("/")[1].rpartition("-")[0] for path in workers} == {
        "hashing-worker",
        "heif-worker",
        "proof-worker",
    }
    assert all((tmp_path / path).read_text().startswith("delete self.FontFace;") for path in workers)
