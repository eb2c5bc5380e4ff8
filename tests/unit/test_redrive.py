"""Dead letters go back to where they came from, and none is lost on the way."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.stub import Stubber

from tests.support.faults import failing, throttled, unanswered
from tests.support.functions import sample
from tests.support.world import World
from unspread import aws
from unspread.changes import Change, Operation
from unspread.cli import main
from unspread.hash_key import HashKey, Kind
from unspread.redrive import Redrive, UnsweptError
from unspread.stores.queue import FIRST_SENT
from unspread.stores.transaction import commit

DEAD = ("scan", "rule", "forget", "sweep")


class Letters:
    """Queues, and the dead letters of each."""

    def __init__(self, world: World) -> None:
        self.world = world
        make = world.sqs.create_queue
        self.queues = {"scan": world.scan_queue, "forget": make(QueueName="forget")["QueueUrl"]}
        self.dead = {name: make(QueueName=f"dead-{name}")["QueueUrl"] for name in DEAD}

    @property
    def redrive(self) -> Redrive:
        return Redrive(aws.sqs(), self.queues, self.dead, lambda: next(self.world.log.unswept(), None) is not None)

    def put(self, name: str, body: object, **attributes: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.world.sqs.send_message(QueueUrl=self.dead[name], MessageBody=text, MessageAttributes=attributes)

    def get(self, url: str) -> list[dict[str, Any]]:
        """Take all messages of a queue, those too that somebody is working on."""
        found: list[Any] = []
        for each in self.world.sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        ).get("Messages", []):
            self.world.sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            found.append(each)
        return found

    def bodies(self, name: str) -> list[str]:
        return sorted(message["Body"] for message in self.get(self.queues[name]))


@pytest.fixture
def letters(world: World) -> Letters:
    return Letters(world)


def test_messages_go_back_as_they_are_and_the_clock_goes_on(letters: Letters) -> None:
    letters.put("scan", "  {odd}")
    letters.put("scan", "second", FirstSent={"StringValue": "1700000000000", "DataType": "Number"})
    assert letters.redrive("scan").sent == {"scan": 2}
    messages = {
        message["Body"]: message["MessageAttributes"][FIRST_SENT] for message in letters.get(letters.world.scan_queue)
    }
    assert set(messages) == {"  {odd}", "second"}
    assert messages["second"]["StringValue"] == "1700000000000"
    assert int(messages["  {odd}"]["StringValue"]) > 1_700_000_000_000
    assert letters.redrive.waiting("scan") == 0


def test_more_messages_than_one_request_takes_all_go_back(letters: Letters) -> None:
    for number in range(23):
        letters.put("forget", f"{number}")
    assert letters.redrive.waiting("forget") == 23
    assert letters.redrive("forget").sent == {"forget": 23}
    assert letters.redrive.waiting("forget") == 0


@pytest.mark.parametrize(("event", "target"), [("upload", "scan"), ("deletion", "forget")])
def test_an_event_of_a_bucket_goes_to_its_queue_without_the_uploaders_address(
    letters: Letters, event: str, target: str
) -> None:
    letters.put("rule", sample(event))
    assert letters.redrive("rule").sent == {target: 1}
    (body,) = letters.bodies(target)
    (record,) = sample({"scan": "scan", "forget": "forget"}[target])["Records"]
    assert json.loads(body) == json.loads(record["body"])
    assert "203.0.113" not in body


def test_an_event_that_was_shaped_for_its_queue_goes_to_the_one_that_eventbridge_names(letters: Letters) -> None:
    (record,) = sample("forget")["Records"]
    arn = "arn:aws:sqs:us-east-1:123456789012:forget"
    letters.put("rule", record["body"], TARGET_ARN={"StringValue": arn, "DataType": "String"})
    assert letters.redrive("rule").sent == {"forget": 1}
    assert letters.bodies("forget") == [json.dumps(json.loads(record["body"]))]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        {"detail-type": "Object Created", "detail": {}},
        {"detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": ""}}},
        {"detail-type": "Object Tags Added", "detail": {"bucket": {"name": "b"}, "object": {"key": "k"}}},
    ],
)
def test_what_nobody_understands_stays(letters: Letters, body: object) -> None:
    letters.put("rule", body or " ")
    letters.put("rule", sample("upload"))
    moved = letters.redrive("rule")
    assert (moved.sent, moved.left) == ({"scan": 1}, 1)
    assert letters.redrive.waiting("rule") == 1


def test_notices_of_failed_sweeps_are_dropped_once_everything_is_swept(letters: Letters) -> None:
    letters.put("sweep", {"DDBStreamBatchInfo": {}})
    world = letters.world
    commit(
        aws.dynamodb_transactions(),
        lambda: world.log.append([Change(Operation.ADD, HashKey(Kind.SHA256, "ab" * 32), 1)]),
    )
    with pytest.raises(UnsweptError):
        letters.redrive("sweep")
    assert letters.redrive.waiting("sweep") == 1
    for entry in list(world.log.unswept()):
        world.log.mark_swept(entry)
    assert letters.redrive("sweep").dropped == 1
    assert letters.redrive.waiting("sweep") == 0


@pytest.mark.parametrize("performed", [False, True])
@pytest.mark.parametrize("fault", [throttled, unanswered])
def test_no_message_is_lost_whichever_call_fails(
    letters: Letters, monkeypatch: pytest.MonkeyPatch, fault: Callable[[str], Exception], performed: bool
) -> None:
    monkeypatch.setattr("unspread.redrive._HIDDEN", 0)
    bodies = {"0", "1", "2"}
    made = fails_at = 0
    while fails_at <= made:
        for body in bodies:
            letters.put("scan", body)
        with failing(partial(_is_call, fails_at), fault, performed=performed) as calls:
            with suppress(ClientError, BotoCoreError):
                letters.redrive("scan")
            made = len(calls.made)
        found = set(letters.bodies("scan")) | {message["Body"] for message in letters.get(letters.dead["scan"])}
        assert found == bodies, f"call {fails_at} lost a message"
        fails_at += 1
    assert fails_at > 6


def _is_call(wanted: int, at: int, _operation: str) -> bool:
    return at == wanted


# -------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def run(letters: Letters, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    outputs = {
        "HashTableName": "HashTable",
        "ScanQueueUrl": letters.queues["scan"],
        "ForgetQueueUrl": letters.queues["forget"],
        "ScanDeadLetterQueueUrl": letters.dead["scan"],
        "RuleDeadLetterQueueUrl": letters.dead["rule"],
        "ForgetDeadLetterQueueUrl": letters.dead["forget"],
        "SweepFailureQueueUrl": letters.dead["sweep"],
    }

    def command(*arguments: str, without: str = "") -> tuple[int, str]:
        stack = {
            "StackName": "unspread",
            "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items() if k != without],
        }
        aws.cloudformation.cache_clear()
        with Stubber(aws.cloudformation()) as stubber:
            stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "unspread"})
            status = main(["redrive", "--stack", "unspread", *arguments])
        told = capsys.readouterr()
        return status, told.out + told.err

    return command


def test_all_queues_are_emptied_and_told(letters: Letters, run: Callable[..., tuple[int, str]]) -> None:
    letters.put("scan", "one")
    letters.put("rule", sample("deletion"))
    letters.put("sweep", "place")
    status, told = run()
    assert status == 0
    assert told.splitlines() == [
        "scan: 1 sent back to scan",
        "rule: 1 sent back to forget",
        "forget: empty",
        "sweep: 1 dropped, everything is swept",
    ]


def test_a_dry_run_moves_nothing(letters: Letters, run: Callable[..., tuple[int, str]]) -> None:
    letters.put("scan", "one")
    assert run("--dry-run", "--queue", "scan") == (0, "scan: 1 to send back\n")
    assert letters.redrive.waiting("scan") == 1


def test_what_is_left_is_told(letters: Letters, run: Callable[..., tuple[int, str]]) -> None:
    letters.put("rule", "nonsense")
    status, told = run("--queue", "rule")
    assert (status, told) == (1, "rule: 1 left, for they are no events of a bucket\n")
    letters.put("sweep", "place")
    commit(
        aws.dynamodb_transactions(),
        lambda: letters.world.log.append([Change(Operation.ADD, HashKey(Kind.SHA256, "ab" * 32), 1)]),
    )
    status, told = run("--queue", "sweep")
    assert status == 1
    assert "not swept yet" in told


def test_a_command_that_cannot_be_done_says_why(letters: Letters, run: Callable[..., tuple[int, str]]) -> None:
    assert "no output ForgetQueueUrl" in run(without="ForgetQueueUrl")[1]
    assert "no such queue" in run("--queue", "backfill")[1]
    letters.put("scan", "one")
    with failing(lambda _at, operation: operation == "SendMessage", throttled):
        status, told = run("--queue", "scan")
    assert status == 1
    assert "AWS refused SendMessage: ThrottlingException. Run it again" in told
    with failing(lambda _at, operation: operation == "ReceiveMessage", unanswered):
        assert "Run it again" in run("--queue", "scan")[1]
