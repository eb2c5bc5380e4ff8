"""How long a search takes, and what the list costs, beside FAISS and python-threatexchange.

    python -m tests.benchmarks.matching [--sizes 100000 1000000] [--write]

It needs `unspread` on the path and compares with what is installed. For an environment with everything:

    python3.13 -m venv .local/venvs/bench
    .local/venvs/bench/bin/pip install -c tests/requirements.txt numpy threatexchange==1.2.17 faiss-cpu pdqhash
    PYTHONPATH=layers/unspread .local/venvs/bench/bin/python -m tests.benchmarks.matching --write

10 million hashes need 16 GB of memory, most of it for python-threatexchange, and about ten minutes.
"""

import argparse
import os
import sys
from pathlib import Path

from tests.benchmarks import matching_report as report
from tests.benchmarks.matching_contestants import CONTESTANTS, Bands, ThreatExchange
from tests.benchmarks.matching_lists import LISTS
from tests.benchmarks.matching_measures import costs, in_a_process, times
from tests.benchmarks.matching_plot import plot

DOCS = Path(__file__).resolve().parents[2] / "docs"
SIZES = [100_000, 1_000_000, 10_000_000]
DISTANCES = [31, 48]
LARGE = 5_000_000
"""Beyond this size, bucket indexes are only given random lists: a crafted one would take them hours."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare ways to match hashes.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks-matching.md and its plot")
    options = parser.parse_args()
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # FAISS' idle threads are not to slow down whose turn is next

    results = measured(options.sizes)
    text = report.page(results)
    print(text)
    if options.write:
        (DOCS / "benchmarks-matching.md").write_text(text)
        (DOCS / "benchmarks-matching.svg").write_text(plot(results))


def measured(sizes: list[int]) -> report.Results:
    names = [name for name, kind in CONTESTANTS.items() if kind.installed()]
    results = report.Results(absent=[name for name in CONTESTANTS if name not in names])
    for size in sizes:
        for name in names:
            if not name.endswith("2 threads"):
                _say(f"{size:,}: loading {name}")
                results.costs[size, name] = in_a_process(costs, name, "random", size)
        for kind in LISTS:
            for group in _groups(names, kind, size):
                _say(f"{size:,} {kind}: searching {', '.join(group)}")
                for (what, distance), taken in in_a_process(times, group, kind, size, DISTANCES).items():
                    results.times.setdefault((size, kind, what, distance), []).append(taken)
    return results


def _groups(names: list[str], kind: str, size: int) -> list[list[str]]:
    """Return which indexes are searched in turns: python-threatexchange takes the memory of all others together."""
    buckets = [name for name in names if CONTESTANTS[name] in {Bands, ThreatExchange}]
    left_out = set(buckets) if size > LARGE and kind != "random" else set()
    together = [name for name in names if name not in left_out and name != ThreatExchange.name]
    alone = [name for name in names if name not in left_out and name == ThreatExchange.name]
    return [group for group in (together, alone) if group]


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
