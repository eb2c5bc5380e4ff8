"""Participants: their keys, their bucket, their audit, and the commands that manage them."""

import json
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from tests.exchange.world import BOTH, TABLE, ExchangeWorld
from tests.support.faults import denied, failing
from unspread import aws
from unspread.cli import main
from unspread.exchange.participant import Keys, ParticipantNameError, admit, create
from unspread.stores.participant_table import ParticipantTable, TooManyRequestsError


def run(*arguments: str) -> int:
    return main(["participants", *arguments, "--table", TABLE])


def test_keys_admit_their_participant_only() -> None:
    one, keys = create("one", BOTH, None, "2026-11-22")
    other, others = create("other", BOTH, None, "2026-11-22")
    assert admit(keys, one) is one
    assert admit(others, one) is None
    assert admit(Keys(others.function, keys.subscription), one) is None
    assert admit(Keys(keys.function, others.subscription), other) is None
    assert admit(Keys("", ""), None) is None


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a" * 33, "a.b", "a\n", "é"])
def test_a_name_that_would_not_fit_into_a_key_is_refused(name: str) -> None:
    with pytest.raises(ParticipantNameError):
        create(name, BOTH, None, "2026-11-22")


@pytest.mark.parametrize("subscription", ["", ".", "A.x", "a b.x", "\ud800.x", "x" * 10_000])
def test_a_key_without_a_name_is_nobodys(subscription: str) -> None:
    assert Keys("key", subscription).name == "-"
    assert admit(Keys("key", subscription), None) is None


def test_keys_are_stored_nowhere(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    stored = str(aws.dynamodb().scan(TableName=TABLE)["Items"])
    assert keys.function not in stored
    assert keys.subscription not in stored
    assert keys.subscription.partition(".")[2] not in stored


def test_a_participant_is_added_listed_and_revoked(exchange: ExchangeWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("add", "acme", "--categories", "minor,adult", "--contributes", "adult") == 0
    shown = json.loads(capsys.readouterr().out)
    keys = Keys(shown["x-functions-key"], shown["Ocp-Apim-Subscription-Key"])
    assert exchange.ask(keys, "GET", "/v1/FetchHashes").status == 200
    capsys.readouterr()

    assert run("list") == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["name"], listed["categories"], listed["contributes"]) == ("acme", ["adult", "minor"], "adult")
    assert listed["last"]["call"] == "FetchHashes"
    assert keys.function not in str(listed)
    assert keys.subscription not in str(listed)

    assert run("revoke", "acme") == 0
    assert run("revoke", "acme") == 0
    assert exchange.ask(keys, "GET", "/v1/FetchHashes").status == 401
    capsys.readouterr()
    assert run("list") == 0
    assert json.loads(capsys.readouterr().out)["revoked"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["add", "Acme", "--categories", "adult"], "small letters"),
        (["add", "acme", "--categories", "adult"], "Take another name"),
        (["revoke", "nobody"], "no participant nobody"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(
    exchange: ExchangeWorld, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    exchange.participant("acme")
    assert run(*arguments) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("categories", ["", "child", "adult,child", "adult;minor"])
def test_unknown_categories_are_refused(capsys: pytest.CaptureFixture[str], categories: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("add", "acme", "--categories", categories)
    assert stopped.value.code == 2
    assert "minor, adult" in capsys.readouterr().err


def test_a_name_is_never_given_again(exchange: ExchangeWorld) -> None:
    assert run("add", "acme", "--categories", "adult") == 0
    assert run("revoke", "acme") == 0
    assert run("add", "acme", "--categories", "adult") == 1


@pytest.mark.parametrize(("output", "status"), [("ExchangeTableName", 0), ("HashTableName", 1)])
def test_the_table_is_found_by_the_stack(
    exchange: ExchangeWorld, capsys: pytest.CaptureFixture[str], output: str, status: int
) -> None:
    stack = {
        "StackName": "unspread",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": output, "OutputValue": TABLE}],
    }
    with Stubber(aws.cloudformation()) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "unspread"})
        assert main(["participants", "add", "acme", "--categories", "adult", "--stack", "unspread"]) == status
    assert (exchange.participants.read("acme") is None) == bool(status)
    assert ("no output ExchangeTableName" in capsys.readouterr().err) == bool(status)


def test_what_aws_refuses_is_told_in_words(exchange: ExchangeWorld, capsys: pytest.CaptureFixture[str]) -> None:
    with failing(lambda _at, operation: operation == "Query", denied):
        assert run("list") == 1
    assert "AWS refused Query" in capsys.readouterr().err


# -------------------------------------------------------------------------------------------------- the bucket


def bucket(now: list[float]) -> ParticipantTable:
    return ParticipantTable(aws.dynamodb(), TABLE, clock=lambda: now[0])


def drain(table: ParticipantTable, rate: float, burst: int) -> int:
    taken = 0
    while True:
        try:
            table.take("acme", rate, burst)
        except TooManyRequestsError:
            return taken
        taken += 1


def test_a_bucket_holds_its_burst_and_fills_at_its_rate(exchange: ExchangeWorld) -> None:
    now = [1000.0]
    table = bucket(now)
    assert drain(table, rate=2, burst=5) == 5
    with pytest.raises(TooManyRequestsError) as refused:
        table.take("acme", 2, 5)
    assert refused.value.seconds == 1
    now[0] += 1
    assert drain(table, rate=2, burst=5) == 2
    now[0] += 3600
    assert drain(table, rate=2, burst=5) == 5


def test_the_wait_that_is_told_suffices(exchange: ExchangeWorld) -> None:
    now = [1000.0]
    table = bucket(now)
    drain(table, rate=0.1, burst=3)
    with pytest.raises(TooManyRequestsError) as refused:
        table.take("acme", 0.1, 3)
    now[0] += refused.value.seconds
    table.take("acme", 0.1, 3)


def test_a_request_that_is_overtaken_between_its_attempts_takes_one_token(
    exchange: ExchangeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = bucket([1000.0])
    set_once = ParticipantTable._set
    overtaken: list[bool] = []

    def set_and_be_overtaken(table: ParticipantTable, name: str, value: str, condition: str, **values: int) -> bool:
        done = set_once(table, name, value, condition, **values)
        if not overtaken:
            overtaken.append(done)
            table.take(name, 1, 5)
        return done

    monkeypatch.setattr(ParticipantTable, "_set", set_and_be_overtaken)
    table.take("acme", 1, 5)
    assert overtaken == [False]
    assert drain(table, rate=1, burst=5) == 3


def test_participants_have_buckets_of_their_own(exchange: ExchangeWorld) -> None:
    table = bucket([1000.0])
    drain(table, rate=1, burst=2)
    table.take("other", 1, 2)


def test_calls_are_noted_for_a_year(exchange: ExchangeWorld) -> None:
    table = bucket([1000.0])
    table.note("acme", "FetchHashes", "01ABC", 7)
    (item,) = exchange.noted("acme")
    assert item["expires"] == 1000 + 365 * 86400
    last = table.last("acme")
    assert last is not None
    assert (last.at, last.call, last.cursor, last.records) == (1000, "FetchHashes", "01ABC", 7)
    assert table.last("nobody") is None
