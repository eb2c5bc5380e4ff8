"""The page docs/benchmarks-million.md, from what was measured."""

import platform
from collections.abc import Iterator
from statistics import median
from textwrap import fill
from typing import Any

from tests.benchmarks.capacity import READ_UNIT
from tests.benchmarks.emulated import Run
from unspread import prices
from unspread.bulk import HASHES_A_TRANSACTION

_HEAD = """# Benchmark: a list of a million hashes

Hashes imported from another list, published, loaded by a cold start, matched, and swept for among past uploads. Made by
`python -m tests.benchmarks.million --write`. Tables and buckets are those of an emulator on the same machine, whose
requests take longer than DynamoDB's; the memory, the numbers of requests, the capacity units and the searches are real.
Each part runs in a process of its own; memory is what it takes beyond its imports, about a hundred MB.
"""


def page(runs: dict[str, Any], count: int, pace: float, note: str = "") -> str:
    """Return the page."""
    machine = f"Machine: {platform.machine()}, 2 cores, Python {platform.python_version()}."
    table = ["| part | seconds | MB | what |", "| --- | --: | --: | --- |"]
    table += [
        f"| {name} | {_seconds(run)} | {run.megabytes:,.0f} | {words} |" for name, run, words in _rows(runs, count)
    ]
    facts = [fill(f"- {fact}", 120, subsequent_indent="  ") for fact in _facts(runs, count, pace)]
    measured = f"{machine} {count:,} random PDQ hashes, {pace:g} transactions a second. {note}".strip() + "\n"
    return "\n".join([_HEAD, measured, *table, "", *facts]) + "\n"


def _rows(runs: dict[str, Any], count: int) -> Iterator[tuple[str, Run, str]]:
    transactions = -(-count // HASHES_A_TRANSACTION)
    swept = runs["reconcile"].result
    yield "import, paced", runs["import_"], f"{transactions:,} transactions"
    for run in runs["publish on schedule"]:
        yield "publish while it runs", run, f"{run.result['hashes']:,} hashes"
    yield "publish what is left", runs["publish the rest"], f"{runs['publish the rest'].result['hashes']:,} hashes"
    yield "publish all of it at once, with no snapshot before", runs["publish all at once"], f"{count:,} hashes"
    yield "cold start from the snapshot", runs["cold start"], f"{runs['cold start'].result:,} hashes"
    if lost := runs.get("cold start from the table"):
        yield "cold start from the table, all snapshots lost", lost, f"{count:,} hashes"
    found = f"{swept['swept']:,} log entries, {swept['acted']:,} past uploads found of as many"
    yield "reconcile: all swept by one reading of the records", runs["reconcile"], found


def _facts(runs: dict[str, Any], count: int, pace: float) -> Iterator[str]:
    listing, found = runs["import_"].result, runs["match"].result
    units, waits = zip(*runs["tail"], strict=True)
    yield (
        f"**Matched**: {found['found']:,} of {found['of']:,} planted near-duplicates 0 to 31 bits away, each in one of "
        f"the 8 forms, are found, and {found['too far']} of those 32 bits away. A search as scans make it, in 8 forms "
        f"and for suspects too, takes {found['milliseconds']:.0f} ms."
    )
    most = max(units) * READ_UNIT / 2**20
    yield (
        f"**The log's tail**: while the import runs, a batch of uploads reads the last minute of the log again: "
        f"{median(units):,.0f} read units of 4 KB (median), {max(units):,.0f} at most ({most:.1f} MB), in "
        f"{median(waits):,.0f} ms. Without an import it is one unit. The bound is the pace: {HASHES_A_TRANSACTION} "
        f"hashes of 37 bytes in a transaction, {pace:g} transactions a second, for a minute."
    )
    dollars = (listing["write"] * prices.DYNAMODB_WRITES + listing["read"] * prices.DYNAMODB_READS) / count
    yield (
        f"**Capacity**: {listing['write'] / count:.2f} write units and {listing['read'] / count:.2f} read units for a "
        f"hash: ${dollars:.2f} for a million."
    )


def _seconds(run: Run) -> str:
    return f"{run.seconds:,.1f}" if run.seconds < 100 else f"{run.seconds:,.0f}"
