"""What an upload and a listing cost as the table of uploads grows: requests and capacity, counted from the real calls.

`python -m tests.benchmarks.costs --write` makes docs/costs.md and its plot. The uploads that fill the table are made of
random hashes, one each, written as scans write them; the ones that are measured are pictures in a bucket.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import boto3

from tests.benchmarks.capacity import Meter, size
from tests.benchmarks.costs_report import Cost, drawing, page
from tests.benchmarks.emulated import stores
from tests.support import pictures
from tests.support.items import item_of
from unspread.assembly import judging, listing
from unspread.hashing import Digests, PerceptualHash, Variant
from unspread.settings import ActSettings, CaseSettings, ScanSettings
from unspread.submission import SubmittedItem
from unspread.upload import Upload

DOCS = Path(__file__).resolve().parents[2] / "docs"
SAMPLES = 5


def fill(start: int, end: int) -> None:
    """Write the records and the index of uploads with these numbers."""
    act = ActSettings.load()
    uploads, index = judging.conclude(act).uploads, judging.sweep(act).index
    draw = random.Random(start)
    for number in range(start, end):
        digests = Digests(draw.randbytes(32), draw.randbytes(16), 1000)
        hashed = [PerceptualHash(draw.randbytes(32), 90, Variant.WHOLE, 0, None)]
        upload = Upload("uploads", f"{number}.jpg", f"v{number}", "0" * 32, 1000)
        uploads.write(upload, digests, {}, hashed)
        index.add(upload, digests, hashed)


def scans(meter: Meter, bucket: str, number: int) -> Iterator[Cost]:
    """Scan pictures that nobody listed."""
    scan = judging.scan(ScanSettings.load())
    s3 = boto3.client("s3")
    for sample in range(SAMPLES + 1):
        data = pictures.jpeg(pictures.picture(number + sample, (1200, 900)))
        answer = s3.put_object(Bucket=bucket, Key=f"{number}-{sample}.jpg", Body=data)
        upload = Upload(bucket, f"{number}-{sample}.jpg", answer["VersionId"], answer["ETag"].strip('"'), len(data))
        cost = _measured(meter, lambda upload=upload: scan(upload))
        if sample:  # the first one loads the list
            yield cost


def listings(meter: Meter, number: int, *, windows: bool) -> Iterator[tuple[Cost, Cost]]:
    """List pictures; yield what the submission and what the sweep of it cost."""
    cases = listing.cases(CaseSettings.load())
    sweep = judging.sweep(ActSettings.load())
    for sample in range(SAMPLES):
        picture = pictures.picture(1_000_000 + number + 10 * sample + windows, (1200, 900))
        item = item_of(pictures.jpeg(picture), windows=windows)
        case = f"{number:032x}{sample:031x}{int(windows)}"
        submitted = _measured(meter, lambda case=case, item=item: cases.submit(case, "adult", [item]))
        entries = [entry for entry in sweep.log.unswept() if _about(entry, item)]
        yield submitted, _measured(meter, lambda entries=entries: [sweep.entry(entry) for entry in entries])


def _about(entry: Any, item: SubmittedItem) -> bool:
    return any(change.key in item.listable() for change in entry.changes)


def bytes_per_upload(table: str, uploads: int) -> float:
    """Return what an upload's items take, as reading all of the table counts it."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sum(size(item) for page in pages for item in page["Items"]) / uploads


def _measured(meter: Meter, action: Any) -> Cost:
    meter.reset()
    began = time.monotonic()
    action()
    took = time.monotonic() - began
    return Cost(dict(meter.requests), meter.read_units, meter.write_units, took)


def middle(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    names = dict.fromkeys(name for cost in costs for name in cost.requests)
    return Cost(
        {name: round(median(cost.requests.get(name, 0) for cost in costs)) for name in names},
        median(cost.read_units for cost in costs),
        median(cost.write_units for cost in costs),
        median(cost.seconds for cost in costs),
    )


def main() -> None:
    """Measure at each size; print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 20_000, 100_000])
    parser.add_argument("--write", action="store_true", help="write the page and the plot of docs/")
    arguments = parser.parse_args()
    meter = Meter()
    rows: dict[int, dict[str, Cost]] = {}
    with stores() as environment:
        meter.install()
        done, stored = 0, 0.0
        for uploads in arguments.sizes:
            print(f"{uploads:,} uploads", file=sys.stderr, flush=True)
            fill(done, uploads)
            stored = stored or bytes_per_upload(environment["UPLOAD_TABLE"], uploads)
            done = uploads
            whole, more = list(listings(meter, uploads, windows=False)), list(listings(meter, uploads, windows=True))
            rows[uploads] = {
                "upload": middle(list(scans(meter, environment["UPLOAD_BUCKET"], uploads))),
                "submission": middle([submitted for submitted, _ in whole]),
                "submission with windows": middle([submitted for submitted, _ in more]),
                "sweep": middle([swept for _, swept in whole]),
                "sweep with windows": middle([swept for _, swept in more]),
            }
    text = page(rows, stored)
    print(text)
    if arguments.write:
        (DOCS / "costs.md").write_text(text, encoding="utf-8")
        (DOCS / "costs.svg").write_text(drawing(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
