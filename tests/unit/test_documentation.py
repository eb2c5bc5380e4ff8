"""What operators and developers meet has to be documented: what template.yaml or the code has, the pages have."""

import re
from collections.abc import Callable

import pytest

from tests.support import sources
from tests.support.template import ROOT

DOCS = ROOT / "docs"
COMMANDS = sources.commands()


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def documented(text: str) -> set[str]:
    """Return the names that a page gives: what stands between backticks, and the first words of it."""
    quoted = re.findall(r"`([^`\n]+)`", text)
    return {*quoted, *(part.split()[0] for part in quoted if part.strip())}


def rows(text: str) -> set[str]:
    """Return what the first cells of a page's tables name."""
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def section(text: str, title: str) -> str:
    """Return what stands below a heading, up to the next one of its level."""
    _, found, rest = f"\n{text}".partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0] if found else ""


def assert_same(where: str, listed: set[str], there: set[str]) -> None:
    missing, gone = sorted(there - listed), sorted(listed - there)
    assert not missing, f"docs/{where} lacks rows for: {', '.join(missing)}"
    assert not gone, f"docs/{where} has rows for what there is no longer: {', '.join(gone)}"


@pytest.mark.parametrize(
    ("what", "where", "heading"),
    [
        (sources.parameters, "parameters.md", "Parameters"),
        (sources.outputs, "parameters.md", "Outputs"),
        (sources.variables, "parameters.md", "Variables of the functions"),
        (sources.tags, "parameters.md", "Object tags"),
    ],
)
def test_each_list_of_the_page_of_parameters_is_that_of_its_source(
    what: Callable[[], set[str]], where: str, heading: str
) -> None:
    assert_same(f"{where}, section {heading},", rows(section(page(where), heading)), what())


def test_the_metrics_of_the_page_are_those_that_are_emitted() -> None:
    assert_same("metrics.md", rows(page("metrics.md")), sources.metrics())


def test_every_reason_of_an_error_is_explained() -> None:
    missing = sorted(sources.reasons() - documented(page("events.md")))
    assert not missing, f"docs/events.md lacks the reasons: {', '.join(missing)}"


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_every_command_has_its_section_with_all_its_options(command: sources.Command) -> None:
    text = section(page("commands.md"), command.name)
    assert text, f"docs/commands.md lacks the section '## {command.name}'"
    missing = sorted(set(command.options) - documented(text))
    assert not missing, f"docs/commands.md, section {command.name}, lacks: {', '.join(missing)}"


def test_no_section_describes_a_command_that_is_gone() -> None:
    described = set(re.findall(r"^## (unspread.*)$", page("commands.md"), re.MULTILINE))
    assert described - {command.name for command in COMMANDS} == set()


def test_the_make_targets_of_the_page_are_those_of_the_makefile() -> None:
    listed = {name.removeprefix("make ") for name in rows(section(page("commands.md"), "make"))}
    assert_same("commands.md, section make,", listed, sources.make_targets())


def test_every_problem_type_is_in_a_description_of_the_api() -> None:
    described = "".join(file.read_text(encoding="utf-8") for file in DOCS.glob("openapi*.json"))
    missing = {each for each in sources.problem_types() if each not in described}
    assert missing == set(), "no docs/openapi*.json names these problem types: describe the answer, then `make openapi`"


def test_the_sources_find_what_is_known_to_be_there() -> None:
    """Were discovery to find nothing, nothing would be missing."""
    assert {"MatchAction", "AlarmTopicArn"} <= sources.parameters()
    assert "ApiUrl" in sources.outputs()
    assert {"HASH_TABLE", "POWERTOOLS_SERVICE_NAME", "MATCH_DISTANCE"} <= sources.variables()
    assert {"Held", "Clean", "Received", "HashesPulled", "ColdStart"} <= sources.metrics()
    assert sources.tags() >= {"unspread-status"}
    assert {"gone", "archived", "crashed", "truncated"} <= sources.reasons()
    assert "urn:unspread:proof-expired" in sources.problem_types()
    assert "test" in sources.make_targets()
    assert "unspread lists add" in {command.name for command in COMMANDS}
    assert "--stack" in next(command.options for command in COMMANDS if command.name == "unspread lists add")
    assert "ScanDeadLetterAlarm" in sources.alarms()


def test_a_metric_whose_name_is_computed_has_to_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "COMPUTED_METRICS", {})
    with pytest.raises(LookupError, match=r"^(functions|layers)/[a-z_/]+\.py:\d+ computes a metric's name"):
        sources.metrics()
