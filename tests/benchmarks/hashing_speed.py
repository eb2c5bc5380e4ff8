"""How long hashing takes and how much memory, against the reference's wrapper and ImageHash.

`python -m tests.benchmarks.hashing_speed [--photos DIR] [--write]`. The contestants take turns on the same file within
one run, so that the ratios hold on a busy machine too; memory is the growth of a child process that hashes one file.

- ours: every hash of an upload: whole, trims and pHash, in all forms (looked up, the 8 bit forms cost nothing here);
- reference: decoding with Pillow and `pdqhash.compute` on the RGB array, one hash, as Hasher-Matcher-Actioner does;
  (PyPI's `pdqhash` needs a C++ compiler; where it is not installed, its columns are left out)
- ImageHash: decoding with Pillow and `imagehash.phash`, one hash;
- decode: what Pillow alone takes for the decoding that ours rests on.
"""

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import imagehash
import numpy as np
import pillow_heif
from PIL import Image

from tests.benchmarks.hashing_report import environment, peak_megabytes, table, write_section
from tests.benchmarks.hashing_transforms import scene
from tests.fuzz.hashing_seeds import saved
from unspread.hashing import Limits, bit_forms, hash_picture, pdq_of
from unspread.hashing.frames import read_picture

SIZES = {"512x512": (512, 512), "1080p": (1920, 1080), "12 MP": (4000, 3000)}
FORMATS: dict[str, tuple[str, dict[str, object]]] = {
    "JPEG": ("JPEG", {"quality": 85}),
    "progressive JPEG": ("JPEG", {"quality": 85, "progressive": True}),
    "PNG": ("PNG", {"compress_level": 6}),
    "WebP": ("WEBP", {"quality": 80, "method": 2}),
    "HEIF": ("HEIF", {"quality": 60}),
}
ROUNDS = 5, 25  # at least, at most
SECONDS = 3  # that rounds go on beyond the least

# By contestant, its column; then which are compared, and whose memory is measured.
SHOWN = {
    "ours": "ours",
    "ours without pHash": "without pHash",
    "whole only": "whole only",
    "reference": "reference",
    "ImageHash": "ImageHash",
    "decode": "decoding",
}
RATIOS = (
    ("reference", "ours"),
    ("reference", "ours without pHash"),
    ("reference", "whole only"),
    ("ImageHash", "ours"),
)
MEASURED = ("ours", "reference", "ImageHash")


def ours(file: bytes) -> None:
    hashes = hash_picture(io.BytesIO(file)).hashes
    if hashes:
        bit_forms(np.stack([np.frombuffer(each.pdq, np.uint8) for each in hashes]))


def reference(file: bytes) -> None:
    import pdqhash  # noqa: PLC0415  it may be absent

    pdqhash.compute(np.asarray(Image.open(io.BytesIO(file)).convert("RGB")))


def image_hash(file: bytes) -> None:
    imagehash.phash(Image.open(io.BytesIO(file)))


def decode(file: bytes) -> None:
    image = Image.open(io.BytesIO(file))
    image.draft("L", (1024, 1024))
    image.load()


def whole_only(file: bytes) -> None:
    pdq, _ = pdq_of(read_picture(io.BytesIO(file), Limits()).frames[0][1])
    bit_forms(np.frombuffer(pdq, np.uint8)[None])


def ours_without_phash(file: bytes) -> None:
    hashes = hash_picture(io.BytesIO(file), phash=False).hashes
    if hashes:
        bit_forms(np.stack([np.frombuffer(each.pdq, np.uint8) for each in hashes]))


CONTESTANTS: dict[str, Callable[[bytes], None]] = {
    "ours": ours,
    "ours without pHash": ours_without_phash,
    "whole only": whole_only,
    "reference": reference,
    "ImageHash": image_hash,
    "decode": decode,
}
if find_spec("pdqhash") is None:
    del CONTESTANTS["reference"]


def originals(folder: Path | None, count: int) -> list[Image.Image]:
    """Return the largest pictures of a folder, or generated ones."""
    if folder:
        paths = sorted((path for path in folder.iterdir() if path.is_file()), key=lambda path: -path.stat().st_size)
        return [Image.open(path).convert("RGB") for path in paths[:count]]
    return [scene(np.random.default_rng([9, number]), (2000, 1500)) for number in range(count)]


def times(file: bytes) -> dict[str, float]:
    """Return the median time of each contestant, in milliseconds; they take turns."""
    taken: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    end = time.perf_counter() + SECONDS
    for done in range(ROUNDS[1]):
        if done >= ROUNDS[0] and time.perf_counter() > end:
            break
        for name, run in CONTESTANTS.items():
            start = time.perf_counter()
            run(file)
            taken[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(each) for name, each in taken.items()}


def memory(name: str, path: Path) -> float:
    """Return by how many MB a process grows that hashes the file once, after a small one."""
    command = [sys.executable, "-m", "tests.benchmarks.hashing_speed", "--peak", name, str(path)]
    child = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    return float(child.stdout)


def _grow(name: str, path: Path) -> float:
    CONTESTANTS[name](path.with_name("small").read_bytes())  # what libraries load and allocate once does not count
    before = peak_megabytes()
    CONTESTANTS[name](path.read_bytes())
    return peak_megabytes() - before


def measure(pictures: list[Image.Image]) -> str:
    """Return the section of the page."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size_name, size in SIZES.items():
            for format_name, (kind, options) in FORMATS.items():
                files = [saved(image.resize(size), kind, **options) for image in pictures]
                each = [times(file) for file in files]
                typical = {name: statistics.median(one[name] for one in each) for name in CONTESTANTS}
                path = Path(folder) / "picture"
                path.write_bytes(files[0])
                path.with_name("small").write_bytes(saved(pictures[0].resize((96, 64)), kind, **options))
                peak = {name: memory(name, path) for name in MEASURED if name in CONTESTANTS}
                rows.append(_line(f"{size_name} {format_name}", typical, peak))
                print(rows[-1], flush=True)
    header = [
        "",
        *(f"{SHOWN[name]}, ms" for name in SHOWN if name in CONTESTANTS),
        "beyond decoding, ms",
        *(f"{SHOWN[us]} to {SHOWN[other]}" for other, us in _pairs()),
        *(f"{SHOWN[name]}, MB" for name in MEASURED if name in CONTESTANTS),
    ]
    return f"""## Speed

{len(pictures)} pictures per row, the median of each one's {ROUNDS[0]} to {ROUNDS[1]} rounds, then of the pictures.
{environment()}

*Ours* is everything an upload needs (whole, trims, pHash, 8 forms each), with and without pHash; *whole only* is
the PDQ hash of the whole picture in 8 forms; *reference* is decoding and `pdqhash` for one hash; *ImageHash* is
decoding and one pHash; *decoding* is Pillow's part of ours. MB is by how much a process grows.

{table(header, rows)}"""


def _pairs() -> list[tuple[str, str]]:
    return [(other, us) for other, us in RATIOS if other in CONTESTANTS]


def _line(name: str, taken: dict[str, float], peak: dict[str, float]) -> list[str]:
    ratios = [f"{taken[other] / taken[us]:.1f}x" for other, us in _pairs()]
    milliseconds = [f"{taken[each]:.1f}" for each in SHOWN if each in taken]
    beyond = f"{taken['ours'] - taken['decode']:.1f}"
    return [name, *milliseconds, beyond, *ratios, *(f"{each:.0f}" for each in peak.values())]


def main() -> None:
    pillow_heif.register_heif_opener()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of photos; generated pictures otherwise")
    parser.add_argument("--write", action="store_true", help="write the table into docs/")
    parser.add_argument("--count", type=int, default=5, help="how many pictures per row")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        print(_grow(arguments.peak[0], Path(arguments.peak[1])))
        return
    text = measure(originals(arguments.photos, arguments.count))
    if arguments.write:
        write_section("speed", text)


if __name__ == "__main__":
    main()
