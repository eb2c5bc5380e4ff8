"""Where the local stack keeps what it makes. All of it lies under .local/, which git ignores."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
VENVS = LOCAL / "venvs"
RUNS = LOCAL / "runs"
BUILD = LOCAL / "sam" / "build"
BUILDING = LOCAL / "sam" / "building"  # becomes BUILD once it is whole
BUILD_CACHE = LOCAL / "sam" / "cache"
BUILT_TEMPLATE = BUILD / "template.yaml"
STACK_FILE = LOCAL / "stack.json"


class LocalError(Exception):
    """Something the person at the keyboard can read and act upon."""


def tool(venv: str, name: str) -> Path:
    """Return a program of one of the environments that the Makefile makes."""
    path = VENVS / venv / "bin" / name
    if not path.exists():
        message = f"{path} is missing. Run `make setup` first."
        raise LocalError(message)
    return path


def developer_tool(name: str) -> Path:
    """Return a program of the environment that this process runs in."""
    return Path(sys.executable).with_name(name)
