"""What is shipped, and under what licence: the layers' Python packages and the page's JavaScript packages.

Usage: python -m tests.support.licences. Prints a line for each.
"""

import json
import re
from dataclasses import dataclass
from importlib.metadata import metadata

from tests.local.paths import ROOT

_PINNED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([0-9a-z.]+)", re.MULTILINE)
_CLASSIFIERS = {
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: MIT No Attribution License (MIT-0)": "MIT-0",
}
_SPELLINGS = {"2-clause BSD License": "BSD-2-Clause"}


@dataclass(frozen=True)
class Shipped:
    """A package of others that is shipped. `licence` is an SPDX expression, empty if the package names none."""

    name: str
    version: str
    licence: str


def shipped() -> list[Shipped]:
    """Return what the layers' and the page's lock files name, by name."""
    python = [
        Shipped(name, version, _of_python(name))
        for lock in sorted(ROOT.glob("layers/*/requirements.txt"))
        for name, version in _PINNED.findall(lock.read_text(encoding="utf-8"))
    ]
    lock = json.loads((ROOT / "functions/page/web/package-lock.json").read_text(encoding="utf-8"))
    page = [
        Shipped(place.removeprefix("node_modules/"), each["version"], each.get("license", ""))
        for place, each in lock["packages"].items()
        if place and not each.get("dev")
    ]
    return sorted(python + page, key=lambda each: each.name)


def _of_python(name: str) -> str:
    told = metadata(name)
    expression = told.get("License-Expression")
    if expression:
        return str(expression)
    classified = [_CLASSIFIERS[each] for each in told.get_all("Classifier") or [] if each in _CLASSIFIERS]
    written = str(told.get("License") or "").strip()
    return " AND ".join(classified) or _SPELLINGS.get(written, written)


def main() -> None:
    """Print what is shipped."""
    for each in shipped():
        print(f"{each.name:28} {each.version:12} {each.licence or 'names none'}")


if __name__ == "__main__":
    main()
