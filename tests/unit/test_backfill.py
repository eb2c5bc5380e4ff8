"""What a bucket holds already: every version is queued once, wherever the run is stopped, dies, or is begun anew."""

from collections import Counter
from typing import Any

import pytest

from tests.support.backfills import Operator
from tests.support.functions import Context, sample
from tests.support.world import World
from unspread import aws
from unspread.assembly import backfilling
from unspread.runs import STALE, LookAround, NotRunningError, RunningError
from unspread.scan_filter import ScanFilter
from unspread.settings import BackfillSettings
from unspread.stores.queue import NotQueuedError, Queue
from unspread.stores.run_table import Kind, Run, RunTable, State, SupersededError
from unspread.upload import Upload, UploadMessage
from unspread.verdict import Verdict

ODD = ["a b+c%20é.jpg", 'quoted "and" \\.jpg', "100%25.jpg", "日本語/🙂.webp"]


@pytest.fixture
def operator(world: World) -> Operator:
    return Operator(world, world.uploads_bucket)


def names(uploads: list[Upload]) -> Counter[tuple[str, str]]:
    return Counter((upload.key, upload.version) for upload in uploads)


def test_every_version_is_queued_once_noncurrent_ones_too_and_no_delete_marker(operator: Operator) -> None:
    stored = operator.put(*ODD, "twice", "twice", "hidden")
    operator.world.s3.delete_object(Bucket=operator.bucket, Key="hidden")
    operator.begin()
    assert names(operator.to_the_end()) == Counter(stored)
    run = operator.latest()
    assert run.state is State.DONE
    assert run.counted == {
        "listed": 7,
        "wanted": 7,
        "bytes": sum(len(key.encode()) for key, _ in stored),
        "archived": 0,
        "known": 0,
        "queued": 7,
        "clean": 7,
    }
    kept = [item for item in aws.dynamodb().scan(TableName="UploadTable")["Items"] if str(item["pk"])[:6] == "queued"]
    assert kept == []


def test_the_listing_pauses_while_enough_waits_to_be_scanned(operator: Operator) -> None:
    operator.put(*"abcdefg")
    operator.begin()
    first = operator.step()
    assert (first.again, first.queued) == (True, 3)
    paused = operator.step()
    assert (paused.again, paused.queued) == (True, 0)
    assert paused.wait >= 1
    assert len(operator.scanned()) == 3
    assert operator.step().queued == 3


def test_a_paced_run_queues_some_seconds_worth_and_waits_as_long(operator: Operator) -> None:
    operator.ahead = 1000
    stored = operator.put(*(f"{number:02}" for number in range(25)))
    operator.begin(pace=2)
    first = operator.step()
    assert (first.queued, first.wait) == (10, 5)
    operator.runs.stop(operator.bucket)
    assert operator.step().queued == 10, "a page at the most, though nothing was scanned meanwhile"
    assert operator.latest().state is State.STOPPED
    operator.runs.resume(Kind.BACKFILL, operator.bucket)
    last = operator.step()
    assert (last.queued, operator.latest().state) == (5, State.SCANNING)
    assert names(operator.scanned()) == Counter(stored)


def test_another_pace_may_be_given_when_a_run_goes_on(operator: Operator) -> None:
    operator.ahead = 1000
    operator.put(*(f"{number:02}" for number in range(25)))
    operator.begin(pace=1)
    operator.runs.stop(operator.bucket)
    assert operator.step().queued == 5
    operator.runs.resume(Kind.BACKFILL, operator.bucket, pace=0)
    assert operator.step().queued == 20


def test_what_was_scanned_before_costs_a_paced_run_no_time(operator: Operator) -> None:
    operator.ahead = 1000
    operator.put(*(f"{number:02}" for number in range(25)))
    operator.begin()
    operator.to_the_end()
    operator.begin(pace=1)
    assert (operator.step().queued, operator.latest().state) == (0, State.SCANNING)


def test_it_stops_after_a_page_and_goes_on_exactly_there(operator: Operator) -> None:
    stored = operator.put(*"abcdefgh")
    operator.begin()
    operator.step(pages=1)
    before = operator.scanned()
    operator.runs.stop(operator.bucket)
    assert not operator.step().again
    assert operator.latest().state is State.STOPPED
    meanwhile = operator.scanned()
    assert len(before) == len(meanwhile) == 3
    assert not operator.step().again, "a stopped one does not go on by itself"
    with pytest.raises(NotRunningError):
        operator.runs.stop(operator.bucket)
    operator.runs.resume(Kind.BACKFILL, operator.bucket)
    after = operator.to_the_end()
    assert names(before + meanwhile + after) == Counter(stored)
    assert operator.latest().counted["clean"] == 8


@pytest.mark.parametrize("state", [State.LISTING, State.SCANNING])
def test_it_can_be_stopped_while_it_waits(operator: Operator, state: State) -> None:
    operator.put(*("abcd" if state is State.LISTING else "ab"))
    operator.begin()
    operator.step()
    assert operator.latest().state is state
    operator.runs.stop(operator.bucket)
    assert not operator.step().again
    assert (operator.latest().state, operator.latest().halted) == (State.STOPPED, state)
    operator.scanned()
    operator.runs.resume(Kind.BACKFILL, operator.bucket)
    operator.to_the_end()
    assert operator.latest().state is State.DONE


def test_a_step_that_died_after_queuing_is_repeated_and_counted_once(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.put(*"ab")
    operator.begin()
    with monkeypatch.context() as dying:
        dying.setattr(RunTable, "save", lambda *_: (_ for _ in ()).throw(TimeoutError))
        with pytest.raises(TimeoutError):
            operator.step()
    operator.step()
    assert len(operator.scanned()) == 4, "queued twice, and scanned once: scan knows what is done"
    operator.to_the_end()
    assert operator.latest().counted["clean"] == 2


def test_what_was_scanned_before_is_passed_over_and_what_is_half_done_is_not(operator: Operator) -> None:
    (done, half, new) = operator.put("done", "half", "new")
    operator.judge(Upload(operator.bucket, *done, "0", 1), Verdict.SUSPECT)
    operator.world.uploads.write(Upload(operator.bucket, *half, "0", 1), None, {}, ())
    operator.begin()
    operator.step()
    assert operator.latest().counted["known"] == 1
    assert names(operator.scanned()) == Counter([half, new])


def test_matches_are_counted_though_they_are_in_the_bucket_no_longer(operator: Operator) -> None:
    (stored,) = operator.put("listed")
    operator.begin()
    operator.step()
    operator.scanned(Verdict.MATCH)
    operator.world.s3.delete_object(Bucket=operator.bucket, Key="listed", VersionId=stored[1])
    operator.to_the_end()
    assert operator.latest().counted["match"] == 1


def test_what_never_gets_a_verdict_is_told_in_the_end(operator: Operator) -> None:
    operator.put("poison", "plain")
    operator.begin()
    operator.step()
    for message in operator.world.sqs.receive_message(QueueUrl=operator.world.backfill_queue, MaxNumberOfMessages=10)[
        "Messages"
    ]:
        upload = UploadMessage.model_validate_json(message["Body"]).upload()
        if upload.key == "plain":
            operator.judge(upload)
        operator.world.sqs.delete_message(
            QueueUrl=operator.world.backfill_queue, ReceiptHandle=message["ReceiptHandle"]
        )
    operator.to_the_end()
    counted = operator.latest().counted
    assert (counted["clean"], counted["unjudged"]) == (1, 1)


def test_archived_objects_are_counted_and_not_queued(operator: Operator) -> None:
    operator.put("plain")
    operator.world.put("cold", b"x", StorageClass="GLACIER")
    operator.world.put("colder", b"x", StorageClass="DEEP_ARCHIVE")
    operator.begin()
    operator.step()
    assert [upload.key for upload in operator.scanned()] == ["plain"]
    assert operator.latest().counted["archived"] == 2


def test_the_filter_the_prefix_and_the_moment_leave_out_what_they_should(operator: Operator) -> None:
    operator.put("a/1.JPG", "a/2.txt", "b/1.jpg")
    operator.begin(prefix="a/")
    operator.step(ScanFilter(suffixes=(".jpg",)))
    assert [upload.key for upload in operator.scanned()] == ["a/1.JPG"]
    operator.to_the_end()
    operator.begin(before=1.0)
    operator.step()
    assert operator.scanned() == []
    assert operator.latest().counted["wanted"] == 0


def test_two_at_once_are_refused_and_one_that_died_is_taken_up(operator: Operator) -> None:
    operator.put(*"abcdef")
    operator.begin()
    operator.step(pages=1)
    with pytest.raises(RunningError):
        operator.begin()
    with pytest.raises(RunningError):
        operator.runs.resume(Kind.BACKFILL, operator.bucket)
    operator.scanned()
    operator.now += STALE + 1
    assert operator.runs.resume(Kind.BACKFILL, operator.bucket).turn == 2
    assert operator.latest().cursor is not None
    assert not operator.step(turn=1).again, "the execution of an earlier turn ends by itself"
    assert [each["turn"] for each in operator.machine.started] == [1, 2]
    assert len(operator.to_the_end()) == 3


def test_a_run_that_is_taken_over_in_the_middle_of_a_step_ends(operator: Operator) -> None:
    operator.put("a")
    run = operator.begin()
    operator.table.begin(Run(Kind.BACKFILL, operator.bucket, 2))
    with pytest.raises(SupersededError):
        operator.table.save(run)
    with pytest.raises(SupersededError):
        operator.table.stop(run)
    with pytest.raises(SupersededError):
        operator.table.begin(run)


def test_there_is_nothing_to_go_on_with_where_nothing_was_begun_or_all_is_done(operator: Operator) -> None:
    with pytest.raises(NotRunningError):
        operator.runs.resume(Kind.BACKFILL, operator.bucket)
    operator.begin()
    operator.to_the_end()
    with pytest.raises(NotRunningError):
        operator.runs.resume(Kind.BACKFILL, operator.bucket)
    with pytest.raises(NotRunningError):
        operator.runs.stop(operator.bucket)


def test_a_queue_that_does_not_take_a_message_stops_the_step(operator: Operator) -> None:
    class Refusing:
        def send_message_batch(self, **_: Any) -> dict[str, Any]:
            return {"Failed": [{"Id": "0"}]}

    with pytest.raises(NotQueuedError):
        Queue(Refusing(), "url").send(["body"])  # type: ignore[arg-type]


def test_lost_events_are_found_and_counted(operator: Operator) -> None:
    (known, half, lost) = operator.put("known", "half", "lost")
    operator.judge(Upload(operator.bucket, *known, "0", 1))
    operator.world.uploads.write(Upload(operator.bucket, *half, "0", 1), None, {}, ())
    operator.begin(Kind.CHECK)
    step = operator.step()
    assert (step.again, step.queued, step.lost) == (False, 2, 1)
    assert names(operator.scanned()) == Counter([half, lost])
    assert operator.latest(Kind.CHECK).state is State.DONE


def test_the_schedule_looks_into_watched_buckets_alone_and_goes_on_from_the_last_look(operator: Operator) -> None:
    around = LookAround(operator.runs, operator.bucket, ["watched", "idle"])
    operator.table.watch("watched", 5e8, switched_on=True)
    assert around() == (2, 0)
    assert [each["bucket"] for each in operator.machine.started] == [operator.bucket, "watched"]
    first = operator.table.read(Kind.CHECK, "watched")
    assert first
    assert (first.since, first.before) == (5e8, operator.now - 3600)
    assert around() == (0, 0), "both are being looked into"
    operator.now += STALE + 1
    assert around() == (0, 2), "and both have died"
    for bucket in (operator.bucket, "watched"):
        run = operator.table.read(Kind.CHECK, bucket)
        assert run
        operator.table.save(Run(Kind.CHECK, bucket, run.turn, before=run.before, state=State.DONE))
    operator.now += 86_400
    assert around() == (2, 0)
    second = operator.table.read(Kind.CHECK, "watched")
    assert second
    assert second.since == first.before - 7 * 86_400


def test_the_schedule_goes_on_with_a_backfill_that_died(operator: Operator) -> None:
    operator.begin()
    operator.now += STALE + 1
    LookAround(operator.runs, operator.bucket, [])()
    assert [(each["kind"], each["turn"]) for each in operator.machine.started[1:]] == [("backfill", 2), ("check", 1)]


def test_the_function_says_what_comes_next(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOAD_TABLE", "UploadTable")
    monkeypatch.setenv("BACKFILL_AHEAD", "1")
    function = operator.world.function("backfill")
    operator.put("a", "b")
    event = sample("backfill")
    assert function.handler(event, Context())["next"] == "end"
    operator.begin()
    told = function.handler(event | {"bucket": operator.bucket}, Context())
    assert (told["next"], told["wait"] > 0, told["steps"]) == ("wait", True, 1)
    last = function.handler(told | {"steps": function.MOST_STEPS - 1}, Context())
    assert (last["next"], last["steps"]) == ("renew", 0)
    assert {name: last[name] for name in ("kind", "bucket", "turn")} == event | {"bucket": operator.bucket}


def test_the_scheduled_function_begins_a_look(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPLOAD_BUCKET", operator.bucket)
    monkeypatch.setenv("BACKFILL_STATE_MACHINE", "arn")
    monkeypatch.setattr(aws, "step_functions", lambda: operator.machine)
    function = operator.world.function("backfill")
    assert function.look_around(sample("lost-events"), Context()) == {"begun": 1, "resumed": 0}


def test_it_is_put_together_from_the_functions_variables(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCAN_SUFFIXES", ".jpg,.png")
    monkeypatch.setenv("SCAN_MAX_BYTES", "9")
    made = backfilling.backfill(BackfillSettings.load())
    assert made.wanted == ScanFilter(suffixes=(".jpg", ".png"), largest=9)
