"""The wheels that the layers' lock files stand for, on either processor; fetched once and kept under .local/."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.template import ROOT

CACHE = ROOT / ".local" / "wheels"
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}
GLIBC_MINORS = range(17, 35)  # python3.13 runs on Amazon Linux 2023, whose glibc is 2.34
SECONDS = 600


def fetched(lock: Path, architecture: str) -> list[Path]:
    """Return the wheels that a lock file pins, checked against its hashes."""
    key = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = CACHE / f"{lock.parent.name}-{architecture}-{key}"
    complete = folder / "complete"
    if not complete.exists():
        _download(lock, MACHINES[architecture], folder)
        complete.touch()
    return sorted(folder.glob("*.whl"))


def pinned(lock: Path) -> int:
    """Return how many packages a lock file pins."""
    return sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())


def unzipped(wheel: Path) -> int:
    """Return the bytes that a wheel takes once it is unpacked."""
    with zipfile.ZipFile(wheel) as archive:
        return sum(member.file_size for member in archive.infolist())


def source_bytes(folder: Path) -> int:
    """Return the bytes of what `sam build` copies from a folder."""
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and not {"__pycache__", "node_modules", "unspread.egg-info"} & set(file.parts)
    )


def _download(lock: Path, machine: str, folder: Path) -> None:
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBC_MINORS]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--implementation=cp",
            "--python-version=3.13",
            *(f"--abi={abi}" for abi in ("cp313", "abi3", "none")),
            *platforms,
            f"--platform=manylinux2014_{machine}",
            f"--dest={folder}",
            f"--requirement={lock}",
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        message = f"The wheels of {lock} cannot be fetched for {machine}:\n{done.stderr}"
        raise RuntimeError(message)
