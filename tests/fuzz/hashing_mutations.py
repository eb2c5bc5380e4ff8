"""Hash mutated picture files and see that each ends well: in time, in memory, with an answer, none damaged yet clean.

The seeds' pictures count as listed. A mutated file ends as `error` or `unsupported`, as a match or suspect, or it
decodes without a complaint to *another picture*: most formats have no checksum, so that a changed byte in the coded
pixels makes other pixels, for a browser as for us. That is no scanning error. `clean` is the end that must not occur:
nothing matched, nothing was reported, and yet Pillow, decoding all of it at full size, finds the file damaged.

`python -m tests.fuzz.hashing_mutations --count 10000 --seed 1` prints a table; the exit status is 1 if a file broke a
bound. The files are hashed in a child process, so that a crash of a decoder is an outcome and not the end of the run;
the child prints its own line for a file before it starts on it, so that the culprit is known.
"""

import argparse
import io
import json
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from tests.benchmarks.hashing_report import peak_megabytes
from tests.fuzz.hashing_seeds import seeds
from unspread.hashing import MINIMUM_QUALITY, HashingError, PictureHashes, Reason, bit_forms, hamming, hash_picture

SECONDS = 5.0
MEGABYTES = 512
SUSPECT_DISTANCE = 48

type Random = np.random.Generator

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 65_500, 30_000)


def mutated(data: bytes, rng: Random, pool: list[bytes]) -> bytes:
    """Return a file changed in one to four ways."""
    file = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        size = max(len(file), 1)
        # Headers matter more than pixels: half of the positions are among the first bytes.
        at = int(rng.integers(0, min(size, 200))) if rng.random() < 0.5 else int(rng.integers(0, size))
        match int(rng.integers(0, 9)):
            case 0:
                file[at : at + 1] = bytes([int(rng.integers(0, 256))])
            case 1:
                file[at : at + 1] = bytes([(file[at] if at < len(file) else 0) ^ 1 << int(rng.integers(0, 8))])
            case 2:
                width = int(rng.choice((1, 2, 4)))
                number = int(rng.choice(_EDGES)) & 256**width - 1
                file[at : at + width] = number.to_bytes(width, "big" if rng.random() < 0.5 else "little")
            case 3:
                del file[int(rng.integers(0, size)) :]
            case 4:
                del file[at : at + int(rng.integers(1, 64))]
            case 5:
                file[at:at] = rng.bytes(int(rng.integers(1, 64)))
            case 6:
                end = at + int(rng.integers(1, 400))
                file[end:end] = file[at:end] * int(rng.integers(1, 20))
            case 7:
                other = pool[int(rng.integers(0, len(pool)))]
                start = int(rng.integers(0, len(other)))
                file[at:at] = other[start : start + int(rng.integers(1, 600))]
            case _:
                file += rng.bytes(int(rng.integers(1, 2000)))
    return bytes(file)


@dataclass(slots=True)
class Outcome:
    """How one file ended."""

    seed: str
    end: str
    seconds: float


@dataclass(slots=True)
class Report:
    """How all files ended."""

    outcomes: list[Outcome] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def clean(self) -> list[Outcome]:
        """Return the files that would be called clean though not all of them could be scanned."""
        return [outcome for outcome in self.outcomes if outcome.end == "clean"]

    @property
    def slowest(self) -> float:
        """Return the longest time, in seconds."""
        return max((outcome.seconds for outcome in self.outcomes), default=0.0)

    def ends(self) -> Counter[str]:
        """Return how often each end was met."""
        return Counter(outcome.end for outcome in self.outcomes)

    def problems(self) -> list[str]:
        """Return what broke a bound, in words."""
        found = [f"crash: {crash}" for crash in self.crashes]
        if self.slowest > SECONDS:
            found.append(f"a file took {self.slowest:.1f} s")
        if self.megabytes > MEGABYTES:
            found.append(f"memory went up to {self.megabytes:.0f} MB")
        if self.clean:
            found.append(f"{len(self.clean)} files were called clean: {Counter(o.seed for o in self.clean)}")
        return found


def judged(data: bytes, listed: NDArray[np.uint8]) -> str:
    """Return what would become of a file when the seeds' pictures are listed (1.. frames)."""
    try:
        picture = hash_picture(io.BytesIO(data))
    except HashingError as error:
        return "unsupported" if error.reason is Reason.UNSUPPORTED else f"error: {error.reason}"
    uploads = looked_up(picture)
    if len(uploads):
        nearest = min(int(hamming(form, uploads).min()) for form in bit_forms(listed))
        if nearest <= SUSPECT_DISTANCE:
            return "match or suspect"
    if picture.damaged:
        return f"error: {picture.damaged}, part hashed"
    return "another picture" if _decodes(data) else "clean"


def looked_up(picture: PictureHashes) -> NDArray[np.uint8]:
    """Return the hashes, (n, 32), that are good enough to be looked up."""
    good = [np.frombuffer(each.pdq, np.uint8) for each in picture.hashes if each.quality >= MINIMUM_QUALITY]
    return np.stack(good) if good else np.empty((0, 32), np.uint8)


def _decodes(data: bytes) -> bool:
    """Return whether Pillow alone decodes every pixel of a file's frames, at full size, without an error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as image:
                # Of a JPEG, what follows the first picture is no part of what is shown.
                for frame in range(1 if image.format in {"JPEG", "MPO"} else getattr(image, "n_frames", 1)):
                    image.seek(frame)
                    image.load()
    except Exception:  # noqa: BLE001  any complaint counts
        return False
    return True


def files(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield the mutated files of a run: the same for the same seed."""
    originals = seeds()
    names, pool = list(originals), list(originals.values())
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        name = names[number % len(names)]
        yield name, mutated(originals[name], rng, pool)


def _work(first: int, count: int, seed: int) -> None:
    """Hash files first.. of a run, printing the number before and the outcome after each: the child process."""
    pillow_heif.register_heif_opener()
    originals = seeds()
    listed = np.concatenate([looked_up(hash_picture(io.BytesIO(data))) for data in originals.values()])
    for number, (name, data) in enumerate(files(count, seed)):
        if number < first:
            continue
        print(number, flush=True)
        start = time.perf_counter()
        end = judged(data, listed)
        print(json.dumps([name, end, time.perf_counter() - start]))
    print(json.dumps(peak_megabytes()))


def run(count: int, seed: int) -> Report:
    """Hash mutated files in child processes; a new one goes on behind a file that killed the last."""
    report, first = Report(), 0
    while first < count:
        child = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.hashing_mutations", "--work", str(first), str(count), str(seed)],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
        )
        lines = [json.loads(line) for line in child.stdout.splitlines()]
        report.outcomes += [Outcome(*line) for line in lines if isinstance(line, list)]
        report.megabytes = max([report.megabytes, *(line for line in lines if isinstance(line, float))])
        if child.returncode == 0:
            break
        started = [line for line in lines if isinstance(line, int)]
        if not started:
            raise RuntimeError(child.stderr)
        report.crashes.append(f"file {started[-1]} of seed {seed}: {child.stderr.strip()[-300:]}")
        first = started[-1] + 1
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=int, nargs=3)
    arguments = parser.parse_args()
    if arguments.work:
        _work(*arguments.work)
        return 0
    report = run(arguments.count, arguments.seed)
    for end, times in report.ends().most_common():
        print(f"{times:7}  {end}")
    print(f"{len(report.outcomes)} files, slowest {report.slowest:.2f} s, peak {report.megabytes:.0f} MB")
    for problem in report.problems():
        print(problem)
    return 1 if report.problems() else 0


if __name__ == "__main__":
    sys.exit(main())
