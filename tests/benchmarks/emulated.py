"""The template's tables and buckets in an emulator, and parts of a benchmark on them, each in its own process."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3

from tests.local import emulator
from tests.support.template import create_buckets, create_tables
from unspread import aws


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """Make the tables and buckets; yield the environment of a function that uses them."""
    with emulator.running() as running, patch.dict(os.environ, running.environment(), clear=True):
        for client in (aws.dynamodb, aws.dynamodb_transactions, aws.s3, aws.secrets):
            client.cache_clear()  # those of an emulator before
        boto3.DEFAULT_SESSION = None
        dynamodb = boto3.client("dynamodb")
        tables, buckets = create_tables(dynamodb), create_buckets(boto3.client("s3"))
        # Nobody follows the stream here, and the emulator would keep a copy of every item for it.
        dynamodb.update_table(TableName=tables["HashTable"], StreamSpecification={"StreamEnabled": False})
        environment = running.environment() | {
            "HASH_TABLE": tables["HashTable"],
            "UPLOAD_TABLE": tables["UploadTable"],
            "CASE_TABLE": tables["CaseTable"],
            "UPLOAD_BUCKET": buckets["UploadBucket"],
            "LIST_BUCKET": buckets["ListBucket"],
            "QUARANTINE_BUCKET": buckets["QuarantineBucket"],
            "SCAN_QUEUE_URL": "https://queue.invalid",
            "MATCH_ACTION": "observe",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }
        os.environ.update(environment)
        yield environment


@dataclass(frozen=True)
class Run:
    """What a part did in a process of its own: its result, seconds, and MB of memory beyond what its imports took."""

    result: Any
    seconds: float
    megabytes: float


def alone[**P](environment: dict[str, str], part: Callable[P, Any], *arguments: P.args, **named: P.kwargs) -> Run:
    """Run a part in a process of its own, and measure it. An error in it is raised here."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (environment, part, arguments, named))


def _measured(environment: dict[str, str], part: Callable[..., Any], arguments: Any, named: Any) -> Run:
    os.environ.update(environment)
    before, began = _peak(), time.monotonic()
    result = part(*arguments, **named)
    return Run(result, time.monotonic() - began, _peak() - before)


def _peak() -> float:
    """Return the largest memory of this process so far, in MB. (What getrusage tells begins with the parent's.)"""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
