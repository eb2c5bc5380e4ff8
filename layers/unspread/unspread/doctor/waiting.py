"""What waits in a stack: dead letters, queues, listings, reviews, the snapshot, imports; and alarms that ring."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from unspread import aws
from unspread.assembly import gauging
from unspread.clock import HOURS
from unspread.doctor.deployed import Deployed, Finding, Health, ok, wrong
from unspread.settings import GaugeSettings

_QUEUES = {"ScanQueueUrl": 15, "ForgetQueueUrl": 60, "BackfillQueueUrl": 24 * 60}
"""Minutes for which a message may wait in each queue."""

_UNSWEPT, _BEHIND = 1.0, 8.0
"""Hours after which a listing should have been swept, and a change be in the snapshot."""


def dead_letters(stack: Deployed) -> Iterator[Finding]:
    """Look whether the dead-letter queues are empty."""
    found = {
        output: url
        for output, url in stack.outputs.items()
        if output.endswith(("DeadLetterQueueUrl", "FailureQueueUrl"))
    }
    full = False
    for output, url in found.items():
        told = aws.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        if waiting := int(told["Attributes"]["ApproximateNumberOfMessages"]):
            full = True
            do = f"See docs/runbook.md, then: unspread redrive --stack {stack.name}"
            yield wrong("dead letters", f"{waiting} in {output.removesuffix('Url')}", do)
    if not full:
        yield ok("dead letters", f"none in {len(found)} queues")


def queues(stack: Deployed) -> Iterator[Finding]:
    """Look how long the oldest message of each queue has waited, as CloudWatch tells of the last quarter of an hour."""
    now = datetime.now(UTC)
    for output, minutes in _QUEUES.items():
        if output not in stack.outputs:
            continue
        name = stack.outputs[output].rpartition("/")[2]
        told = aws.cloudwatch().get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": name}],
            StartTime=now - timedelta(minutes=15),
            EndTime=now,
            Period=300,
            Statistics=["Maximum"],
        )["Datapoints"]
        queue = output.removesuffix("Url")
        if not told:
            yield Finding("queues", Health.SKIPPED, f"CloudWatch tells nothing of {queue}")
            continue
        oldest = max(point["Maximum"] for point in told) / 60
        said = f"the oldest message of {queue} has waited {oldest:.0f} minutes"
        if oldest > minutes:
            yield wrong("queues", said, "See ScanQueueAgeAlarm and ForgetQueueAgeAlarm in docs/runbook.md.")
        else:
            yield ok("queues", said)


def waits(stack: Deployed) -> Iterator[Finding]:
    """Measure what waits, as the gauge does."""
    names = {
        "hash_table": "HashTableName",
        "upload_table": "UploadTableName",
        "pull_table": "PullTableName",
        "list_bucket": "ListBucketName",
    }
    found = gauging.gauge(GaugeSettings(**{field: stack.outputs[output] for field, output in names.items()}))()
    limit = float(stack.parameters.get("ImportAlarmHours") or 24)
    clock = float(stack.parameters.get("ClockAlarmHours") or 36)
    reviews = f"{found.matches} matches and {found.suspects} suspects, the oldest {found.review_hours:.1f} h"
    for check, said, hours, most, do in (
        (
            "listings",
            f"{found.unswept} unswept, the oldest {found.unswept_hours:.1f} h",
            found.unswept_hours,
            _UNSWEPT,
            "See ReconcileErrorAlarm in docs/runbook.md.",
        ),
        ("reviews", reviews, found.review_hours, clock, f"Decide them: {HOURS} hours are soon over."),
        (
            "snapshot",
            f"{found.snapshot_hours:.1f} h behind the log",
            found.snapshot_hours,
            _BEHIND,
            "See SnapshotStaleAlarm in docs/runbook.md.",
        ),
        (
            "imports",
            f"the stalest was read {found.stalest_import:.1f} h ago",
            found.stalest_import,
            limit,
            f"unspread lists list --stack {stack.name} tells why.",
        ),
    ):
        yield wrong(check, said, do) if hours > most else ok(check, said)


def alarms(stack: Deployed) -> Iterator[Finding]:
    """Look which alarms ring."""
    named = {alarm.id: alarm.name for alarm in stack.of("AWS::CloudWatch::Alarm")}
    names = list(named)
    ringing: list[str] = []
    for start in range(0, len(names), 100):
        told = aws.cloudwatch().describe_alarms(
            AlarmNames=names[start : start + 100], StateValue="ALARM", MaxRecords=100
        )
        ringing += [named[each["AlarmName"]] for each in told["MetricAlarms"]]
    for name in sorted(ringing):
        yield wrong("alarms", f"{name} rings", f"See {name} in docs/runbook.md.")
    if not ringing:
        yield ok("alarms", f"none of {len(names)} rings")
