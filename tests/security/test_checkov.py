"""What checkov finds in the template: nothing but what exceptions.json has a reason for, and no reason is left over."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.local.paths import ROOT
from tests.support import template

CHECKOV = ROOT / ".local" / "venvs" / "security" / "bin" / "checkov"
EXCEPTIONS: dict[str, str] = json.loads(Path(__file__).with_name("exceptions.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The results for the plain CloudFormation that SAM makes of the template."""
    file = tmp_path_factory.mktemp("checkov") / "template.json"
    file.write_text(json.dumps(template.expanded()), encoding="utf-8")
    command = [
        str(CHECKOV),
        "--file",
        str(file),
        "--framework",
        "cloudformation",
        "--output",
        "json",
        "--skip-download",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent)
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)["results"]
    return found


def test_it_looked(results: dict[str, list[dict[str, Any]]]) -> None:
    assert len(results["passed_checks"]) > 100
    assert results["parsing_errors"] == []


def test_every_finding_has_its_reason(results: dict[str, list[dict[str, Any]]]) -> None:
    failed = {(each["check_id"], each["check_name"], each["resource"]) for each in results["failed_checks"]}
    assert {each for each in failed if each[0] not in EXCEPTIONS} == set()


def test_no_reason_is_left_over(results: dict[str, list[dict[str, Any]]]) -> None:
    assert set(EXCEPTIONS) <= {each["check_id"] for each in results["failed_checks"]}
