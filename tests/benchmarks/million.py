"""A list of a million hashes: imported, published, loaded, matched, swept; the time and memory of each part.

`python -m tests.benchmarks.million --write` makes docs/benchmarks-million.md. The tables and buckets are an emulator's
on this machine, so times of requests are its own; memory, counts, capacity units and searches are real.
"""

import argparse
import itertools
import random
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.capacity import Meter
from tests.benchmarks.emulated import alone, stores
from tests.benchmarks.million_report import page
from unspread import aws
from unspread.assembly import judging
from unspread.bulk import TRANSACTIONS_A_SECOND, BulkListing
from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import Digests, PerceptualHash, Variant, bit_forms
from unspread.list_reader import ListReader
from unspread.publish import Publish
from unspread.reconcile import Reconcile
from unspread.settings import ActSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.snapshots import Snapshots
from unspread.upload import Upload
from unspread.verdict import Distances

SOURCE = "list#million"
PLANTED = 1_000
UPLOADS = 5_000
SCANNED = 100_000
"""Hashes up to which the table is read as a whole: the emulator sorts all of it anew for each page."""

EVERY = 300.0
"""Seconds between two runs of publish, as scheduled."""

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "benchmarks-million.md"


def hashes(count: int) -> Iterator[HashKey]:
    """Yield the hashes of the list: random ones, the same at every call."""
    draw = random.Random(20)
    return (HashKey.of(Kind.PDQ, draw.randbytes(32)) for _ in range(count))


def near(key: HashKey, number: int, distance: int) -> bytes:
    """Return a hash at this distance from one, in one of the 8 forms."""
    turned = bit_forms(np.frombuffer(key.bytes, np.uint8).reshape(1, 32))[number % 8, 0].tobytes()
    value = int.from_bytes(turned)
    for bit in random.Random(number).sample(range(256), distance):
        value ^= 1 << bit
    return value.to_bytes(32)


# ------------------------------------------------------------------------------------- parts, each in a process


def import_(count: int, pace: float) -> dict[str, Any]:
    """List the hashes as a pull of another list does."""
    meter = Meter()
    meter.install()
    table = ActSettings.load().hash_table
    listing = BulkListing(_hashes(), HashLog(aws.dynamodb(), table), aws.dynamodb_transactions, pace)
    listed = listing(hashes(count), SOURCE, "adult", "2026-01-01")
    return {"listed": listed, "requests": dict(meter.requests), "read": meter.read_units, "write": meter.write_units}


def publish(bucket: str) -> dict[str, Any]:
    """Publish a snapshot, as the scheduled function does."""
    done = Publish(_log(), Snapshots(aws.s3(), bucket))()
    return {"hashes": done.hashes, "published": done.published}


def cold(bucket: str) -> int:
    """Load the list as a cold start does."""
    return len(_reader(bucket)())


def match(bucket: str, count: int) -> dict[str, Any]:
    """Find planted near-duplicates, each in one of the 8 forms, and none that is a bit too far."""
    found = _reader(bucket)()
    step = count // PLANTED
    planted = list(itertools.islice(hashes(count), 0, None, step))[:PLANTED]
    hit = sum(_hits(found, near(key, n, n % 32), key) for n, key in enumerate(planted))
    beyond = sum(_hits(found, near(key, n, 32), key) for n, key in enumerate(planted))
    began = time.monotonic()
    for n, key in enumerate(planted[:100]):
        found.search([_whole(near(key, n, 40))], Distances())
    took = (time.monotonic() - began) / 100
    return {"found": hit, "too far": beyond, "of": len(planted), "milliseconds": took * 1000}


def record(count: int) -> int:
    """Record uploads as scans do, every tenth near a listed hash."""
    act = ActSettings.load()
    conclude = judging.conclude(act)
    index = judging.sweep(act).index
    step = count // UPLOADS
    draw = random.Random(21)
    for n, key in enumerate(itertools.islice(hashes(count), 0, UPLOADS * step, step)):
        digests = Digests(draw.randbytes(32), draw.randbytes(16), 1000)
        hashed = [_whole(near(key, n, n % 32) if n % 10 == 0 else draw.randbytes(32))]
        upload = Upload("uploads", f"{n}.jpg", f"v{n}", "0" * 32, 1000)
        conclude.uploads.write(upload, digests, {}, hashed)
        index.add(upload, digests, hashed)
    return UPLOADS


def reconcile() -> dict[str, Any]:
    """Sweep what is unswept: all of it, by one reading of the records."""
    settings = ActSettings.load()
    meter = Meter()
    meter.install()
    done = Reconcile(_log(), judging.sweep(settings), aws.dynamodb(), settings.hash_table)(lambda: True, -1000)
    return {"swept": done.swept, "left": done.left, "acted": done.acted, "requests": dict(meter.requests)}


# ------------------------------------------------------------------------------------------------ what they use


@cache
def _log() -> HashLog:
    return HashLog(aws.dynamodb(), ActSettings.load().hash_table)


def _hashes() -> HashTable:
    return HashTable(aws.dynamodb(), ActSettings.load().hash_table)


def _reader(bucket: str) -> ListReader:
    return ListReader(Snapshots(aws.s3(), bucket), _log(), _hashes())


def _whole(pdq: bytes) -> PerceptualHash:
    return PerceptualHash(pdq, 90, Variant.WHOLE, 0, None)


def _hits(listed: HashList, pdq: bytes, key: HashKey) -> bool:
    return any(hit.key == key for hit in listed.search([_whole(pdq)], Distances(31, 0, 0)))


# -------------------------------------------------------------------------------------------------- the whole of it


@dataclass
class Watch:
    """A scan function that is warm while the import runs: what each upload pays to read the list's tail."""

    stop: threading.Event
    samples: list[tuple[float, float]]  # read units, milliseconds

    def __call__(self, bucket: str) -> None:
        """Ask for the list every few seconds, as batches of uploads do."""
        meter, reader = Meter(), _reader(bucket)
        reader()
        meter.install()
        while not self.stop.wait(5):
            meter.reset()
            began = time.monotonic()
            reader()
            self.samples.append((meter.read_units, (time.monotonic() - began) * 1000))


class Parts(dict[str, Any]):
    """What was measured, told as it comes: a later part may fail."""

    def __setitem__(self, name: str, value: Any) -> None:
        print(f"{name}: {value}", file=sys.stderr, flush=True)
        super().__setitem__(name, value)


def measure(count: int, pace: float) -> dict[str, Any]:
    """Do all parts in turn, publishing on schedule during the import; return what each took."""
    runs = Parts()
    with stores() as environment:
        bucket, other = environment["LIST_BUCKET"], environment["QUARANTINE_BUCKET"]
        watch = Watch(threading.Event(), [])
        importing = threading.Thread(
            target=lambda: runs.__setitem__("import_", alone(environment, import_, count, pace))
        )
        watching = threading.Thread(target=watch, args=(bucket,))
        importing.start()
        watching.start()
        runs["publish on schedule"] = []
        following = time.monotonic() + EVERY
        while importing.is_alive():
            importing.join(max(0.1, following - time.monotonic()))
            if importing.is_alive():
                runs["publish on schedule"].append(alone(environment, publish, bucket))
                following += EVERY
        watch.stop.set()
        watching.join()
        runs["tail"] = watch.samples
        runs["publish the rest"] = alone(environment, publish, bucket)
        runs["publish all at once"] = alone(environment, publish, other)
        runs["cold start"] = alone(environment, cold, bucket)
        runs["match"] = alone(environment, match, bucket, count)
        runs["record"] = alone(environment, record, count)
        runs["reconcile"] = alone(environment, reconcile)
        if count <= SCANNED:
            empty = "no-snapshots"
            aws.s3().create_bucket(Bucket=empty)
            runs["cold start from the table"] = alone(environment, cold, empty)
    return runs


def check(runs: dict[str, Any], count: int) -> None:
    """Raise AssertionError if a part did not do what it is for."""
    assert runs["import_"].result["listed"] == count
    assert runs["publish all at once"].result == {"hashes": count, "published": True}
    assert runs["cold start"].result == count
    assert count > SCANNED or runs["cold start from the table"].result == count
    found = runs["match"].result
    assert (found["found"], found["too far"]) == (found["of"], 0), found
    swept = runs["reconcile"].result
    assert (swept["left"], swept["acted"]) == (0, UPLOADS // 10), swept


def main() -> None:
    """Measure, check, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hashes", type=int, default=1_000_000)
    parser.add_argument("--pace", type=float, default=TRANSACTIONS_A_SECOND, help="transactions a second")
    parser.add_argument("--note", default="", help="what else there is to say of the machine")
    parser.add_argument("--write", action="store_true", help="write the page of docs/")
    arguments = parser.parse_args()
    runs = measure(arguments.hashes, arguments.pace)
    text = page(runs, arguments.hashes, arguments.pace, arguments.note)
    print(text)
    check(runs, arguments.hashes)
    if arguments.write:
        DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
