"""Those who use the deployed stack: a person who submits, by command line or by API."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from tests.local.demo import case_code
from tests.local.emulator import clean_environment
from tests.local.paths import developer_tool
from tests.local.stack import Stack
from tests.support import polling
from unspread.cli.challenge import solved

ADDRESS = "203.0.113.201"
BROWSER = "Submitter's own browser/7.7 (nobody else's)"
PROVEN = {"/submissions", "/case/items"}


@dataclass(frozen=True)
class Answer:
    """What the API answered."""

    status: int
    kind: str
    document: Any


@dataclass(frozen=True)
class Person:
    """A person whose address and browser are known to the API's front, and must be known to nobody behind it."""

    stack: Stack

    def call(self, method: str, path: str, body: object = None, code: str | None = None) -> Answer:
        """Call the API. A body of bytes goes as it is, any other as JSON, with a proof of work where it needs one."""
        headers = {"User-Agent": BROWSER, "X-Forwarded-For": ADDRESS, "Content-Type": "application/json"}
        if code:
            headers["Authorization"] = f"Case {code}"
        if path in PROVEN and isinstance(body, dict):
            body = {"proof": self.proof()} | body
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        with urllib3.PoolManager(retries=False, timeout=polling.PATIENCE) as http:
            answer = http.request(method, self.stack.api + path, body=content, headers=headers)
            return Answer(answer.status, answer.headers.get("Content-Type", ""), json.loads(answer.data))

    def proof(self) -> str:
        """Get a challenge and solve it."""
        return solved(self.call("GET", "/challenge").document)

    def status(self, code: str) -> dict[str, Any]:
        """Ask for a case's status."""
        answer = self.call("GET", "/case", code=code)
        assert answer.status == 200, answer
        document: dict[str, Any] = answer.document
        return document


def submit(stack: Stack, *paths: Path) -> str:
    """Submit files by the command line; return the case code."""
    return case_code(command(stack, "submit", *map(str, paths)))


def command(stack: Stack, *arguments: str) -> str:
    """Run the `unspread` command line against the stack's API; return what it prints."""
    done = subprocess.run(
        [str(developer_tool("unspread")), *arguments, "--api", stack.api],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=polling.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
