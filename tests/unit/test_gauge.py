"""What waits is measured: open reviews, unswept listings, the snapshot against the log, imports; and the clock."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support import pictures
from tests.support.faults import denied, failing
from tests.support.functions import Context, sample
from tests.support.items import item_of
from tests.support.metrics import Emitted, emitted
from tests.support.stream import stream
from tests.support.world import World
from unspread import aws, clock, ulid
from unspread.changes import Change, Operation, pack
from unspread.gauge import Gauge, Measured
from unspread.hash_key import HashKey, Kind
from unspread.pull.pulled_list import ListKind, PulledList, State
from unspread.stores.hash_log import HashLog
from unspread.stores.pull_table import PullTable
from unspread.stores.queue import FIRST_SENT
from unspread.stores.review_table import ReviewTable
from unspread.telemetry import metrics

pytestmark = pytest.mark.usefixtures("direct_bands")

NOW = 1_795_400_000.0
HOUR = 3600
LISTED = pictures.picture(1, (400, 300))
CASE = "c" * 64
PDQ = HashKey(Kind.PDQ, "ab" * 32)
SHA256 = HashKey(Kind.SHA256, "cd" * 32)
NOTHING = Measured(0, 0, 0, 0, 0, 0, {})


def measured(world: World, now: float = NOW) -> Measured:
    log = HashLog(aws.dynamodb(), "HashTable")
    reviews, pulled = ReviewTable(aws.dynamodb(), "UploadTable"), PullTable(aws.dynamodb(), "PullTable")
    return Gauge(log, reviews, world.snapshots, pulled, lambda: now)()


def append(hours: float, *changes: Change, unswept: bool = False) -> str:
    """Put an entry of so many hours ago into the log."""
    name = ulid.at(int((NOW - hours * HOUR) * 1000))
    for pk in ("log", "unswept") if unswept else ("log",):
        aws.dynamodb().put_item(TableName="HashTable", Item={"pk": pk, "sk": name, "changes": pack(changes)})
    return name


def add(key: HashKey, version: int = 1) -> Change:
    return Change(Operation.ADD, key, version)


def snapshot(world: World, hours: float) -> None:
    """Name a snapshot that was made so many hours ago as the current one."""
    name = ulid.at(int((NOW - hours * HOUR) * 1000))
    body = json.dumps({"snapshots": [name]}).encode()
    world.s3.put_object(Bucket=world.list_bucket, Key="current.json", Body=body)


def test_nothing_waits_in_a_new_stack(world: World) -> None:
    found = measured(world)
    assert found == NOTHING
    assert (found.open_hours, found.stalest_import) == (0, 0)


def test_open_reviews_are_counted_by_verdict_and_the_oldest_tells_the_age(world: World) -> None:
    for number, (verdict, hours) in enumerate([("match", 2), ("suspect", 5), ("suspect", 3)]):
        item = {"pk": "reviews", "sk": f"2026-11-22T12:00:0{number}.000Z#{number:064x}", "verdict": verdict}
        aws.dynamodb().put_item(TableName="UploadTable", Item=item | {"since": int(NOW - hours * HOUR)})
    found = measured(world)
    assert (found.matches, found.suspects, found.review_hours, found.open_hours) == (1, 2, 5, 5)


def test_listings_wait_until_they_are_swept(world: World) -> None:
    append(3, add(PDQ), unswept=True)
    append(7, add(SHA256), unswept=True)
    found = measured(world)
    assert (found.unswept, found.unswept_hours, found.open_hours) == (2, 7, 7)


def test_a_snapshot_is_behind_by_the_oldest_change_that_it_lacks(world: World) -> None:
    append(20, add(PDQ))
    assert measured(world).snapshot_hours == 20, "there is none at all"
    snapshot(world, 10)
    assert measured(world).snapshot_hours == 0, "it is old, and lacks nothing"
    append(4, add(PDQ, 3))
    append(2, add(PDQ, 4))
    assert measured(world).snapshot_hours == 4


def test_what_no_snapshot_holds_makes_none_stale(world: World) -> None:
    snapshot(world, 10)
    append(5, add(SHA256))
    append(4, Change(Operation.NOTE, PDQ, 2))
    assert measured(world).snapshot_hours == 0


def test_an_entry_that_sweep_repeated_makes_no_snapshot_stale(world: World) -> None:
    append(10.1, add(PDQ))
    snapshot(world, 10)
    append(9.8, add(PDQ))
    assert measured(world).snapshot_hours == 0


def test_what_is_appended_while_a_snapshot_is_made_may_be_in_it(world: World) -> None:
    snapshot(world, 10)
    append(9.9, add(PDQ))
    assert measured(world).snapshot_hours == 0


def test_imports_age_from_their_last_full_reading_or_from_when_they_were_added(world: World) -> None:
    table = PullTable(aws.dynamodb(), "PullTable", clock=lambda: NOW)
    for name in ("never", "read", "disabled", "removed", "unknown"):
        table.add(PulledList(name, ListKind.FILE, "s3://files/a.csv", "adult", added=int(NOW - 30 * HOUR)))
    table.switch("disabled", "enabled", on=False)
    table.switch("removed", "removing", on=True)
    aws.dynamodb().update_item(
        TableName="PullTable", Key={"pk": "lists", "sk": "unknown"}, UpdateExpression="REMOVE added"
    )
    leased = table.lease("read", 60)
    assert leased is not None
    table.save("read", State(succeeded=int(NOW - 2 * HOUR)), leased[1])
    found = measured(world)
    assert found.import_hours == {"never": 30, "read": 2}
    assert found.stalest_import == 30


def test_the_function_emits_what_it_measured_and_each_list_under_its_name(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULL_TABLE", "PullTable")
    PullTable(aws.dynamodb(), "PullTable").add(PulledList("other", ListKind.FILE, "s3://files/a.csv", "adult", added=1))
    function = world.function("gauge")
    seen = emitted(capsys, "gauge", lambda: function.handler(sample("gauge"), Context()))
    assert {each.name for each in seen if ("service", "gauge") in each.dimensions} >= {
        "MatchesWaiting",
        "SuspectsWaiting",
        "ListingsUnswept",
        "OldestOpenHours",
        "OldestReviewHours",
        "OldestUnsweptHours",
        "SnapshotBehindHours",
        "OldestImportHours",
    }
    (age,) = (each for each in seen if each.name == "ImportAgeHours")
    assert ("list", "other") in age.dimensions
    assert age.value > 400_000


def test_a_gauge_that_cannot_look_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULL_TABLE", "PullTable")
    function = world.function("gauge")
    with (
        failing(lambda _at, operation: operation == "Query", denied),
        pytest.warns(UserWarning, match="No application metrics"),
        pytest.raises(ClientError, match="AccessDenied"),
    ):
        function.handler(sample("gauge"), Context())


# ---------------------------------------------------------------------------------------------------- the clock


def test_the_clock_never_runs_backwards() -> None:
    assert clock.seconds_since(NOW + 5, NOW) == 0
    assert clock.hours_since(NOW - 2 * HOUR, NOW) == 2
    assert clock.hours_left(NOW - 47 * HOUR, NOW) == 1
    assert clock.hours_left(NOW - 49 * HOUR, NOW) == -1


def removals(seen: list[Emitted]) -> list[float]:
    return [each.value for each in seen if each.name == clock.Clock.LISTING_TO_REMOVAL]


def test_a_removal_is_timed_from_the_upload(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    monkeypatch.setattr("unspread.telemetry.time.time", lambda: 1_700_000_100.0)
    match, other = world.put("a.jpg", pictures.jpeg(LISTED)), world.put("b.txt", b"text")
    assert removals(emitted(capsys, "scan", lambda: world.deliver(match, other))) == [100]
    assert removals(emitted(capsys, "scan", lambda: world.deliver(match))) == [], "it is known"


def test_a_removal_is_timed_from_the_first_sending_of_a_message_that_was_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.submit(CASE, item_of(pictures.png(LISTED)))
    monkeypatch.setattr("unspread.telemetry.time.time", lambda: 1_700_000_100.0)
    event = sample("scan")
    event["Records"][0]["body"] = json.dumps(world.put("a.jpg", pictures.jpeg(LISTED)))
    sent = {FIRST_SENT: {"stringValue": "1699999900000", "dataType": "Number"}}
    event["Records"][0]["messageAttributes"] = sent
    scan = world.function("scan")
    assert removals(emitted(capsys, "scan", lambda: scan.handler(event, Context()))) == [200]


def test_nothing_is_removed_and_nothing_timed_when_matches_are_only_observed(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MATCH_ACTION", "observe")
    world.submit(CASE, item_of(pictures.png(LISTED)))
    message = world.put("a.jpg", pictures.jpeg(LISTED))
    assert removals(emitted(capsys, "scan", lambda: world.deliver(message))) == []


def test_the_removal_of_a_past_upload_is_timed_from_the_listing(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.deliver(world.put("a.jpg", pictures.jpeg(LISTED)))
    world.submit(CASE, item_of(pictures.png(LISTED)))
    (entry,) = world.log.read_from(ulid.START)[0]
    monkeypatch.setattr("unspread.telemetry.time.time", lambda: ulid.time_of(entry.ulid) / 1000 + 50)
    sweep, event = world.function("sweep"), stream(world)
    assert removals(emitted(capsys, "sweep", lambda: sweep.handler(event, Context()))) == [pytest.approx(50)]
    assert removals(emitted(capsys, "sweep", lambda: sweep.handler(event, Context()))) == []


def test_the_removal_of_a_past_upload_that_all_records_were_read_for_is_timed_too(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.deliver(world.put("a.jpg", pictures.jpeg(LISTED)))
    world.submit(CASE, item_of(pictures.png(LISTED)))
    (entry,) = world.log.read_from(ulid.START)[0]
    monkeypatch.setattr("unspread.telemetry.time.time", lambda: ulid.time_of(entry.ulid) / 1000 + 900)
    monkeypatch.setattr("unspread.reconcile.probing_is_cheaper", lambda *_: False)

    def reconcile() -> None:
        world.reconcile()
        metrics.flush_metrics()

    seen = emitted(capsys, "sweep", reconcile)
    assert removals(seen) == [pytest.approx(900)]
