"""The page for operators names every metric, alarm parameter and command that there is."""

import re

import pytest

from tests.support.template import ROOT, raw
from unspread.clock import Clock
from unspread.verdict import Verdict

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SOURCES = [*(ROOT / "functions").glob("*/app.py"), *(ROOT / "layers" / "unspread" / "unspread").rglob("*.py")]
NAMED = re.compile(r'(?:add_metric|single_metric)\(\s*(?:name=)?"(\w+)"')
GAUGE = re.compile(r'"(\w+)": found\.')


def emitted() -> set[str]:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    verdicts = {verdict.value.capitalize() for verdict in Verdict} | {"Known"}
    return {*NAMED.findall(text), *GAUGE.findall(text), *(clock.value for clock in Clock), *verdicts, "ColdStart"}


def test_there_is_what_the_test_looks_at() -> None:
    assert {"Held", "Received", "OldestOpenHours", "ImportAgeHours", "ListFailing", "Requests"} <= emitted()


@pytest.mark.parametrize("name", sorted(emitted()))
def test_every_metric_is_described(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_every_metric_that_is_described_is_emitted() -> None:
    tables = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    described = {name for row in tables for name in re.findall(r"`(\w+)`", row)}
    assert described == emitted()


def test_every_parameter_of_the_alarms_is_described() -> None:
    groups = raw()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    (alarms,) = (group["Parameters"] for group in groups if group["Label"]["default"] == "Alarms")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in alarms:
        assert f"`{name}`" in PAGE
        assert f"| `{name}` |" in readme


@pytest.mark.parametrize("command", ["doctor", "redrive", "cost"])
def test_every_command_is_described(command: str) -> None:
    assert f"unspread {command} " in PAGE
