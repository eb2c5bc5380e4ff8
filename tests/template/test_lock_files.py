"""Lock files: every package by version and hash, from wherever the reader's pip gets its packages."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.template import ROOT

LOCKS = sorted([*ROOT.glob("layers/*/requirements.txt"), *ROOT.glob("tests/**/requirements*.txt")])
PACKAGE = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([0-9a-z.]+)(?: ;.*)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def packages(lock: Path) -> dict[str, str]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    return {found[1]: found[2] for line in lines if (found := PACKAGE.match(line))}


def name(lock: Path) -> str:
    return str(lock.relative_to(ROOT))


def test_there_are_lock_files() -> None:
    assert len(LOCKS) == 7


@pytest.mark.parametrize("lock", LOCKS, ids=name)
def test_every_line_is_a_package_or_its_hash(lock: Path) -> None:
    lines = lock.read_text(encoding="utf-8").splitlines()
    other = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in other if not PACKAGE.match(line) and not HASH.match(line)] == []
    assert packages(lock)


def test_the_layers_hold_what_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = dict(wanted.split("==") for wanted in project["project"]["dependencies"])
    layers = packages(ROOT / "layers/imaging/requirements.txt") | packages(ROOT / "layers/unspread/requirements.txt")
    for wanted, version in asked.items():
        package = wanted.partition("[")[0]
        if package not in {"boto3", "urllib3"}:  # Lambda brings boto3; urllib3 is the command line's
            assert layers[package] == version


@pytest.mark.parametrize("layer", ["imaging", "unspread"])
def test_tests_run_on_what_the_layers_hold(layer: str) -> None:
    developer = packages(ROOT / "tests/requirements.txt")
    for package, version in packages(ROOT / "layers" / layer / "requirements.txt").items():
        assert developer[package] == version
