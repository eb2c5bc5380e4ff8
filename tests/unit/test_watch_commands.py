"""`unspread watch`, `unwatch` and `backfill`: what they do to a stack and a bucket, and what they tell."""

import copy
import io
import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.notified import ON, THEIRS, Notified, entries, notifications
from tests.support.world import World
from unspread import aws, prices
from unspread.canary import SilentError
from unspread.cli import main
from unspread.cli import watch as command
from unspread.cli.backfill import _line
from unspread.runs import STALE
from unspread.stores.run_table import Kind, Run, RunTable, State
from unspread.upload import Upload
from unspread.verdict import Judgement, Verdict


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
