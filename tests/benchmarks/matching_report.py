"""The page docs/benchmarks-matching.md, from what was measured."""

import math
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.matching_contestants import CONTESTANTS, Bands, FaissFlat, Ours, ThreatExchange
from tests.benchmarks.matching_measures import Costs, Times

_MILLION = 1_000_000

_HEAD = """# Benchmark: matching

How long it takes to find the listed hashes near an upload's, and what the list costs in memory, for lists of random
hashes, of realistic ones (families of near-duplicates) and of adversarial ones (crafted to share 12 of 16 words with
an upload). An upload asks for the 8 forms of each of its hashes. Distance 31 is a match, 48 a suspect, and what a scan
asks for by default. Made by `python -m tests.benchmarks.matching --write`.

![Time of a search by size of the list](benchmarks-matching.svg)
"""

_READING = """## How to read it

- Times are the shortest in milliseconds; ratios are medians over rounds in which the indexes take turns in one
  process, so that a busy machine slows all of them. All run on one thread, unless it says otherwise.
  A ratio is not that of the two shortest times beside it.
- All indexes found the same number of pairs in every search; the benchmark stops if they do not.
- Bytes are those of the process, per hash, beyond the hashes that the index was loaded from; `peak` is while loading.
- FAISS keeps no set: it adds without looking for duplicates, and removes by place.
- python-threatexchange (`PdqSignal.get_index_cls()`) answers up to distance 31, one query at a time, keeps the hashes
  as text beside the index, and cannot remove.
- For the adversarial list, the words that the flat scan looks at first are all shared: its worst case.
- A single query misses its goal: 1.25 to 1.45 x over several runs. It is five passes of NumPy over half of the words,
  XOR, XOR, OR, count, least, which alone take 1.25 to 1.5 ms here; FAISS makes one pass in C++. Other sizes of blocks
  were slower. No scan asks a single query: it asks 8 forms at least, 0.4 x.

## Why there is no multi-index

- A multi-index (here 11 bands of 22 bits; `tests/benchmarks/matching_bands.py`) is exact within 31 bits with 2,563
  probes for a hash. Scans ask for 48 bits, so as to see suspects: that would take 56,309 probes for each hash, more
  than it saves. Only where suspects are switched off could it be used at all.
- It has to be built at each cold start and again as the list grows, and costs the memory and load time above.
- On a crafted list it is slower than the flat scan, by the factor above.
- The 8 forms share their counts in the flat scan (`unspread/index/scan.py`), which makes the flat scan faster than
  FAISS for what scans ask, the 8 forms of 3 hashes, and at 1,000,000 about as fast as the multi-index.
- What this gives up: a search is linear in the length of the list. At 10,000,000 and within 31 bits the multi-index
  takes a third of the time. A list so long whose suspects are switched off would be the reason to think again.
"""


@dataclass(slots=True)
class Results:
    """All that was measured."""

    absent: list[str]
    costs: dict[tuple[int, str], Costs] = field(default_factory=dict)
    """By size and index, of random lists."""
    times: dict[tuple[int, str, str, int], list[Times]] = field(default_factory=dict)
    """By size, list, what is asked and distance; one for each group that took turns."""


def page(results: Results) -> str:
    """Return the page. Raises ValueError if two indexes found different numbers of pairs."""
    for key, groups in results.times.items():
        found = {name: count for group in groups for name, count in group.found.items()}
        if len(set(found.values())) > 1:
            raise ValueError(f"The indexes disagree on {key}: {found}")
    parts = [_HEAD, _machine(results), _goals(results), _costs(results)]
    parts += [_times(results, distance) for distance in (31, 48)]
    return "\n".join([*parts, _READING])


def _machine(results: Results) -> str:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    packages = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "faiss-cpu", "threatexchange"))
    absent = f" Not installed, and so left out: {', '.join(results.absent)}." if results.absent else ""
    return f"Machine: {model}, {os.cpu_count()} cores. Python {platform.python_version()}, {packages}.{absent}\n"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(absent)"


def _goals(results: Results) -> str:
    rows = [
        row
        for size, what, limit in (
            (_MILLION, "1", 1.3),
            (_MILLION, "8 forms x 3", 1.2),
            (_MILLION, "24 unrelated", 1.2),
            (10 * _MILLION, "8 forms x 3", 1.0),
            (10 * _MILLION, "24 unrelated", 1.0),
        )
        for row in _ratio(results, size, what, limit)
    ]
    cost = results.costs.get((_MILLION, Ours.name))
    if cost:
        rows.append(("bytes per hash at 1,000,000", "40", f"{cost.held:.1f}"))
        rows.append(("load 1,000,000 hashes", "0.5 s", f"{cost.load:.2f} s"))
        rows.append(("add one hash to 1,000,000", "1 ms", f"{cost.add * 1e3:.2f} ms"))
    return "## Goals\n\n" + _table(("", "at most", "measured"), rows)


def _ratio(results: Results, size: int, what: str, limit: float) -> Iterator[tuple[str, str, str]]:
    for group in results.times.get((size, "random", what, 31), []):
        if Ours.name in group.seconds and FaissFlat.name in group.seconds:
            ratio = group.ratio(Ours.name, FaissFlat.name)
            yield f"{what} at {size:,}, within 31, beside FAISS flat", f"{limit} x", f"{ratio:.2f} x"


def _costs(results: Results) -> str:
    rows = [
        (
            f"{size:,}",
            name,
            f"{cost.load:.2f}",
            f"{cost.held:.0f}",
            f"{cost.peak:.0f}",
            _milliseconds(cost.add),
            _milliseconds(cost.remove),
        )
        for (size, name), cost in results.costs.items()
    ]
    head = ("hashes", "index", "load, s", "bytes per hash", "peak", "add one, ms", "remove one, ms")
    return "## Load, memory, changes\n\n" + _table(head, rows)


def _times(results: Results, distance: int) -> str:
    names = [
        name
        for name, kind in CONTESTANTS.items()
        if kind.reaches >= distance and name not in results.absent and kind is not Ours
    ]
    rows = []
    for (size, kind, what, asked_distance), groups in results.times.items():
        if asked_distance == distance:
            best = {name: group.best(name) for group in groups for name in group.seconds}
            ratios = [group.ratio(Ours.name, FaissFlat.name) for group in groups if FaissFlat.name in group.seconds]
            ours = [_milliseconds(best[Ours.name]), *(f"{ratio:.2f}" for ratio in ratios)]
            rows.append((f"{size:,}", kind, what, *ours, *(_milliseconds(best.get(name, math.nan)) for name in names)))
    ratio_head = ["/ FAISS flat"] if FaissFlat.name not in results.absent else []
    head = ("hashes", "list", "asked", Ours.name, *ratio_head, *names)
    return f"## Searches within {distance} bits, ms\n\n" + _table(head, rows)


def _milliseconds(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"{seconds * 1e3:.3g}" if seconds < 1 else f"{seconds * 1e3:,.0f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


SERIES = (Ours.name, FaissFlat.name, Bands.name, ThreatExchange.name)
"""What the plot shows."""
