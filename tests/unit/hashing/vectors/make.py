"""Write pdq.csv: the hashes that the reference (PyPI `pdqhash`, which wraps Meta's C++) gives for `pictures.cases()`.

`python -m tests.unit.hashing.vectors.make`; needs `pdqhash` and thus a C++ compiler. The tests need only the file.
"""

import csv
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pdqhash

from tests.unit.hashing.pictures import cases

FILE = Path(__file__).with_name("pdq.csv")


def main() -> None:
    with FILE.open("w", newline="") as file:
        file.write(f"# pdqhash {version('pdqhash')}: compute_dihedral of tests/unit/hashing/pictures.py\n")
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["kind", "seed", "height", "width", "quality", "hashes"])
        for case in cases():
            hashes, quality = pdqhash.compute_dihedral(np.ascontiguousarray(case.picture()))
            packed = [np.packbits(each.astype(np.uint8)).tobytes().hex() for each in hashes]
            rows.writerow([case.kind, case.seed, case.height, case.width, quality, " ".join(packed)])


if __name__ == "__main__":
    main()
