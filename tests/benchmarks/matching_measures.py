"""What the matching benchmark measures, each in a process of its own (`in_a_process`)."""

import gc
import math
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.matching_contestants import CONTESTANTS
from tests.benchmarks.matching_lists import LISTS, queries

_SEED = 2026
_SECONDS = 1.5
"""How long rounds of searches go on, when they are quicker than `_ROUNDS` of them."""
_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Costs:
    """What an index costs to have. Bytes are per hash, beyond what it was loaded from."""

    load: float
    held: float
    peak: float
    add: float
    remove: float


@dataclass(frozen=True, slots=True)
class Times:
    """The searches of some indexes, interleaved: seconds by index, by round; found pairs by index."""

    seconds: dict[str, list[float]]
    found: dict[str, int]

    def best(self, name: str) -> float:
        return min(self.seconds[name])

    def ratio(self, name: str, other: str) -> float:
        """Return how many times as long one index takes as another: the median over the rounds."""
        pairs = zip(self.seconds[name], self.seconds[other], strict=True)
        return statistics.median(one / two for one, two in pairs)


type Asked = tuple[str, int]
"""What is asked, and the distance."""


def in_a_process[**P, T](work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do something in a process of its own, whose memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *args, **kwargs).result()


def costs(name: str, kind: str, size: int) -> Costs:
    """Load an index, add single hashes and remove them."""
    rng = np.random.default_rng(_SEED)
    index = CONTESTANTS[name](LISTS[kind](rng, size)[0])
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = _memory("VmRSS")
    load = _seconds(index.load)
    gc.collect()
    held, peak = _memory("VmRSS") - before, _memory("VmHWM") - before
    added: list[float] = []
    removed: list[float] = []
    budget = time.perf_counter() + _SECONDS
    while index.adds and len(added) < 30 and time.perf_counter() < budget:
        row = rng.integers(0, 256, (1, 32), dtype=np.uint8)
        added.append(_seconds(index.add, row))
        if index.removes:
            removed.append(_seconds(index.remove, row))
    return Costs(load, held / size, peak / size, _median(added), _median(removed))


def times(names: list[str], kind: str, size: int, distances: list[int]) -> dict[Asked, Times]:
    """Search some indexes of one list in turns."""
    rng = np.random.default_rng(_SEED)
    rows, targets = LISTS[kind](rng, size)
    indexes = {name: CONTESTANTS[name](rows) for name in names}
    for index in indexes.values():
        index.load()
    results: dict[Asked, Times] = {}
    for what, asked in queries(rng, targets).items():
        for distance in distances:
            able = {name: index for name, index in indexes.items() if distance <= index.reaches}
            found = {name: index.search(asked, distance) for name, index in able.items()}
            seconds: dict[str, list[float]] = {name: [] for name in able}
            budget = time.perf_counter() + _SECONDS
            rounds = 0
            while rounds < _ROUNDS or (rounds < 100 and time.perf_counter() < budget):
                for name, index in able.items():
                    seconds[name].append(_seconds(index.search, asked, distance))
                rounds += 1
                if rounds == 1 and time.perf_counter() > budget:
                    break  # one round is enough of what takes seconds
            results[what, distance] = Times(seconds, found)
    return results


def _seconds[**P](work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    start = time.perf_counter()
    work(*args, **kwargs)
    return time.perf_counter() - start


def _median(values: list[float]) -> float:
    return statistics.median(values) if values else math.nan


def _memory(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
