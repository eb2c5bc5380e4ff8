"""The page docs/costs.md and its plot, from what was counted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import fill

from tests.benchmarks.capacity import READ_UNIT
from tests.benchmarks.plot import Point, plot
from unspread import prices

BAND_ITEM = 144
"""Bytes of a band item: `pk` with `band#7#3fa1`, and `sk` with a hash, `#` and an identifier of 64 digits each."""

VALUES = 65_536
"""Values of a band of 16 bits: of N stored hashes, N / 65,536 share one."""

PAGE = 2**20
"""Bytes that a Query reads at most; then it has to be asked again."""

_HEAD = """# What it costs

Requests and units of capacity, counted from the calls that one upload and one listing really make while the table of
uploads grows; in dollars at the prices of us-east-1 on demand (DynamoDB $0.125 and $0.625 for a million read and write
units). Made by `python -m tests.benchmarks.costs --write`: the tables are an emulator's, the units follow the rules for
item sizes that AWS documents (`tests/benchmarks/capacity.py`). Not verified against a bill. `unspread cost --uploads N`
makes a month of it, with what listings, storage and alarms add ([operations.md](operations.md)).
"""


@dataclass(frozen=True)
class Cost:
    """What one upload or one listing took."""

    requests: dict[str, int]
    read_units: float
    write_units: float
    seconds: float

    @property
    def dollars(self) -> float:
        """The price of a million of them, DynamoDB alone."""
        return self.read_units * prices.DYNAMODB_READS + self.write_units * prices.DYNAMODB_WRITES


def probe_units(hashes: float) -> int:
    """Return the read units of one look-up of a band among so many stored hashes."""
    return max(1, math.ceil(hashes / VALUES * BAND_ITEM / READ_UNIT))


def page(rows: dict[int, dict[str, Cost]], stored: float) -> str:
    """Return the page. `stored` are the bytes that an upload's items take."""
    sizes = list(rows)
    lines = [
        _HEAD,
        "## Counted",
        "",
        "| uploads | what | requests | read units | write units | $ for a million |",
    ]
    lines.append("| --: | --- | --- | --: | --: | --: |")
    for size, costs in rows.items():
        for name, cost in costs.items():
            made = ", ".join(f"{count:,} {operation}" for operation, count in sorted(cost.requests.items()))
            units = f"{cost.read_units:,.0f} | {cost.write_units:,.0f} | {cost.dollars:,.2f}"
            lines.append(f"| {size:,} | {name} | {made} | {units} |")
    lines += ["", "## One upload", "", *_wrapped(_upload(rows[sizes[-1]]["upload"]))]
    lines += ["", "## One listing", "", *_wrapped(_listing(rows, stored))]
    lines += [
        "",
        "| stored hashes | units of a look-up | requests of a look-up | $ for one listed PDQ hash | $ for 1,000 |",
    ]
    lines.append("| --: | --: | --: | --: | --: |")
    probes = rows[sizes[-1]]["sweep"].requests["Query"] - 2
    for hashes in (1e6, 2e6, 30e6, 1000e6):
        each, requests = probe_units(hashes), math.ceil(hashes / VALUES * BAND_ITEM / PAGE)
        dollars = probes * each * prices.DYNAMODB_READS / 1e6
        lines.append(f"| {hashes / 1e6:,.0f} million | {each:,} | {requests} | {dollars:.4f} | {dollars * 1000:,.2f} |")
    lines += ["", "![Dollars for a million uploads and for a thousand listings, by stored hashes](costs.svg)"]
    return "\n".join(lines) + "\n"


def drawing(rows: dict[int, dict[str, Cost]]) -> str:
    """Return the plot: what was counted, and beyond it what the sizes of the items make of it."""
    uploads: list[Point] = [(size, costs["upload"].dollars) for size, costs in rows.items()]
    listings: list[Point] = [(size, _listed(costs).dollars / 1000) for size, costs in rows.items()]
    probes = rows[max(rows)]["sweep"].requests["Query"] - 2
    fixed = _listed(rows[max(rows)]).dollars / 1000 - probes * prices.DYNAMODB_READS / 1000
    beyond = [max(rows) * 10 ** (step / 10) for step in range(1, 41)]
    computed = [(n, fixed + probes * probe_units(n) * prices.DYNAMODB_READS / 1000) for n in beyond]
    lines = {"1 million uploads": uploads, "1,000 listings": listings + computed}
    marks = [10.0**power for power in range(3, 10)]
    return plot(
        f"Price in DynamoDB: counted up to {max(rows):,}, computed beyond",
        "stored hashes of past uploads",
        "${:,g}",
        lines,
        marks,
    )


def _listed(costs: dict[str, Cost]) -> Cost:
    submitted, swept = costs["submission with windows"], costs["sweep with windows"]
    return Cost({}, submitted.read_units + swept.read_units, submitted.write_units + swept.write_units, 0)


def _wrapped(facts: Iterator[str]) -> list[str]:
    return [fill("- " + " ".join(fact.split()), 120, subsequent_indent="  ") for fact in facts]


def _upload(cost: Cost) -> Iterator[str]:
    yield f"""
        A picture that nobody listed: ${cost.dollars:.2f} for a million in DynamoDB, whatever the size of the table:
        it is written, and the list is in the function's memory.
    """
    lambda_ = 0.2 * 1769 / 1024 * prices.LAMBDA_GIGABYTE_SECONDS
    yield f"""
        Beside it: S3's GetObject ${prices.S3_GETS:.2f}, SQS about ${2 * prices.SQS_REQUESTS:.2f},
        Lambda ${lambda_:.2f} if a scan takes 0.2 s of 1,769 MB (arm64) and at most ${prices.LAMBDA_REQUESTS:.2f}
        for its invocation: about ${cost.dollars + lambda_ + 1.4:.0f} for a million pictures in all. Clean objects
        get no tag, which would cost $5.
    """
    yield """
        Most of it are the 16 band items by which later listings find the upload; each further hash of a picture,
        what is left when borders are trimmed for instance, has as many: $10 for a million. An ordinary photo has
        2.5 hashes. The items go when that version is deleted for good.
    """


def _listing(rows: dict[int, dict[str, Cost]], stored: float) -> Iterator[str]:
    sizes = list(rows)
    first, last = rows[sizes[0]]["sweep"], rows[sizes[-1]]["sweep"]
    yield f"""
        To find its past uploads a PDQ hash takes {first.requests["Query"] - 2:,} look-ups among {sizes[0]:,}
        uploads and {last.requests["Query"] - 2:,} among {sizes[-1]:,}: 16 bands x 17 values x 8 forms are 2,176, of
        which mirrored forms share a part. Two more find the digests. Windows are looked for among later uploads
        only, and take none.
    """
    grows = READ_UNIT / BAND_ITEM * VALUES
    yield f"""
        A look-up is one read unit as long as what it finds is below 4 KB: {READ_UNIT // BAND_ITEM} items of
        {BAND_ITEM} bytes. **Growth begins at {grows / 1e6:.1f} million stored hashes**, and is linear from there: a
        unit more for each {grows / 1e6:.1f} million.
    """
    probes = first.requests["Query"] - 2
    yield f"""
        Many new hashes at once are not looked up one by one: where that takes more units than reading the whole
        table, the table is read once for all of them. An upload's items take {stored:,.0f} bytes, so a million
        uploads are read for {stored * 1e6 / READ_UNIT:,.0f} units,
        ${stored / READ_UNIT * prices.DYNAMODB_READS:.2f}: as much as {stored * 1e6 / READ_UNIT / probes:,.0f}
        hashes' look-ups, and a list of a million hashes costs no more.
    """
