"""A list of a million records, pulled over HTTP, and a shorter one, read anew with some gone: time and memory of each.

`python -m tests.benchmarks.pulling` does it. The list is a small server on this machine, the tables are an emulator's,
so times of requests are its own; memory, counts and pace are real.
"""

import argparse
import json
import random
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any

import boto3

from tests.benchmarks.emulated import Run, alone, stores
from tests.exchange.pull_world import KEYS, PULL_TABLE, Asked, Reply, site
from unspread import aws, ulid
from unspread.assembly import pulling
from unspread.bulk import HASHES_A_TRANSACTION, TRANSACTIONS_A_SECOND
from unspread.changes import Operation
from unspread.hash_key import HashKey
from unspread.pull.pulled_list import ListKind, PulledList
from unspread.pull.service import Pull
from unspread.settings import PullSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.list_secret import ListSecret
from unspread.stores.pull_table import PullTable

NAME = "million"
GONE = 100
"""Of so many records the second reading lacks one."""

TIME = 1_700_000_000
A_RUN = 840.0
"""Seconds of a run: the function's fifteen minutes, less one."""


class List:
    """A list in StopNCII's shape, made as it is asked for."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.gone = False

    def __call__(self, asked: Asked) -> Reply:
        """Answer FetchHashes: the token is the position."""
        start, size = int(asked.query.get("nextPageToken", "0")), int(asked.query["pageSize"])
        end = min(start + size, self.count)
        document = {
            "count": end - start,
            "nextSetTimestamp": TIME,
            "nextPageToken": str(end) if end < self.count else None,
            "hasMoreRecords": end < self.count,
            "hashRecords": list(self._records(start, end)),
        }
        return Reply(body=json.dumps(document).encode())

    def _records(self, start: int, end: int) -> Iterator[dict[str, Any]]:
        for n in range(start, end):
            if not (self.gone and n % GONE == 0):
                value = random.Random(n).randbytes(32).hex()
                record = {"lastModtimestamp": TIME, "signalType": "ImagePDQ", "hashValue": value}
                yield record | {"hashStatus": "Active", "caseNumbers": {}, "CSPFeedbacks": []}


def pull(settings: dict[str, str]) -> dict[str, int]:
    """Pull in runs like the function's, until the list was read to its end."""
    puller = pulling.pull(PullSettings.model_validate(settings))
    runs = 0
    while True:
        runs += 1
        outcome = _run(puller)
        if outcome != "unfinished":
            return {"runs": runs, "complete": int(outcome == "complete")}


def _run(puller: Pull) -> str:
    began = puller.clock()
    return puller(lambda: A_RUN - (puller.clock() - began))[NAME].value


def listed(settings: dict[str, str]) -> int:
    """Count the hashes that are listed, by the log: the emulator sorts a million items for each page of the table."""
    there: set[HashKey] = set()
    for entry in HashLog(aws.dynamodb(), settings["hash_table"]).since(ulid.START):
        for change in entry.changes:
            if change.operation is not Operation.NOTE:
                (there.add if change.operation is Operation.ADD else there.discard)(change.key)
    return len(there)


def measure(count: int) -> Generator[tuple[str, Run, int]]:
    """Pull, and read anew; yield what each took, and how many hashes were listed then."""
    made = List(count)
    with stores() as environment, site(made) as served:
        secret = boto3.client("secretsmanager").create_secret(Name="lists", SecretString="{}")["ARN"]
        settings = {"hash_table": environment["HASH_TABLE"], "pull_table": PULL_TABLE, "pull_secret": secret}
        ListSecret(aws.secrets(), secret).put(NAME, KEYS)
        table = PullTable(aws.dynamodb(), PULL_TABLE)
        table.add(PulledList(NAME, ListKind.STOPNCII, served.url, "adult"))
        yield "pulled", alone(environment, pull, settings), alone(environment, listed, settings).result
        made.gone = True
        table.switch(NAME, "resync", on=True)
        yield "read anew", alone(environment, pull, settings), alone(environment, listed, settings).result


def main() -> None:
    """Measure, print, and check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--anew", type=int, default=20_000, help="of the list that is read anew")
    options = parser.parse_args()
    least = options.records / HASHES_A_TRANSACTION / TRANSACTIONS_A_SECOND
    print(f"{options.records:,} records; the pace alone takes {least:,.0f} s", flush=True)
    with closing(measure(options.records)) as long:
        told(next(long), options.records)
    print(f"{options.anew:,} records", flush=True)
    for measured, left in zip(measure(options.anew), (options.anew, left_of(options.anew)), strict=True):
        told(measured, left)


def left_of(count: int) -> int:
    """Return how many records the second reading has."""
    return count - len(range(0, count, GONE))


def told(measured: tuple[str, Run, int], wanted: int) -> None:
    """Print what was measured, and check it."""
    name, run, there = measured
    took = f"{run.seconds:,.0f} s in {run.result['runs']} runs, {run.megabytes:.0f} MB"
    print(f"{name}: {took}, {there:,} listed", flush=True)
    assert run.result["complete"], run
    assert there == wanted, (there, wanted)


if __name__ == "__main__":
    main()
