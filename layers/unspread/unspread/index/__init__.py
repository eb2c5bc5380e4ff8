"""Exact search for hashes within a Hamming distance, in memory.

    index = HashIndex.from_bytes(snapshot, bits=256)
    query, row, distance = index.search(queries, 31)

It is a flat scan over columns of 64 bits, at every size: exact at every distance, nothing to build, rows added and
removed in place, and a crafted list costs it a small factor at most. `scan` says why it is fast,
docs/benchmarks-matching.md how fast, and why there is no multi-index.
"""

from unspread.index.hash_index import HashIndex

__all__ = ["HashIndex"]
