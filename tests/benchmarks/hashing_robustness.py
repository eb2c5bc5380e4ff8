"""How many copies are recognised, per transform and method, and how many other pictures are taken for copies.

`python -m tests.benchmarks.hashing_robustness [--photos DIR] [--write]` takes about 3 s per photo. Every picture is
listed; of every picture a copy is made by every transform and compared with all that are listed. With `--write` the
table goes to docs/benchmarks-hashing.md and the plot beside it.
"""

import argparse
import io
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from tests.benchmarks.hashing_plot import draw
from tests.benchmarks.hashing_report import DOCS, Photo, environment, photos, table, write_section
from tests.benchmarks.hashing_transforms import SUITE, Transform
from unspread.hashing import MINIMUM_QUALITY, Limits, bit_forms, hamming, hash_picture, window_hashes
from unspread.hashing.frames import read_picture
from unspread.hashing.windows import WINDOW_DISTANCE

MATCH, SUSPECT, PHASH = 31, 48, 8

type Hashes = NDArray[np.uint8]
type Distances = NDArray[np.int64]

PDQ, MATCH_TIER, WITH_PIXELS = "PDQ alone", "match tier", "match + pixel forms"
PDQ_WIDE, SUSPECT_TIER, WITH_WINDOWS = "PDQ at 48", "suspect tier", "suspect + windows"
OTHERS: dict[str, Callable[[Image.Image], imagehash.ImageHash]] = {
    "ImageHash phash": imagehash.phash,
    "ImageHash dhash": imagehash.dhash,
    "ImageHash whash": imagehash.whash,
}
METHODS = [PDQ, MATCH_TIER, WITH_PIXELS, PDQ_WIDE, SUSPECT_TIER, WITH_WINDOWS, *OTHERS]


@dataclass(slots=True)
class Listed:
    """The hashes of all pictures: one row each, but for windows, of which `owner` says whose they are."""

    pdq: Hashes
    phash: Hashes
    windows: Hashes
    owner: NDArray[np.int64]
    others: dict[str, Hashes]

    @classmethod
    def of(cls, pictures: list[Photo]) -> "Listed":
        hashed = [hash_picture(io.BytesIO(photo.file)).hashes[0] for photo in pictures]
        windows = [window_hashes(read_picture(io.BytesIO(photo.file), Limits()).frames[0][1]) for photo in pictures]
        originals = [ImageOps.exif_transpose(Image.open(io.BytesIO(photo.file))) for photo in pictures]
        return cls(
            np.stack([_row(each.pdq) for each in hashed]),
            np.stack([_row(each.phash or bytes(8)) for each in hashed]),
            np.concatenate(windows),
            np.repeat(np.arange(len(pictures)), [len(each) for each in windows]),
            {name: np.stack([_packed(make(image)) for image in originals]) for name, make in OTHERS.items()},
        )


def _row(data: bytes) -> Hashes:
    return np.frombuffer(data, np.uint8)


def _packed(found: imagehash.ImageHash) -> Hashes:
    return np.packbits(np.asarray(found.hash).ravel())


def _bits(one: Hashes, many: Hashes) -> Distances:
    return np.bitwise_count(one ^ many).sum(axis=1).astype(np.int64)


def hits(copy: bytes, listed: Listed) -> tuple[dict[str, NDArray[np.bool_]], Distances, Distances, int]:
    """Return by method which listed pictures a copy is taken for; its PDQ and windows' distances; its hashes' count."""
    found = hash_picture(io.BytesIO(copy), turned=True)
    count = len(listed.pdq)
    nearest = np.full(count, 256)
    whole, second, window = nearest.copy(), np.full(count, 64), nearest.copy()
    looked_up = [each for each in found.hashes if each.quality >= MINIMUM_QUALITY]
    if looked_up:
        uploads = np.stack([_row(each.pdq) for each in looked_up])
        forms = bit_forms(uploads).reshape(-1, 32)
        nearest = hamming(forms, listed.pdq).min(axis=0).astype(np.int64)
        np.minimum.at(window, listed.owner, hamming(forms, listed.windows).min(axis=0))
        if looked_up[0].phash:
            whole, second = _bits(uploads[0], listed.pdq), _bits(_row(looked_up[0].phash), listed.phash)
    turned = nearest
    if found.turned:
        turned = hamming(np.stack([_row(each) for each in found.turned]), listed.pdq).min(axis=0).astype(np.int64)
    suspect = (nearest <= SUSPECT) | (second <= PHASH)
    image = Image.open(io.BytesIO(copy))
    taken = {
        PDQ: whole <= MATCH,
        MATCH_TIER: nearest <= MATCH,
        WITH_PIXELS: (nearest <= MATCH) | (turned <= MATCH),
        PDQ_WIDE: nearest <= SUSPECT,
        SUSPECT_TIER: suspect,
        WITH_WINDOWS: suspect | (window <= WINDOW_DISTANCE),
        **{name: _bits(_packed(make(image)), listed.others[name]) <= PHASH for name, make in OTHERS.items()},
    }
    return taken, nearest, window, len(looked_up)


@dataclass(slots=True)
class Result:
    """Recall in per cent by transform and method, false positives by method, and what they were counted over."""

    recall: dict[str, dict[str, float]] = field(default_factory=dict)
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pairs: int = 0
    closest: int = 256
    closest_window: int = 256
    hashes: dict[str, float] = field(default_factory=dict)

    def mean(self, method: str, *, floor: bool = True) -> float:
        """Return the mean recall over the transforms of the floor, or over all."""
        return float(np.mean([self.recall[each.name][method] for each in SUITE if each.floor or not floor]))


def measure(pictures: list[Photo], progress: Callable[[str], None] = lambda _: None) -> Result:
    listed, result = Listed.of(pictures), Result()
    for transform in SUITE:
        right: dict[str, int] = defaultdict(int)
        hashes = 0
        for number, photo in enumerate(pictures):
            taken, nearest, window, stored = hits(_copy(transform, number, photo), listed)
            hashes += stored
            for method, which in taken.items():
                right[method] += int(which[number])
                result.false[method] += int(which.sum()) - int(which[number])
            others = np.arange(len(pictures)) != number
            result.pairs += int(others.sum())
            result.closest = min(result.closest, int(nearest[others].min()))
            result.closest_window = min(result.closest_window, int(window[others].min()))
        result.recall[transform.name] = {method: 100 * right[method] / len(pictures) for method in METHODS}
        result.hashes[transform.name] = hashes / len(pictures)
        progress(transform.name)
    return result


def _copy(transform: Transform, number: int, photo: Photo) -> bytes:
    seed = zlib.crc32(f"{number} {transform.name}".encode())
    return transform.make(photo.image, np.random.default_rng(seed))


def report(result: Result, count: int, what: str) -> str:
    """Return the section of the page."""
    rows = []
    for transform in SUITE:
        name = transform.name if transform.floor else f"*{transform.name}*"
        rows.append([name, *(f"{result.recall[transform.name][method]:.0f}" for method in METHODS)])
    floor = sum(each.floor for each in SUITE)
    rows.append([f"**mean of the {floor}**", *(f"**{result.mean(method):.1f}**" for method in METHODS)])
    rows.append([f"mean of all {len(SUITE)}", *(f"{result.mean(method, floor=False):.1f}" for method in METHODS)])
    rows.append(["false positives", *(str(result.false[method]) for method in METHODS)])
    plain, every = result.hashes[SUITE[0].name], float(np.mean(list(result.hashes.values())))
    return f"""## Robustness

{count} {what}, {len(SUITE)} copies of each, every copy compared with every listed picture: {result.pairs:,} pairs of
distinct pictures. {environment()}

PDQ at {MATCH} bits, suspect at {SUSPECT} or pHash at {PHASH}, windows at {WINDOW_DISTANCE}; ImageHash's at {PHASH} of
64. The transforms in italics are not part of the mean that the project's targets are about.

The closest distinct pair was {result.closest} bits apart over all forms and trims, and {result.closest_window} over
all windows. An untouched photo becomes {plain:.1f} hashes on average, a copy of any kind {every:.1f}.

![Recall by transform and method](benchmarks-hashing-robustness.png)

{table(["recall, %", *METHODS], rows)}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of photos; generated pictures otherwise")
    parser.add_argument("--write", action="store_true", help="write the table and the plot into docs/")
    arguments = parser.parse_args()
    pictures = photos(arguments.photos)
    result = measure(pictures, lambda name: print(name, flush=True))
    text = report(result, len(pictures), "photos" if arguments.photos else "generated pictures")
    print(text)
    if arguments.write:
        write_section("robustness", text)
        draw(result.recall, [each.name for each in SUITE], METHODS, DOCS / "benchmarks-hashing-robustness.png")


if __name__ == "__main__":
    main()
