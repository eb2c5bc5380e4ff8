"""What there is to document, found where it is defined: in template.yaml and in the code."""

import argparse
import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.template import ROOT, raw
from unspread import cli, settings
from unspread.clock import Clock
from unspread.hashing.errors import Reason
from unspread.verdict import Verdict

CODE = (ROOT / "functions", ROOT / "layers" / "unspread" / "unspread")
METRIC_CALLS = {"add_metric", "single_metric"}
COMPUTED_METRICS = {
    ("functions/scan/app.py", "outcome.capitalize()"): [each.value.capitalize() for each in Verdict] + ["Known"],
    ("functions/gauge/app.py", "name"): [
        *("MatchesWaiting", "SuspectsWaiting", "ListingsUnswept", "OldestOpenHours", "OldestReviewHours"),
        *("OldestUnsweptHours", "SnapshotBehindHours", "OldestImportHours"),
    ],
    ("layers/unspread/unspread/telemetry.py", "metric.value"): [each.value for each in Clock],
}
"""The names of metrics whose names are computed, by file and expression."""

POWERTOOLS_METRICS = {"ColdStart"}
PROBLEM = "urn:unspread:"


@dataclass(frozen=True)
class Command:
    """A command of `unspread`, such as `unspread lists add`, with its options and the names of its arguments."""

    name: str
    options: tuple[str, ...]
    arguments: tuple[str, ...]


def parameters() -> set[str]:
    """Return the template's parameters."""
    return set(raw()["Parameters"])


def outputs() -> set[str]:
    """Return the template's outputs."""
    return set(raw()["Outputs"])


def alarms() -> set[str]:
    """Return the logical names of the template's alarms."""
    return {name for name, resource in raw()["Resources"].items() if resource["Type"] == "AWS::CloudWatch::Alarm"}


def variables() -> set[str]:
    """Return the environment variables that the template sets or that the code reads."""
    template = raw()
    functions = [each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function"]
    environments = [each["Properties"].get("Environment", {}) for each in functions]
    environments.append(template["Globals"]["Function"]["Environment"])
    given = {name for environment in environments for name in environment.get("Variables", {})}
    return given | {name.upper() for model in _models(settings._Environment) for name in model.model_fields}


def metrics() -> set[str]:
    """Return the names of the metrics that the code emits."""
    return POWERTOOLS_METRICS | {name for file, call in _calls(METRIC_CALLS) for name in _metric_names(file, call)}


def tags() -> set[str]:
    """Return the object tags that the code knows: every string that begins as they do."""
    return {text for text in _strings() if re.fullmatch(r"unspread-[a-z-]+", text)}


def reasons() -> set[str]:
    """Return the words for why an upload is an `error`: those of the hashing, and what the scan adds."""
    scanning = {file for file, tree in _trees() if file.stem == "content" or _imports(tree, "unspread.content")}
    said = {call.args[0] for file, call in _calls({"failed"}) if file in scanning}
    words = {each.value for each in said if isinstance(each, ast.Constant)}
    keywords = {
        keyword.value.value
        for _, call in _calls({"Judgement"})
        for keyword in call.keywords
        if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant)
    }
    neither = {Reason.UNSUPPORTED.value, Reason.EMPTY.value}  # these two make `unsupported`
    return {str(each) for each in words | keywords | {each.value for each in Reason}} - neither


def problem_types() -> set[str]:
    """Return the types of problem documents, or how they begin where their ends are computed."""
    return {text for text in _strings() if text.startswith(PROBLEM)}


def commands() -> list[Command]:
    """Return every command of the command line, without those that only hold others."""
    return list(_walk(cli._parser()))


def make_targets() -> set[str]:
    """Return the targets that `make help` shows."""
    return set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _walk(parser: argparse.ArgumentParser) -> Iterator[Command]:
    options: list[str] = []
    arguments: list[str] = []
    below: list[argparse.ArgumentParser] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below += action.choices.values()
        elif not isinstance(action, argparse._HelpAction):
            options += [text for text in action.option_strings if text.startswith("--")]
            arguments += [] if action.option_strings else [str(action.metavar or action.dest).upper()]
    if options or arguments or not below:
        yield Command(parser.prog, tuple(options), tuple(arguments))
    for each in below:
        yield from _walk(each)


def _models(model: Any) -> Iterator[Any]:
    for each in model.__subclasses__():
        yield each
        yield from _models(each)


def _metric_names(file: Path, call: ast.Call) -> list[str]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "name"]
    name = call.args[0] if call.args else named[0]
    if isinstance(name, ast.Constant):
        return [str(name.value)]
    place = (file.relative_to(ROOT).as_posix(), ast.unparse(name))
    if place not in COMPUTED_METRICS:
        remedy = "give its names in COMPUTED_METRICS, tests/support/sources.py."
        message = f"{place[0]}:{call.lineno} computes a metric's name: {remedy}"
        raise LookupError(message)
    return COMPUTED_METRICS[place]


def _calls(names: set[str]) -> Iterator[tuple[Path, ast.Call]]:
    for file, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in names:
                    yield file, node


def _imports(tree: ast.Module, module: str) -> bool:
    return any(isinstance(node, ast.ImportFrom) and node.module == module for node in tree.body)


def _strings() -> Iterator[str]:
    for _, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@cache
def _trees() -> tuple[tuple[Path, ast.Module], ...]:
    files = sorted(file for folder in CODE for file in folder.rglob("*.py") if "node_modules" not in file.parts)
    return tuple((file, ast.parse(file.read_text(encoding="utf-8"))) for file in files)
