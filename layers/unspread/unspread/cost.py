"""What a month costs: the requests that the tests count, at list prices."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from unspread import prices

READ_UNITS, WRITE_UNITS = 5, 21
"""Of an upload of one hash, as docs/costs.md counts them."""

HASHES, BANDS = 2.5, 16
"""Hashes of an ordinary photo, and the items of each further one, by which listings find it."""

SUBMISSION_READS, SUBMISSION_WRITES = 75, 164
"""Of a listed picture with its windows, as docs/costs.md counts them."""

SWEEP_READS, SWEEP_WRITES, PROBES = 1669, 2, 1632
"""Of looking for its past uploads, and the look-ups among them, each of which grows with what is stored."""

HASHES_A_UNIT = 1.9e6
"""Stored hashes for each read unit of a look-up."""

QUEUE_REQUESTS = 3
UPLOADS_A_RUN = 5
SECONDS, BYTES_A_SECOND = 0.175, 40e6
"""Of a scan: decoding and hashing, and reading the object."""

GIGABYTES = 1769 / 1024
STORED_BYTES = 2867 + 24 * 144
"""Of an upload of 2.5 hashes in the upload table."""

ALARMED_METRICS, METRICS, SECRETS = 40, 45, 2
"""About as many as the template has, and the functions emit."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the bill: how many of what, and dollars."""

    part: str
    count: float
    dollars: float


def month(uploads: int, megabytes: float, listings: int, stored: int) -> Iterator[Line]:
    """Yield what a month costs, part by part.

    Args:
        uploads: pictures uploaded in the month.
        megabytes: the size of one.
        listings: pictures listed in the month.
        stored: uploads that are stored already, among which listings look.
    """
    a_look_up = max(1, math.ceil(stored * HASHES / HASHES_A_UNIT))
    gigabyte_seconds = uploads * (SECONDS + megabytes * 1e6 / BYTES_A_SECOND) * GIGABYTES
    writes = WRITE_UNITS + (HASHES - 1) * BANDS
    yield _million("S3, reading uploads", uploads, prices.S3_GETS)
    yield _million("EventBridge, events", uploads, prices.EVENTS)
    yield _million("SQS, requests", uploads * QUEUE_REQUESTS, prices.SQS_REQUESTS)
    yield _million("Lambda, runs of scan", uploads / UPLOADS_A_RUN, prices.LAMBDA_REQUESTS)
    yield _million("Lambda, GB-seconds of scan", gigabyte_seconds, prices.LAMBDA_GIGABYTE_SECONDS)
    yield _million("DynamoDB, reads for uploads", uploads * READ_UNITS, prices.DYNAMODB_READS)
    yield _million("DynamoDB, writes for uploads", uploads * writes, prices.DYNAMODB_WRITES)
    yield _million(
        "DynamoDB, reads for listings",
        listings * (SUBMISSION_READS + SWEEP_READS + PROBES * (a_look_up - 1)),
        prices.DYNAMODB_READS,
    )
    yield _million(
        "DynamoDB, writes for listings", listings * (SUBMISSION_WRITES + SWEEP_WRITES), prices.DYNAMODB_WRITES
    )
    gigabytes = (stored + uploads) * STORED_BYTES / 1e9
    yield Line("DynamoDB, GB stored", gigabytes, gigabytes * prices.DYNAMODB_GIGABYTE_MONTHS)
    fixed = ALARMED_METRICS * prices.ALARMED_METRICS + METRICS * prices.METRICS
    yield Line("CloudWatch, alarms, metrics, dashboard", ALARMED_METRICS + METRICS, fixed + prices.DASHBOARDS)
    yield Line("Secrets", SECRETS, SECRETS * prices.SECRETS)


def _million(part: str, count: float, price: float) -> Line:
    return Line(part, count, count * price / 1e6)
