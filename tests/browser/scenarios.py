"""Scenarios in real browsers: small programs for Node, run from pytest, which print what they saw as JSON."""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, Literal

from tests.support.template import ROOT

HERE = Path(__file__).resolve().parent
WEB = ROOT / "functions" / "page" / "web"
SECONDS = 240

type Browser = Literal["chromium", "firefox"]
BROWSERS: tuple[Browser, ...] = ("chromium", "firefox")


class ScenarioError(Exception):
    """A scenario that did not come to its end. The message holds what it printed."""


def tool(name: str) -> str:
    """Return the path of node or npm."""
    found = shutil.which(name)
    if found is None:
        message = f"{name} is missing: install Node 20 or later (apt-get install nodejs npm)."
        raise ScenarioError(message)
    return found


def install(folder: Path) -> None:
    """Install a folder's packages from its lock file, if they are not the ones it names."""
    lock = (folder / "package-lock.json").read_bytes()
    stamp = folder / "node_modules" / ".unspread-installed"
    wanted = hashlib.sha256(lock).hexdigest()
    with (folder / "package.json").open() as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)  # several test processes may come here at once
        if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
            return
        _run([tool("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
        stamp.write_text(wanted, encoding="ascii")


def run(scenario: str, browser: Browser, url: str, seconds: float = SECONDS, **options: Any) -> Any:
    """Run tests/browser/<scenario>.mjs in a browser and return the JSON it printed.

    Raises:
        ScenarioError: it failed, took longer than `seconds`, or something that it needs is not installed.
    """
    install(HERE)
    command = [tool("node"), str(HERE / "scenario.mjs"), "--scenario", scenario, "--browser", browser, "--url", url]
    return json.loads(_run([*command, "--options", json.dumps(options)], ROOT, seconds))


def program(name: str, *arguments: Path) -> Any:
    """Run tests/browser/<name> without a browser and return the JSON it printed."""
    return json.loads(_run([tool("node"), str(HERE / name), *map(str, arguments)], ROOT))


def build(out: Path, page: str | None = None) -> Path:
    """Build the page, or the page of the tests in tests/browser/<page>/, into a folder; return the folder."""
    install(WEB)
    program = [str(HERE / "build_test_page.mjs"), page] if page else [str(WEB / "build.mjs")]
    _run([tool("node"), *program, str(out)], ROOT)
    return out


def manifest(site: Path) -> dict[str, Any]:
    """Return the manifest of a built site."""
    found: dict[str, Any] = json.loads((site / "manifest.json").read_bytes())
    return found


def _run(command: list[str], folder: Path, seconds: float = SECONDS) -> str:
    # A session of its own: the browser is a grandchild, and must not outlive a scenario that hangs.
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            message = f"{' '.join(command[:4])} took longer than {seconds:.0f} s."
            raise ScenarioError(message) from None
    if process.returncode:
        message = f"{' '.join(command[:4])} failed with status {process.returncode}:\n{output}{errors}"
        raise ScenarioError(message)
    return output
