"""The plot of docs/benchmarks-matching.md: the time of a scan's search by the length of the list, as SVG."""

from collections.abc import Iterator

from tests.benchmarks.matching_report import SERIES, Results
from tests.benchmarks.plot import plot as plot_lines

_ASKED = ("random", "8 forms x 3", 31)


def plot(results: Results) -> str:
    """Return the SVG: milliseconds by number of hashes, one line for each index."""
    lines = {name: list(_points(results, name)) for name in SERIES}
    title = "Search for 24 hashes (8 forms x 3) within 31 bits, one thread"
    shown = {name: points for name, points in lines.items() if points}
    return plot_lines(title, "hashes in the list", "{:,g} ms", shown)


def _points(results: Results, name: str) -> Iterator[tuple[int, float]]:
    for (size, *asked), groups in results.times.items():
        if tuple(asked) == _ASKED:
            yield from ((size, group.best(name) * 1e3) for group in groups if name in group.seconds)
