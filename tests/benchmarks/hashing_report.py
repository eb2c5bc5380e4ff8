"""What both hashing benchmarks share: pictures to measure with, and the page that the figures go to."""

import io
import platform
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from tests.benchmarks.hashing_transforms import saved, scene

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "benchmarks-hashing.md"
LONG_SIDE = 1024  # pixels: copies are made of pictures of this size, as services that resize do


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture to list: its file, and the picture that copies are made of."""

    file: bytes
    image: Image.Image


def photos(folder: Path | None, generated: int = 24) -> list[Photo]:
    """Return the pictures of a folder, or as many generated ones."""
    if folder:
        files = [path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()]
    else:
        files = [
            saved(scene(np.random.default_rng([3, number]), (960, 720)), quality=92) for number in range(generated)
        ]
    found = []
    for file in files:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB")
        image.thumbnail((LONG_SIDE, LONG_SIDE))
        found.append(Photo(file, image))
    return found


def peak_megabytes() -> float:
    """Return the most memory this process has had since it began; a child's `ru_maxrss` begins with its parent's."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    if not found:
        raise RuntimeError("Memory is measured on Linux only.")
    return int(found[1]) / 1024


def environment() -> str:
    """Return the machine and the versions, as a line of Markdown."""
    model = "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*:\s*(.+)", info.read_text())):
        model = found[1]
    packages = ("numpy", "pillow", "pillow-heif", "imagehash", "scipy", "pdqhash")
    listed = ", ".join(f"{name} {_version(name)}" for name in packages)
    return f"{model} ({platform.machine()}), Python {platform.python_version()}, {listed}."


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table, numbers to the right."""
    rule = ["---", *["--:" for _ in header[1:]]]
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows)) + "\n"


def write_section(name: str, text: str) -> None:
    """Put a section of the page in the place of the one of the same name, or at its end."""
    page = PAGE.read_text() if PAGE.exists() else _HEAD
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    section = f"{start}{text.rstrip()}\n{end}"
    if start in page:
        before, rest = page.split(start, 1)
        page = before + section + rest.split(end, 1)[1]
    else:
        page = page.rstrip() + "\n\n" + section
    PAGE.write_text(page)


_HEAD = """# Benchmarks of hashing

Written by `python -m tests.benchmarks.hashing_speed --write` and
`python -m tests.benchmarks.hashing_robustness --write`; with `--photos DIR` they measure a folder of photos.
[hashing.md](hashing.md) says what the figures are about.
"""
