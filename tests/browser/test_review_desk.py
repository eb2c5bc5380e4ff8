"""The reviewers' page in both browsers, as `unspread review --web` serves it, against the deployed stack."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.browser.scenarios import BROWSERS, Browser, run
from tests.e2e import people
from tests.local import processes, watch
from tests.local.emulator import clean_environment
from tests.local.paths import developer_tool
from tests.local.stack import Stack
from tests.support import pictures, polling

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/#\S+")


@contextmanager
def desk(stack: Stack, log: Path) -> Iterator[str]:
    """Serve the page as a reviewer does; yield its address, with the token of this start."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(developer_tool("unspread")), "review", "--web", "--api", stack.api],
            env=clean_environment() | {"AWS_ENDPOINT_URL": stack.endpoint, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield polling.until("the address", lambda: ADDRESS.search(log.read_text(encoding="utf-8")))[0]
    finally:
        processes.end(process)


def audited(stack: Stack) -> list[dict[str, Any]]:
    """Return the audit of this month, by the command."""
    lines = people.command(stack, "review", "audit").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_reviewer_looks_and_confirms_by_keyboard_alone(stack: Stack, tmp_path: Path, browser: Browser) -> None:
    seed = 8700 + BROWSERS.index(browser)
    file = tmp_path / "picture.jpg"
    file.write_bytes(pictures.jpeg(pictures.picture(seed)))
    people.submit(stack, file)
    copy = watch.upload(stack, f"desk/{browser}.jpg", pictures.altered(pictures.picture(seed)))
    assert watch.verdict(stack, copy) == "match"

    with desk(stack, tmp_path / "log") as url:
        seen = run("review_desk", browser, url, key=copy.key, note="seen at the desk")
        without = urllib3.request("GET", url.partition("#")[0] + "api/reviews", retries=False, timeout=10)

    assert seen["complaints"] == []
    assert seen["askedAgain"] == seen["open"] == seen["left"] + 1
    assert copy.key in seen["facts"]
    assert (seen["atFirst"], seen["afterwards"]) == ([], [])
    assert seen["blurred"][0]["naturalWidth"] > 0
    assert seen["kept"] == {"cookies": "", "local": 0, "session": 0}
    assert without.status == 403
    audit = [entry for entry in audited(stack) if entry["review"] == watch.upload_id(copy)]
    assert [entry["what"] for entry in audit] == ["viewed", "viewed", "viewed", "confirm"]
    notes = [entry["note"] for entry in audit]
    assert [note.partition(" ")[0] for note in notes[:3]] == ["blurred", "clear", "blurred"]
    assert notes[3] == "seen at the desk"
    assert watch.quarantined(stack, copy) == copy.body
