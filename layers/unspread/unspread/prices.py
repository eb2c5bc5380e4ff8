"""The one place for prices: dollars on demand in us-east-1, November 2026, as AWS lists them. Check yours."""

DYNAMODB_READS = 0.125
"""For a million read units."""
DYNAMODB_WRITES = 0.625
"""For a million write units."""
S3_GETS = 0.40
"""For a million GetObject or HeadObject requests."""
S3_LISTS = 5.00
"""For a million LIST, PUT, COPY or tagging requests."""
SQS_REQUESTS = 0.40
"""For a million requests of a queue."""
EVENTS = 1.00
"""For a million events of S3's on the event bus."""
LAMBDA_REQUESTS = 0.20
"""For a million invocations."""
LAMBDA_GIGABYTE_SECONDS = 13.3334
"""For a million GB-seconds on arm64."""
DYNAMODB_GIGABYTE_MONTHS = 0.25
"""For one, beyond the first 25."""
ALARMED_METRICS, METRICS, DASHBOARDS = 0.10, 0.30, 3.00
"""For one and a month: metrics that alarms look at, metrics of our own, dashboards."""
SECRETS = 0.40
"""For one and a month."""
STATE_TRANSITIONS = 25.00
"""For a million transitions of a standard state machine."""

# What one picture takes, counted in docs/costs.md and README.md.
_READ_UNITS, _WRITE_UNITS = 5, 45  # with 2.5 hashes, which an ordinary photo has
_QUEUE_REQUESTS = 3
_SECONDS, _BYTES_A_SECOND = 0.175, 40e6
_GIGABYTES = 1769 / 1024
_LISTED_AT_ONCE = 1000
_READ_UNITS_TO_SKIP = 1


def backfill(objects: int, size: int, known: int = 0) -> float:
    """Estimate, in dollars, what scanning objects that are stored already costs.

    Args:
        objects: how many versions are scanned.
        size: their bytes, all together.
        known: how many more are only listed, for they were scanned before.
    """
    each = (
        _READ_UNITS * DYNAMODB_READS
        + _WRITE_UNITS * DYNAMODB_WRITES
        + S3_GETS
        + _QUEUE_REQUESTS * SQS_REQUESTS
        + LAMBDA_REQUESTS
    )
    seconds = objects * _SECONDS + size / _BYTES_A_SECOND
    listing = 2 * (objects + known) * (S3_LISTS / _LISTED_AT_ONCE + _READ_UNITS_TO_SKIP * DYNAMODB_READS)
    return (objects * each + seconds * _GIGABYTES * LAMBDA_GIGABYTE_SECONDS + listing) / 1e6
