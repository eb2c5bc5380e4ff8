"""What cfn-lint finds: in the template, and in the plain CloudFormation that SAM makes of it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import template

REGIONS = ["us-east-1", "eu-central-1"]


def findings(file: Path) -> str:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run(
        [linter, "--regions", *REGIONS, "--include-checks", "W", "E", "--template", file],
        cwd=template.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_the_template_has_no_findings() -> None:
    assert findings(template.TEMPLATE) == ""


def test_its_expansion_has_no_findings(tmp_path: Path) -> None:
    file = tmp_path / "expanded.json"
    file.write_text(json.dumps(template.expanded()), encoding="utf-8")
    assert findings(file) == ""


@pytest.mark.parametrize(
    ("resource", "change", "code"),
    [
        ("ScanQueue", {"VisibilityTimeout": 10}, "E3505"),
        ("HashTable", {"BillingMode": "FREE"}, "E3030"),
        ("ScanFunction", {"Runtime": "python3.3"}, "E3030"),
    ],
)
def test_a_mistake_in_the_expansion_is_found(
    tmp_path: Path, resource: str, change: dict[str, object], code: str
) -> None:
    mistaken = template.expanded()
    mistaken["Resources"][resource]["Properties"].update(change)
    file = tmp_path / "mistaken.json"
    file.write_text(json.dumps(mistaken), encoding="utf-8")
    assert code in findings(file)
