"""The search kernel: which hashes of a block are within a distance of a batch of queries.

It counts the differing bits in the first two words only, and looks at all words of the few hashes that stay within
the distance there: of unrelated hashes, 1 in 480 million at distance 31 and 1 in 340 at 48. Where it is more than 1
in 32, as in lists that somebody crafted, it counts all words of the whole block instead, so that the time stays
bounded.

The counts of a word serve all queries that have this word or its complement: a complement differs in the other
64 - count bits. The 8 forms of a PDQ hash are two families of 4 that share their counts (see `columns`), so that 24
queries cost 6 passes. A query without such relatives takes the bits that differ in either word, one count for two.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from unspread.index.blocks import BLOCK
from unspread.index.columns import Columns

type Near = tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint16]]
"""For each of k pairs: the query, the hash's place in its block, and their distance."""

_WORD = 64
_EITHER_UP_TO = 32
"""Up to this distance, at most 1 in 68,000 unrelated hashes stays within it in "either word" (48 bits expected)."""
_DENSE = 32
_NOTHING: Near = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp), np.empty(0, dtype=np.uint16)


@dataclass(frozen=True, slots=True)
class _Family:
    """Queries whose first words are equal or complements.

    `members` are their numbers, by whether the second word is complemented otherwise than the first, and whether
    the first one is.
    """

    first: np.uint64
    second: np.uint64
    members: dict[tuple[bool, bool], list[int]] = field(default_factory=lambda: defaultdict(list))


class Scratch:
    """Room for one scan at a time, 2.5 MiB, kept so that a search need not make it anew."""

    def __init__(self) -> None:
        self.words = np.empty((2, BLOCK), dtype=np.uint64)
        self.counts = np.empty((4, BLOCK), dtype=np.uint8)


class Scan:
    """A batch of queries, uint64[words, m], made ready to be compared with block after block."""

    def __init__(self, queries: Columns, distance: int, scratch: Scratch) -> None:
        self._queries = queries
        self._distance = distance
        self._families = _families(queries)
        self._bits = _WORD * min(len(queries), 2)
        self._words = scratch.words
        self._counts = scratch.counts

    def near(self, block: Columns) -> Near:
        """Return the pairs of a query and a hash of the block, uint64[words, n], that are within the distance."""
        queries: list[NDArray[np.intp]] = []
        places: list[NDArray[np.intp]] = []
        sure: list[Near] = []
        for members, candidates in self._candidates(block):
            for query in members:
                if len(candidates) * _DENSE > block.shape[1]:
                    sure.append(self._whole(block, query))
                else:
                    queries.append(np.full(len(candidates), query))
                    places.append(candidates)
        if queries:
            sure.append(self._checked(block, np.concatenate(queries), np.concatenate(places)))
        return _joined(sure) if sure else _NOTHING

    def _candidates(self, block: Columns) -> Iterator[tuple[list[int], NDArray[np.intp]]]:
        for family in self._families:
            if len(family.members) == 1 and len(block) > 1 and self._distance <= _EITHER_UP_TO:
                yield from self._in_either(block, family)
            else:
                yield from self._in_both(block, family)

    def _in_either(self, block: Columns, family: _Family) -> Iterator[tuple[list[int], NDArray[np.intp]]]:
        """Yield the hashes within the distance in the bits where either word differs."""
        ((opposite, complement), members), *_ = family.members.items()
        first, second = self._words[:, : block.shape[1]]
        count = self._counts[0, : block.shape[1]]
        np.bitwise_xor(block[0], ~family.first if complement else family.first, out=first)
        np.bitwise_xor(block[1], family.second if complement == opposite else ~family.second, out=second)
        np.bitwise_or(first, second, out=first)
        np.bitwise_count(first, out=count)
        if np.minimum.reduce(count) <= self._distance:
            yield members, np.flatnonzero(count <= self._distance)

    def _in_both(self, block: Columns, family: _Family) -> Iterator[tuple[list[int], NDArray[np.intp]]]:
        """Yield the hashes within the distance in the first two words together."""
        word = self._words[0, : block.shape[1]]
        first, second, both = self._counts[:3, : block.shape[1]]
        np.bitwise_count(np.bitwise_xor(block[0], family.first, out=word), out=first)
        if len(block) > 1:
            np.bitwise_count(np.bitwise_xor(block[1], family.second, out=word), out=second)
        else:
            second[:] = 0
        within, beyond = self._distance, self._bits - self._distance
        for opposite in sorted({opposite for opposite, _ in family.members}):
            if opposite:
                np.subtract(_WORD, second, out=second)
            np.add(first, second, out=both)
            if (members := family.members.get((opposite, False))) and np.minimum.reduce(both) <= within:
                yield members, np.flatnonzero(both <= within)
            if (members := family.members.get((opposite, True))) and np.maximum.reduce(both) >= beyond:
                yield members, np.flatnonzero(both >= beyond)

    def _checked(self, block: Columns, queries: NDArray[np.intp], places: NDArray[np.intp]) -> Near:
        distances = np.zeros(len(queries), dtype=np.uint16)
        for column, asked in zip(block, self._queries, strict=True):
            distances += np.bitwise_count(column[places] ^ asked[queries])
        near = distances <= self._distance
        return queries[near], places[near], distances[near]

    def _whole(self, block: Columns, query: int) -> Near:
        distances = np.zeros(block.shape[1], dtype=np.uint16)
        word, count = self._words[0, : block.shape[1]], self._counts[3, : block.shape[1]]
        for column, asked in zip(block, self._queries[:, query], strict=True):
            distances += np.bitwise_count(np.bitwise_xor(column, asked, out=word), out=count)
        places = np.flatnonzero(distances <= self._distance)
        return np.full(len(places), query), places, distances[places]


def _joined(pairs: list[Near]) -> Near:
    queries, places, distances = zip(*pairs, strict=True)
    return np.concatenate(queries), np.concatenate(places), np.concatenate(distances)


def _families(queries: Columns) -> list[_Family]:
    plain = np.minimum(queries, ~queries)
    complemented = queries != plain
    last = min(len(queries), 2) - 1
    families: dict[tuple[int, int], _Family] = {}
    for query in range(queries.shape[1]):
        first, second = plain[0, query], plain[last, query]
        family = families.setdefault((int(first), int(second)), _Family(first, second))
        opposite = bool(complemented[0, query] != complemented[last, query])
        family.members[opposite, bool(complemented[0, query])].append(query)
    return list(families.values())
