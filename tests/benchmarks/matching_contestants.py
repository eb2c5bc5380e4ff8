"""The indexes that the matching benchmark compares, behind one interface. Those not installed are left out."""

import importlib
from abc import ABC, abstractmethod
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np

from tests.benchmarks.matching_bands import DISTANCE, BandIndex
from tests.benchmarks.matching_lists import Rows
from unspread.index import HashIndex


class Contestant(ABC):
    """An index of PDQ hashes."""

    name: ClassVar[str]
    needs: ClassVar[str] = "numpy"
    reaches: ClassVar[int] = 256
    """The largest distance that it can be asked for."""
    adds: ClassVar[bool] = True
    removes: ClassVar[bool] = True

    def __init__(self, rows: Rows) -> None:
        """Keep what it is loaded from; this is not timed."""
        self.rows = rows

    @classmethod
    def installed(cls) -> bool:
        return find_spec(cls.needs) is not None

    @abstractmethod
    def load(self) -> None: ...

    @abstractmethod
    def search(self, queries: Rows, distance: int) -> int:
        """Return the number of pairs found."""

    def add(self, row: Rows) -> None:
        """Add uint8[1, 32]."""
        raise NotImplementedError

    def remove(self, row: Rows) -> None:
        """Remove what was added last, uint8[1, 32]."""
        raise NotImplementedError


class Ours(Contestant):
    name = "Unspread"

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._data = rows.tobytes()

    def load(self) -> None:
        self._index = HashIndex.from_bytes(self._data, 256)

    def search(self, queries: Rows, distance: int) -> int:
        return len(self._index.search(queries, distance)[0])

    def add(self, row: Rows) -> None:
        self._index.add(row)

    def remove(self, row: Rows) -> None:
        self._index.remove(row)


class FaissFlat(Contestant):
    name = "FAISS flat"
    needs = "faiss"
    threads = 1

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._faiss: Any = importlib.import_module("faiss")

    def load(self) -> None:
        self._index = self._faiss.IndexBinaryFlat(256)
        self._index.add(self.rows)

    def search(self, queries: Rows, distance: int) -> int:
        self._faiss.omp_set_num_threads(self.threads)
        return len(self._index.range_search(queries, distance + 1)[1])

    def add(self, row: Rows) -> None:
        self._index.add(row)

    def remove(self, row: Rows) -> None:
        """Remove the last row, by its place: FAISS does not look rows up."""
        assert row.shape == (1, 32)
        self._index.remove_ids(np.array([self._index.ntotal - 1]))


class FaissFlatTwoThreads(FaissFlat):
    name = "FAISS flat, 2 threads"
    threads = 2


class Bands(Contestant):
    name = "multi-index 11 x 22"
    reaches = DISTANCE
    adds = removes = False

    def load(self) -> None:
        self._index = BandIndex(self.rows)

    def search(self, queries: Rows, distance: int) -> int:
        assert distance == DISTANCE
        return self._index.search(queries)


class ThreatExchange(Contestant):
    name = "python-threatexchange"
    needs = "threatexchange"
    reaches = 31
    removes = False

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows)
        self._hashes = [row.tobytes().hex() for row in rows]
        self._kind: Any = importlib.import_module("threatexchange.signal_type.pdq.signal").PdqSignal.get_index_cls()
        importlib.import_module("faiss").omp_set_num_threads(1)

    def load(self) -> None:
        self._index = self._kind((value, None) for value in self._hashes)

    def search(self, queries: Rows, distance: int) -> int:
        assert distance == self.reaches
        return sum(len(self._index.query(query.tobytes().hex())) for query in queries)

    def add(self, row: Rows) -> None:
        self._index.add(row.tobytes().hex(), None)


CONTESTANTS: dict[str, type[Contestant]] = {
    kind.name: kind for kind in (Ours, FaissFlat, FaissFlatTwoThreads, Bands, ThreatExchange)
}
