"""Makes a virtual environment from a lock file, saying how far it is; does nothing where that is done.

Usage: python3 -m tests.local.venv FOLDER LOCK [--editable]. Needs nothing but Python's own library.
"""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

from tests.local.console import Console
from tests.local.paths import ROOT, LocalError

PYTHON = (3, 13)


def make(folder: Path, lock: Path, *, editable: bool) -> None:
    """Make or update an environment so that it holds exactly what the lock file pins, hash by hash."""
    if sys.version_info[:2] != PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        message = f"Python 3.13 is needed, but {sys.executable} is {found}. Try: make PYTHON=/path/to/python3.13"
        raise LocalError(message)
    stamp = folder / "made-from"
    recipe = _recipe(lock, editable=editable)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == recipe:
        return
    stamp.unlink(missing_ok=True)
    total = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    shown = folder.relative_to(ROOT, walk_up=True)
    with Console().step(f"Installing {total} packages into {shown}") as progress:
        if not (folder / "bin" / "python").exists():
            progress.note("making the environment")
            venv.create(folder, with_pip=True, clear=True, symlinks=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
        seen = 0

        def count(line: str) -> None:
            nonlocal seen
            if line.startswith(("Collecting", "Requirement already")):
                seen += 1
                progress.note(f"{seen} of {total} packages found")
            elif line.startswith("Installing collected"):
                progress.note("unpacking")

        locked = [*pip, "--require-hashes", "--no-deps", "--progress-bar=off", "-r", str(lock)]
        _run(locked, count)
        if editable:
            _run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], count)
    stamp.write_text(recipe, encoding="utf-8")


def _recipe(lock: Path, *, editable: bool) -> str:
    files = [lock, ROOT / "pyproject.toml"] if editable else [lock]
    digests = (hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    return "\n".join([sys.version, *digests])


def _run(command: list[str], see: Callable[[str], None]) -> None:
    said: list[str] = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            said.append(line)
            see(line.strip())
    if pip.returncode:
        message = f"pip failed:\n{''.join(said[-30:])}"
        raise LocalError(message)


def main() -> int:
    """Do what the arguments ask for; return the exit status."""
    folder, lock, *options = sys.argv[1:]
    try:
        make(Path(folder).resolve(), Path(lock).resolve(), editable="--editable" in options)
    except LocalError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped; the next run goes on from here.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
