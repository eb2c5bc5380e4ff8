"""`python -m tests.benchmarks` (`make bench`): every benchmark with the small sets that come with it, in a few minutes.

For the figures in docs/ each is run by itself, with photos and long lists: see its own description.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec

from tests.benchmarks import hashing_robustness, hashing_speed, matching

BENCHMARKS: dict[str, tuple[Callable[[], None], list[str]]] = {
    "hashing_speed": (hashing_speed.main, ["--count", "1"]),
    "hashing_robustness": (hashing_robustness.main, []),
    "matching": (matching.main, ["--sizes", "100000"]),
}
# Compared with if they are there; in no lock file, for they are large or need a compiler.
OPTIONAL = {
    "pdqhash": "hashing_speed leaves out the reference: its times, its memory and the ratios to it",
    "faiss": "matching leaves out FAISS (pip install faiss-cpu)",
    "threatexchange": "matching leaves out python-threatexchange",
}


def main() -> None:
    """Run them one after the other."""
    absent = {name: lost for name, lost in OPTIONAL.items() if find_spec(name) is None}
    for name, lost in absent.items():
        print(f"Not installed: {name}; {lost}.")
    for name, (run, arguments) in BENCHMARKS.items():
        print(f"\n== {name} {' '.join(arguments)}".rstrip(), flush=True)
        sys.argv = [name, *arguments]
        run()


if __name__ == "__main__":
    main()
