"""An existing bucket is watched: its own notifications stay, and nothing is believed before an event arrived."""

import copy
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.world import World
from unspread import aws, prices
from unspread.canary import Canary, SilentError
from unspread.cli import main
from unspread.cli import watch as command
from unspread.cli.backfill import _line
from unspread.runs import STALE
from unspread.scan_filter import CANARIES
from unspread.stores.notifications import ContendedError, Notifications, Switched
from unspread.stores.run_table import Kind, Run, RunTable, State
from unspread.upload import Upload
from unspread.verdict import Judgement, Verdict

type Configuration = dict[str, Any]

THEIRS: Configuration = {
    "QueueConfigurations": [
        {"Id": "theirs", "QueueArn": "arn:q", "Events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]}
    ],
    "TopicConfigurations": [{"Id": "topic", "TopicArn": "arn:t", "Events": ["s3:ObjectRemoved:*"]}],
}
ON: Configuration = {"EventBridgeConfiguration": {}}


@dataclass
class Notified:
    """A bucket's notifications as S3 keeps them: all replaced at once, and given back in another order."""

    now: Configuration
    writes: list[Configuration] = field(default_factory=list)
    after_write: list[Callable[[Configuration], Configuration]] = field(default_factory=list)

    def get_bucket_notification_configuration(self, **_: str) -> Configuration:
        found = copy.deepcopy(self.now)
        for entries in found.values():
            for entry in entries:
                entry["Events"] = entry["Events"][::-1]
        return found | {"ResponseMetadata": {}}

    def put_bucket_notification_configuration(
        self,
        NotificationConfiguration: Configuration,  # noqa: N803
        SkipDestinationValidation: bool,  # noqa: N803
        **_: str,
    ) -> None:
        assert SkipDestinationValidation, "S3 would send a test message to each of the others' destinations"
        self.now = copy.deepcopy(NotificationConfiguration)
        self.writes.append(self.now)
        if self.after_write:
            self.now = self.after_write.pop(0)(self.now)


def notifications(client: Notified) -> Notifications:
    return Notifications(client)  # type: ignore[arg-type]


def entries(configuration: Configuration) -> set[str]:
    return {entry["Id"] for listed in configuration.values() if listed for entry in listed}


@pytest.mark.parametrize("theirs", [{}, THEIRS], ids=["none", "some"])
def test_events_are_switched_on_and_off_and_the_others_stay(theirs: Configuration) -> None:
    bucket = Notified(copy.deepcopy(theirs))
    assert notifications(bucket).switch("b", on=True) == Switched(changed=True)
    assert notifications(bucket).on("b")
    assert entries(bucket.now) == entries(theirs)
    assert notifications(bucket).switch("b", on=False) == Switched(changed=True)
    assert not notifications(bucket).on("b")
    assert entries(bucket.now) == entries(theirs)


@pytest.mark.parametrize("on", [True, False])
def test_nothing_is_written_when_they_are_as_wanted_already(on: bool) -> None:
    bucket = Notified({**THEIRS, **(ON if on else {})})
    assert notifications(bucket).switch("b", on=on) == Switched(changed=False)
    assert bucket.writes == []


def test_a_change_that_overwrote_ours_is_noticed_and_kept() -> None:
    added = {"Id": "new", "LambdaFunctionArn": "arn:l", "Events": ["s3:ObjectCreated:*"]}
    bucket = Notified(copy.deepcopy(THEIRS))
    bucket.after_write = [lambda _: {**copy.deepcopy(THEIRS), "LambdaFunctionConfigurations": [added]}]
    assert notifications(bucket).switch("b", on=True).changed
    assert notifications(bucket).on("b")
    assert entries(bucket.now) == {"theirs", "topic", "new"}


def test_what_others_lost_meanwhile_is_put_back_and_told() -> None:
    bucket = Notified(copy.deepcopy(THEIRS))
    bucket.after_write = [lambda now: {**now, "TopicConfigurations": []}]
    assert notifications(bucket).switch("b", on=True) == Switched(changed=True, put_back=("topic",))
    assert entries(bucket.now) == {"theirs", "topic"}


def test_it_gives_up_where_others_never_rest() -> None:
    bucket = Notified(copy.deepcopy(THEIRS))
    bucket.after_write = [lambda _: copy.deepcopy(THEIRS)] * 99
    with pytest.raises(ContendedError):
        notifications(bucket).switch("b", on=True)


# ------------------------------------------------------------------------------------------------- canaries


@dataclass
class Time:
    """A clock that goes on when somebody waits."""

    now: float = 100.0
    at: dict[float, Callable[[], None]] = field(default_factory=dict)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for moment in sorted(moment for moment in self.at if moment <= self.now):
            self.at.pop(moment)()


def canaries(world: World) -> list[dict[str, Any]]:
    listed = world.s3.list_object_versions(Bucket=world.uploads_bucket, Prefix=CANARIES)
    return [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]  # type: ignore[list-item]


def scan_canary(world: World, number: int) -> None:
    item = sorted(canaries(world), key=lambda item: item["Key"])[number]
    world.uploads.write(Upload(world.uploads_bucket, item["Key"], item["VersionId"], "", 1), None, {}, ())


def test_a_canary_whose_event_arrives_tells_since_when(world: World) -> None:
    time = Time()
    time.at[105] = lambda: scan_canary(world, 0)
    begun = datetime.now(UTC).timestamp()
    moment = Canary(world.s3, world.uploads, lambda: time.now, time.wait)(world.uploads_bucket, 60)
    assert begun + 3 <= moment <= datetime.now(UTC).timestamp() + 6
    assert canaries(world) == []


def test_more_canaries_follow_for_the_first_events_never_come(world: World) -> None:
    time = Time()
    time.at[170] = lambda: scan_canary(world, -1)
    Canary(world.s3, world.uploads, lambda: time.now, time.wait)(world.uploads_bucket, 200)
    assert time.now == 170
    assert canaries(world) == []


def test_silence_is_told_and_no_canary_left(world: World) -> None:
    time = Time()
    with pytest.raises(SilentError):
        Canary(world.s3, world.uploads, lambda: time.now, time.wait)(world.uploads_bucket, 60)
    assert canaries(world) == []


# ------------------------------------------------------------------------------------------------- commands


class Stacks:
    """CloudFormation, of one stack."""

    def __init__(self, world: World, **parameters: str) -> None:
        self.outputs = {
            "UploadBucketName": world.uploads_bucket,
            "UploadTableName": "UploadTable",
            "BackfillStateMachineArn": "arn",
            "BackfillQueueUrl": world.backfill_queue,
            "ExistingBucketNames": "pictures,second",
        }
        self.parameters = {"ScanPrefixes": "", "ScanSuffixes": "", "ScanMinBytes": "0", "ScanMaxBytes": "0"}
        self.parameters |= parameters

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()]
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]
        return {"Stacks": [{"Outputs": outputs, "Parameters": parameters}]}


@dataclass
class Commanded:
    """The command line on a stack, with what it prints."""

    world: World
    stack: Stacks
    capsys: pytest.CaptureFixture[str]
    started: list[dict[str, Any]] = field(default_factory=list)

    @property
    def table(self) -> RunTable:
        return RunTable(aws.dynamodb(), "UploadTable")

    def start_execution(self, **request: str) -> None:
        self.started.append(json.loads(request["input"]))

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        status = main([*arguments, "--stack", "s"])
        said = self.capsys.readouterr()
        assert (status != 0) == fails, said.err
        return said.err if fails else said.out


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commanded:
    made = Commanded(world, Stacks(world), capsys)
    monkeypatch.setattr(aws, "cloudformation", lambda: made.stack)
    monkeypatch.setattr(aws, "step_functions", lambda: made)
    world.s3.create_bucket(Bucket="pictures")
    return made


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Notified:
    """Play the bucket's notifications, and a canary that is seen at once."""
    played = Notified(copy.deepcopy(THEIRS))
    monkeypatch.setattr(command, "Notifications", lambda _: notifications(played))
    monkeypatch.setattr(command, "Canary", lambda *_: lambda _bucket, _seconds: 1e9)
    return played


def test_watch_switches_on_remembers_and_backfills_up_to_then(run: Commanded, bucket: Notified) -> None:
    assert "on now" in run("watch", "pictures", "--no-backfill")
    assert notifications(bucket).on("pictures")
    assert run.started == []
    assert "on already" in run("watch", "pictures", "--no-backfill")
    watched = run.table.watched("pictures")
    assert watched
    assert watched[1], "that it was on already the second time does not make it somebody else's"
    assert "off again" in run("unwatch", "pictures")
    assert not notifications(bucket).on("pictures")
    assert entries(bucket.now) == entries(THEIRS)
    assert "not watched" in run("unwatch", "pictures", fails=True)


def test_unwatch_leaves_on_what_was_on_before(run: Commanded, bucket: Notified) -> None:
    bucket.now |= ON
    run("watch", "pictures", "--no-backfill")
    assert "stay on" in run("unwatch", "pictures")
    assert bucket.writes == []
    assert run.table.watched("pictures") is None


def test_watch_follows_the_backfill_that_it_begins(
    run: Commanded, bucket: Notified, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends(**request: str) -> None:
        begun = run.table.read(Kind.BACKFILL, "pictures")
        assert begun
        assert begun.before == 1e9
        run.table.save(Run(Kind.BACKFILL, "pictures", 1, state=State.DONE, counted={"clean": 3}))

    monkeypatch.setattr(run, "start_execution", ends)
    said = run("watch", "pictures").splitlines()[-1]
    assert json.loads(said) == {"bucket": "pictures", "prefix": "", "state": "done", "waiting": 0, "clean": 3}


def test_watch_says_what_to_do_when_no_event_arrives(
    run: Commanded, bucket: Notified, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_bucket: str, _seconds: float) -> float:
        raise SilentError

    monkeypatch.setattr(command, "Canary", lambda *_: silent)
    assert "call this again" in run("watch", "pictures", fails=True)
    assert run.table.watched("pictures"), "so that unwatch knows whose switch it was"


def test_watch_tells_of_contention_and_of_what_was_put_back(run: Commanded, bucket: Notified) -> None:
    bucket.after_write = [lambda now: {**now, "TopicConfigurations": []}]
    assert "the notification topic was lost" in run("watch", "pictures", "--no-backfill")
    run("unwatch", "pictures")
    bucket.after_write = [lambda _: copy.deepcopy(THEIRS)] * 99
    assert "all the time" in run("watch", "pictures", fails=True)


@pytest.mark.parametrize("name", ["watch", "unwatch", "backfill"])
def test_a_bucket_that_the_stack_may_not_read_is_refused_with_what_to_deploy(run: Commanded, name: str) -> None:
    assert "ExistingBuckets=pictures,second,another" in run(name, "another", fails=True)


def test_the_stacks_own_bucket_is_watched_already(run: Commanded, bucket: Notified) -> None:
    assert "watched already" in run("watch", run.world.uploads_bucket, fails=True)


def test_a_stack_of_an_earlier_version_is_told_so(run: Commanded) -> None:
    del run.stack.parameters["ScanMaxBytes"]
    assert "Deploy this version" in run("backfill", "pictures", "--status", fails=True)
    del run.stack.outputs["BackfillQueueUrl"]
    assert "Deploy this version" in run("backfill", "pictures", "--status", fails=True)


def test_what_aws_refuses_is_told(run: Commanded) -> None:
    assert "AWS refused ListObjectVersions: NoSuchBucket" in run("backfill", "second", "--dry-run", fails=True)


def test_a_dry_run_counts_and_estimates_and_begins_nothing(run: Commanded) -> None:
    run.stack.parameters["ScanSuffixes"] = ".jpg"
    for key in ("a.jpg", "b.JPG", "c.txt"):
        run.world.s3.put_object(Bucket="pictures", Key=key, Body=b"x" * 100)
    run.world.s3.put_object(Bucket="pictures", Key="d.jpg", Body=b"x", StorageClass="GLACIER")
    known = run.world.s3.list_object_versions(Bucket="pictures", Prefix="a")["Versions"][0]
    upload = Upload("pictures", "a.jpg", "null", known["ETag"].strip('"'), 100).stored(known["LastModified"])
    run.world.uploads.write(upload, None, {}, ())
    run.world.uploads.judge(upload, Judgement(Verdict.CLEAN))
    run.world.uploads.finish(upload)
    first, second = run("backfill", "pictures", "--dry-run").splitlines()
    assert first.startswith("pictures: 1 versions to scan")
    assert second.strip() == "beside them 1 scanned before, 1 archived, 1 left out"
    assert run.started == []


def test_it_asks_before_it_begins(run: Commanded, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nobody here to ask" in run("backfill", "pictures", fails=True)
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    for answer, begun in (("n", 0), ("", 0), ("y", 1)):
        monkeypatch.setattr("builtins.input", lambda _, answer=answer: answer)
        run("backfill", "pictures", "--detach")
        assert len(run.started) == begun


def test_it_is_begun_stopped_and_gone_on_with(run: Commanded) -> None:
    run("backfill", "pictures", "--yes", "--detach", "--prefix", "a/")
    assert run.started == [{"kind": "backfill", "bucket": "pictures", "turn": 1}]
    assert json.loads(run("backfill", "pictures", "--status"))["prefix"] == "a/"
    assert "is running" in run("backfill", "pictures", "--yes", fails=True)
    assert "stops" in run("backfill", "pictures", "--stop")
    latest = run.table.read(Kind.BACKFILL, "pictures")
    assert latest
    assert run.table.save(latest), "it was told"
    run.table.save(Run(Kind.BACKFILL, "pictures", 1, state=State.STOPPED, halted=State.LISTING))
    run("backfill", "pictures", "--resume", "--detach")
    assert run.started[1:] == [{"kind": "backfill", "bucket": "pictures", "turn": 2}]


def test_it_is_begun_and_gone_on_with_at_a_pace(run: Commanded) -> None:
    def pace() -> int:
        latest = run.table.read(Kind.BACKFILL, "pictures")
        assert latest
        run.table.save(replace(latest, state=State.STOPPED, halted=State.LISTING))
        return latest.pace

    run("backfill", "pictures", "--yes", "--detach", "--pace", "50")
    assert pace() == 50
    run("backfill", "pictures", "--resume", "--detach")
    assert pace() == 50
    run("backfill", "pictures", "--resume", "--detach", "--pace", "0")
    assert pace() == 0


@pytest.mark.parametrize("pace", ["-1", "fast", "1.5", ""])
def test_a_pace_that_is_no_number_is_refused(run: Commanded, pace: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("backfill", "pictures", "--yes", f"--pace={pace}")
    assert "is not a number of uploads, such as 50" in capsys.readouterr().err
    assert run.started == []


def test_there_has_to_be_something_to_stop_or_to_tell_of(run: Commanded) -> None:
    assert "There was no backfill" in run("backfill", "pictures", "--status", fails=True)
    for what in ("--stop", "--resume"):
        assert "No backfill of pictures is running or stopped" in run("backfill", "pictures", what, fails=True)


@pytest.mark.parametrize(("state", "status"), [(State.DONE, 0), (State.STOPPED, 1)])
def test_following_ends_with_the_summary(
    run: Commanded, state: State, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        run,
        "start_execution",
        lambda **_: run.table.save(Run(Kind.BACKFILL, "pictures", 1, state=state, counted={"match": 2})),
    )
    assert main(["backfill", "pictures", "--yes", "--stack", "s"]) == status
    assert json.loads(capsys.readouterr().out)["match"] == 2


def test_following_notices_a_run_that_died_or_was_taken_over(run: Commanded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        run, "start_execution", lambda **_: run.table.save(Run(Kind.BACKFILL, "pictures", 1, touched=-STALE))
    )
    assert "does not go on" in run("backfill", "pictures", "--yes", fails=True)
    monkeypatch.setattr(run, "start_execution", lambda **_: run.table.begin(Run(Kind.BACKFILL, "pictures", 3)))
    assert "Another backfill" in run("backfill", "pictures", "--yes", fails=True)


def test_progress_is_a_bar_once_it_is_known_how_much_there_is() -> None:
    run = Run(Kind.BACKFILL, "b", 1, waiting=10, counted={"wanted": 60, "queued": 55})
    assert _line(run, 0) == "listing: 60 listed, 55 queued, 10 waiting"
    assert _line(run, 100).startswith("[" + "#" * 15 + "." * 15 + "]  50%")
    done = Run(Kind.BACKFILL, "b", 1, state=State.COUNTING, counted={"wanted": 60})
    assert " 100%" in _line(done, 0 + 60)


def test_the_estimate_grows_with_objects_and_bytes_and_skipping_is_cheap() -> None:
    assert prices.backfill(0, 0) == 0
    million = prices.backfill(1_000_000, 1_000_000 * 10**6)
    assert 30 < million < 40, "about what README.md says of a million uploads"
    assert prices.backfill(0, 0, known=1_000_000) < 1
    assert prices.backfill(1_000_000, 10**13) > million
