"""Every alarm is made to fire and to clear, by what functions really emit and by what AWS documents.

No emulator evaluates alarms, or makes metrics of log lines: `tests.support.alarms` evaluates those of the expanded
template. Where an alarm looks at metrics of our own, the function is run, and the values are those in its log lines.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.exchange.pull_world import PULL_TABLE, a_puller
from tests.exchange.world import TABLE, ExchangeWorld
from tests.support import alarms
from tests.support.alarms import Metric
from tests.support.functions import Context, sample
from tests.support.metrics import Emitted, emitted
from tests.support.stream import stream
from tests.support.template import ROOT, Json, properties, resources
from tests.support.world import World
from tests.unit.exchange.test_feedback import CASE, PICTURE, say
from unspread import aws, ulid
from unspread.changes import Change, Operation, pack
from unspread.clock import HOURS
from unspread.gauge import Gauge
from unspread.hash_key import HashKey, Kind
from unspread.pull.pulled_list import ListKind, PulledList
from unspread.runs import Runs
from unspread.stores import run_table
from unspread.stores.executions import Executions
from unspread.stores.pull_table import PullTable
from unspread.stores.run_table import RunTable
from unspread.submission import SubmittedItem

pytestmark = pytest.mark.usefixtures("direct_bands")

NOW = 1_795_400_000
HOUR = 3600
ALARMS = sorted(resources("AWS::CloudWatch::Alarm"))
OURS = "Unspread"

DOCUMENTED = {
    "AWS/SQS": ({"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}, {"QueueName"}),
    "AWS/Lambda": ({"Errors", "Invocations", "Duration", "IteratorAge"}, {"FunctionName"}),
    "AWS/Events": ({"TriggeredRules"}, {"RuleName"}),
    "AWS/ApiGateway": ({"Count", "4XXError", "5XXError"}, {"ApiName", "Stage"}),
    "AWS/DynamoDB": ({"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}, {"TableName"}),
    "AWS/States": ({"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}, {"StateMachineArn"}),
}
"""AWS's own metrics that are used, with their dimensions, as the services' user guides name them."""

type Values = dict[Metric, list[list[float]]]
type Scene = Callable[["Stage"], tuple[list[Emitted], list[Emitted]]]


class Stage:
    """A world in which functions are run for what they emit."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.capsys = capsys
        self.patch = patch

    def run(self, service: str, act: Callable[[], object]) -> list[Emitted]:
        return emitted(self.capsys, service, act)

    def gauge(self, now: float = NOW) -> list[Emitted]:
        self.patch.setenv("PULL_TABLE", PULL_TABLE)
        self.patch.setattr("unspread.assembly.gauging.Gauge", partial(Gauge, clock=lambda: now))
        return self.run("gauge", lambda: self.world.function("gauge").handler(sample("gauge"), Context()))

    def scan(self, *messages: Json | str) -> list[Emitted]:
        return self.run("scan", lambda: self.world.deliver(*messages))

    def put(self, *names: str, body: bytes = b"") -> list[Json]:
        return [self.world.put(name, body or name.encode()) for name in names]

    def review(self, hours: float, verdict: str = "suspect", number: int = 1) -> None:
        item = {"pk": "reviews", "sk": f"2026-11-22T12:00:00.000Z#{number:064x}", "verdict": verdict}
        aws.dynamodb().put_item(TableName="UploadTable", Item=item | {"since": int(NOW - hours * HOUR)})

    def decided(self) -> None:
        for number in range(100):
            key = {"pk": "reviews", "sk": f"2026-11-22T12:00:00.000Z#{number:064x}"}
            aws.dynamodb().delete_item(TableName="UploadTable", Key=key)

    def listed(self, hours: float, key: HashKey, *, unswept: bool) -> str:
        name = ulid.at(int((NOW - hours * HOUR) * 1000))
        for pk in ("log", "unswept") if unswept else ("log",):
            item = {"pk": pk, "sk": name, "changes": pack([Change(Operation.ADD, key, 1)])}
            aws.dynamodb().put_item(TableName="HashTable", Item=item)
        return name


@pytest.fixture
def stage(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(world, capsys, monkeypatch)


# ---------------------------------------------------------------------------------------------- our own metrics


def held_in_scan(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    stage.patch.setenv("PREVALENCE_LIMIT", "1")
    stage.world.submit(CASE, _file(b"logo"))
    fires = stage.scan(*stage.put("a", "b", body=b"logo"))
    return fires, stage.scan(*stage.put("c", body=b"logo"))


def held_in_sweep(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    stage.patch.setenv("PREVALENCE_LIMIT", "1")
    stage.world.deliver(*stage.put("a", "b", body=b"logo"))
    stage.world.submit(CASE, _file(b"logo"))
    listing = stream(stage.world)
    sweep = stage.world.function("sweep")
    fires = stage.run("sweep", lambda: sweep.handler(listing, Context()))
    return fires, stage.run("sweep", lambda: sweep.handler(listing, Context()))


def held_in_exchange(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    stage.patch.setenv("EXCHANGE_TABLE", TABLE)
    stage.patch.setenv("DISPUTE_LIMIT", "2")
    stage.world.submit(CASE, PICTURE)
    exchange = ExchangeWorld(stage.world, stage.world.function("exchange"))
    first, second, third = (exchange.participant(name) for name in ("one", "two", "three"))
    stage.run("exchange", lambda: say(exchange, first, "NotBlocked"))
    fires = stage.run("exchange", lambda: say(exchange, second, "NotBlocked"))
    return fires, stage.run("exchange", lambda: say(exchange, third, "NotBlocked"))


def a_list_fails(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    platform = a_puller("HashTable")
    stage.patch.setenv("PULL_TABLE", PULL_TABLE)
    stage.patch.setenv("PULL_SECRET", platform.secret)
    pull = stage.world.function("pull")
    stage.world.s3.create_bucket(Bucket="files")
    platform.add("s3://files/a.csv", "file", ListKind.FILE)
    fires = stage.run("pull", lambda: pull.handler(sample("pull"), Context()))
    stage.world.s3.put_object(Bucket="files", Key="a.csv", Body=f"kind,hash\npdq,{'ab' * 32}\n".encode())
    return fires, stage.run("pull", lambda: pull.handler(sample("pull"), Context()))


def an_import_is_old(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    table = PullTable(aws.dynamodb(), PULL_TABLE)
    table.add(PulledList("other", ListKind.FILE, "s3://files/a.csv", "adult", added=NOW - 25 * HOUR))
    return stage.gauge(), stage.gauge(NOW - 2 * HOUR)


def a_snapshot_is_old(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    name = stage.listed(9, HashKey(Kind.PDQ, "ab" * 32), unswept=False)
    fires = stage.gauge()
    stage.world.s3.put_object(
        Bucket=stage.world.list_bucket, Key="current.json", Body=json.dumps({"snapshots": [name]}).encode()
    )
    return fires, stage.gauge()


def a_review_waits(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    stage.review(36)
    fires = stage.gauge()
    stage.decided()
    return fires, stage.gauge()


def many_suspects_wait(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    for number in range(51):
        stage.review(1, number=number)
    fires = stage.gauge()
    stage.decided()
    stage.review(1, "match")
    return fires, stage.gauge()


def scans_fail(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    good = stage.put(*(f"{number}.txt" for number in range(18)))
    clears = stage.scan(*good, *stage.put("x", "y"))
    damaged = [stage.world.message(f"gone{number}", "v") for number in range(1)]
    return stage.scan(*damaged, "{", "[]", *stage.put(*(f"more{number}" for number in range(18)))), clears


def nothing_is_scanned(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    return [], stage.scan(*stage.put("a.txt"))


def scans_are_dear(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    received = [each for each in stage.scan(*stage.put("a.txt")) if each.name == "Received"]
    return received * 20_000, received * 20_000


def an_event_is_lost(stage: Stage) -> tuple[list[Emitted], list[Emitted]]:
    (message,) = stage.put("lost")

    def look() -> None:
        unstarted = SimpleNamespace(start_execution=lambda **_: None)
        runs = Runs(RunTable(aws.dynamodb(), "UploadTable"), Executions(cast("Any", unstarted), "arn"))
        run = runs.begin(run_table.Kind.CHECK, stage.world.uploads_bucket, before=4e9)
        event = sample("backfill") | {"kind": run_table.Kind.CHECK, "bucket": run.bucket, "turn": run.turn}
        stage.world.function("backfill").handler(event, Context())

    fires = stage.run("backfill", look)
    stage.world.deliver(message)
    return fires, stage.run("backfill", look)


SCENES: dict[str, Scene] = {
    "LostEventsAlarm": an_event_is_lost,
    "HeldAlarm": held_in_scan,
    "HeldInSweepAlarm": held_in_sweep,
    "HeldInExchangeAlarm": held_in_exchange,
    "ListFailingAlarm": a_list_fails,
    "ImportStaleAlarm": an_import_is_old,
    "SnapshotStaleAlarm": a_snapshot_is_old,
    "ClockAlarm": a_review_waits,
    "SuspectsWaitingAlarm": many_suspects_wait,
    "ScanErrorRateAlarm": scans_fail,
    "NoScansAlarm": nothing_is_scanned,
    "CostAlarm": scans_are_dear,
}
"""What makes each alarm on metrics of our own fire, and clear again."""

BESIDE: dict[str, tuple[dict[str, float], dict[str, float]]] = {
    "NoScansAlarm": ({"TriggeredRules": 1}, {"TriggeredRules": 1}),
    "CostAlarm": (  # for 20,000 uploads: 0.2 s and 45 writes each are usual, ten times as many are not
        {"Duration": 40_000_000, "Invocations": 20_000, "ConsumedWriteCapacityUnits": 9_000_000},
        {"Duration": 4_000_000, "Invocations": 4_000, "ConsumedWriteCapacityUnits": 900_000},
    ),
}
"""What AWS counts in those scenes, when it fires and when it clears."""

LOOKING_AT_OURS = [name for name in ALARMS if any(m.namespace == OURS for m in alarms.metrics(properties(name)))]
LOOKING_AT_AWS = [name for name in ALARMS if name not in LOOKING_AT_OURS]


@pytest.mark.parametrize("name", LOOKING_AT_OURS)
def test_an_alarm_fires_and_clears_by_what_functions_emit(name: str, stage: Stage) -> None:
    alarm = properties(name)
    fires, clears = SCENES[name](stage)
    beside = BESIDE.get(name, ({}, {}))
    assert alarms.state(alarm, _periods(alarm, fires, beside[0])) == "ALARM"
    assert alarms.state(alarm, _periods(alarm, clears, beside[1])) == "OK"
    assert alarms.state(alarm, {}) == "OK", "nothing happens in a new stack"


@pytest.mark.parametrize("name", LOOKING_AT_AWS)
def test_an_alarm_fires_and_clears_by_metrics_of_aws(name: str) -> None:
    alarm = properties(name)
    (metric,) = alarms.metrics(alarm)
    limit = alarms.threshold(alarm)
    below = alarm["ComparisonOperator"].startswith("LessThan")
    bad, good = (limit - 1, limit) if below else (limit + 1, limit)
    periods = int(alarm["EvaluationPeriods"])
    assert alarms.state(alarm, {metric: [[bad]] * periods}) == "ALARM"
    assert alarms.state(alarm, {metric: [[good]] * periods}) == "OK"
    assert alarms.state(alarm, {metric: [[bad]] * periods + [[good]] * periods}) == "OK"
    assert alarms.state(alarm, {}) == ("ALARM" if below else "OK")


def test_every_alarm_on_our_metrics_has_a_scene() -> None:
    assert sorted(SCENES) == LOOKING_AT_OURS


@pytest.mark.parametrize("name", [*ALARMS, "Dashboard"])
def test_metrics_of_aws_are_spelt_as_aws_spells_them(name: str) -> None:
    for metric in _metrics_of(name):
        if metric.namespace != OURS:
            names, dimensions = DOCUMENTED[metric.namespace]
            assert metric.name in names
            assert {dimension for dimension, _ in metric.dimensions} == dimensions


def test_the_dashboard_shows_what_functions_emit(stage: Stage) -> None:
    said = stage.world.put("a.gif", b"GIF89a")
    stage.world.submit(CASE, _file(b"known"))
    seen = stage.scan(said, *stage.put("unsupported.txt"), *stage.put("known", body=b"known"), "{")
    seen += stage.gauge()
    seen += stage.run("publish", lambda: stage.world.function("publish").handler(sample("publish"), Context()))
    stage.world.deliver(*stage.put("early.txt", body=b"early"))
    stage.world.submit("e" * 64, _file(b"early"))
    listing = stream(stage.world)
    seen += stage.run("sweep", lambda: stage.world.function("sweep").handler(listing, Context()))
    known = {Metric(each.namespace, each.name, each.dimensions) for each in seen}
    verdicts = {Metric(OURS, name, frozenset({("service", "scan")})) for name in ("Suspect", "Clean")}
    assert {metric for metric in _metrics_of("Dashboard") if metric.namespace == OURS} <= known | verdicts


def test_the_clock_strikes_before_the_hours_are_over(stage: Stage) -> None:
    alarm = properties("ClockAlarm")
    assert alarms.threshold(alarm) < HOURS
    stage.listed(alarms.threshold(alarm) - 1, HashKey(Kind.SHA256, "ab" * 32), unswept=True)
    assert alarms.state(alarm, _periods(alarm, stage.gauge(), {})) == "OK"
    assert alarms.state(alarm, _periods(alarm, stage.gauge(NOW + HOUR), {})) == "ALARM"


@pytest.mark.parametrize("name", ALARMS)
def test_alarms_tell_when_they_fire_and_when_they_clear(name: str) -> None:
    alarm = properties(name)
    told = [{"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}] * 2
    assert [alarm["AlarmActions"], alarm["OKActions"]] == told
    assert len(alarm["AlarmDescription"]) > 20


@pytest.mark.parametrize("name", ALARMS)
def test_the_runbook_says_what_to_do(name: str) -> None:
    page = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section, f"docs/runbook.md has no section {name}"
    for part in ("**Means**", "**Do**", "**Clears**"):
        assert part in section[1]


def test_a_missing_value_is_missing_but_for_fill() -> None:
    alarm = properties("ScanErrorRateAlarm")
    received, errors, repeated = alarms.metrics(alarm)
    many: dict[Metric, Sequence[Sequence[float]]] = {received: [[20], [20]], repeated: [[3], [3]]}
    assert alarms.state(alarm, many) == "ALARM"
    assert alarms.state(alarm, {**many, repeated: [[2], [2]]}) == "OK"
    assert alarms.state(alarm, {**many, repeated: [[1], [1]], errors: [[2], [2]]}) == "ALARM"
    assert alarms.state(alarm, {**many, received: [[19], [19]]}) == "OK"
    assert alarms.state(alarm, {repeated: [[3], [3]]}) == "OK"


def _file(body: bytes) -> SubmittedItem:
    return SubmittedItem("video", hashlib.sha256(body).hexdigest(), hashlib.md5(body).hexdigest())


def _periods(alarm: Json, emitted_: list[Emitted], counted: dict[str, float]) -> Values:
    """Return a metric's values in as many like periods as the alarm looks at."""
    periods = int(alarm["EvaluationPeriods"])
    values: Values = {}
    for metric in alarms.metrics(alarm):
        found = [
            each.value
            for each in emitted_
            if (each.namespace, each.name, each.dimensions) == (metric.namespace, metric.name, metric.dimensions)
        ]
        if metric.namespace != OURS and metric.name in counted:
            found = [counted[metric.name]]
        values[metric] = [found] * periods
    return values


def _metrics_of(name: str) -> Iterator[Metric]:
    if name != "Dashboard":
        yield from alarms.metrics(properties(name))
        return
    body = json.loads(re.sub(r"\$\{(\w+)Hours\}", "1", properties(name)["DashboardBody"]["Fn::Sub"]))
    for widget in body["widgets"]:
        for namespace, metric, *rest in widget["properties"]["metrics"]:
            named = [each for each in rest if isinstance(each, str)]
            yield Metric(namespace, metric, frozenset(zip(named[::2], named[1::2], strict=True)))
