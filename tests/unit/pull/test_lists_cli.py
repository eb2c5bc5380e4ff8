"""`unspread lists`: what operators do, and what they are told."""

import datetime
import io
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.exchange.pull_world import KEYS, PULL_TABLE, PullWorld, pdq
from tests.support.faults import denied, failing
from tests.unit.pull.played import Played, lists, playing
from unspread import aws
from unspread.cli import main
from unspread.pull.pulled_list import ListKind, PulledList
from unspread.pull.source import Fault

type Run = Callable[..., int]
ADD = ("add", "other", "--kind", "stopncii", "--address", "https://other.example/v1", "--category", "adult")


@pytest.fixture
def run(platform: PullWorld, monkeypatch: pytest.MonkeyPatch) -> Run:
    def call(*arguments: str, typed: str = "f-key\ns-key\n", where: tuple[str, ...] | None = None) -> int:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return main(["lists", *arguments, *(where or ("--table", PULL_TABLE, "--secret", platform.secret))])

    return call


def test_a_list_is_added_with_what_it_knows_us_by(
    run: Run, platform: PullWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    started = int(time.time())
    assert run(*ADD, "--feedback") == 0
    expected = PulledList("other", ListKind.STOPNCII, "https://other.example/v1", "adult", feedback=True)
    (added,) = platform.table.all()
    assert replace(added, added=0) == expected
    assert started <= added.added <= time.time()
    assert platform.credentials.read() == {"other": dict(zip(KEYS, ("f-key", "s-key"), strict=True))}
    said = capsys.readouterr()
    assert "key" not in said.out + said.err
    assert json.loads(said.out)["state"] == "being read"


def test_lists_are_told_with_how_far_they_are(
    run: Run, platform: PullWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.add(name="failing")
    platform.add(name="fine")
    platform.run(playing(fine=Played([lists(1)]), failing=Played([lists(2)], faults={0: [Fault.STUCK]})))
    platform.add(name="fresh")
    assert run("disable", "fresh") == 0
    assert run("list") == 0
    told = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert {name: (line["state"], line["reason"]) for name, line in told.items()} == {
        "failing": ("failing", "stuck"),
        "fine": ("following", ""),
        "fresh": ("disabled", ""),
    }
    assert told["fine"]["succeeded"]
    assert told["failing"]["succeeded"] is None


def test_resync_disable_enable_and_remove(run: Run, platform: PullWorld, capsys: pytest.CaptureFixture[str]) -> None:
    platform.add()
    for command, states in (("resync", "being read"), ("disable", "disabled"), ("enable", "being read")):
        assert run(command, "other") == 0
        run("list")
        assert json.loads(capsys.readouterr().out)["state"] == states
    assert run("remove", "other") == 0
    assert platform.credentials.read() == {}
    run("list")
    assert json.loads(capsys.readouterr().out)["state"] == "removing"
    assert run(*ADD) == 1
    assert "still being removed" in capsys.readouterr().err
    platform.run(playing())
    assert run(*ADD) == 0


@pytest.mark.parametrize("command", ["remove", "resync", "disable", "enable"])
def test_a_list_that_is_not_there(run: Run, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command, "none") == 1
    assert "There is no list none" in capsys.readouterr().err


@pytest.mark.parametrize(
    "refused",
    [
        ({"other": "Other"}, "a\nb\n", "Name a list"),
        ({"other": "x y"}, "a\nb\n", "Name a list"),
        ({"https://other.example/v1": "http://other.example/v1"}, "a\nb\n", "https://HOST"),
        ({"https://other.example/v1": "https://u:p@other.example/v1"}, "a\nb\n", "https://HOST"),
        ({}, "a\n", "x-functions-key and Ocp-Apim-Subscription-Key"),
        ({}, "a b\nc\n", "x-functions-key and Ocp-Apim-Subscription-Key"),
        ({"stopncii": "ncmec"}, "", "user and password"),
        ({"stopncii": "file"}, "", "s3://BUCKET/KEY"),
        ({"stopncii": "file", "https://other.example/v1": "s3://bucket/list.txt"}, "", "s3://BUCKET/KEY"),
    ],
)
def test_what_cannot_be_pulled_is_refused_in_words(
    run: Run, platform: PullWorld, refused: tuple[dict[str, str], str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    changes, typed, words = refused
    assert run(*(changes.get(word, word) for word in ADD), typed=typed) == 1
    assert words in capsys.readouterr().err
    assert (platform.table.all(), platform.credentials.read()) == ([], {})


def test_only_stopncii_takes_feedback(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("ncmec" if word == "stopncii" else word for word in ADD)
    assert run(*words, "--feedback", typed="user\npassword\n") == 1
    assert "Only lists of kind stopncii" in capsys.readouterr().err


def test_a_name_is_taken_once(run: Run, platform: PullWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*ADD) == 0
    assert run(*ADD, typed="other\nkeys\n") == 1
    assert "There is a list other" in capsys.readouterr().err
    assert platform.credentials.read()["other"]["x-functions-key"] == "f-key"


@pytest.mark.parametrize(("output", "status"), [("PullSecretArn", 0), ("Another", 1)])
def test_the_stack_tells_where_the_table_and_the_secret_are(
    run: Run, platform: PullWorld, output: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.add()
    told = {"PullTableName": PULL_TABLE, output: platform.secret}
    stack: Any = {
        "StackName": "ours",
        "CreationTime": datetime.datetime.now(datetime.UTC),
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in told.items()],
    }
    aws.cloudformation.cache_clear()
    with Stubber(aws.cloudformation()) as stubber:
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "ours"})
        assert run("list", where=("--stack", "ours")) == status
    said = capsys.readouterr()
    assert ('"name": "other"' in said.out) == (not status)
    assert ("no output PullSecretArn" in said.err) == bool(status)


def test_without_a_place_nothing_is_done(run: Run, platform: PullWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list", where=("--table", PULL_TABLE)) == 1
    assert "--stack" in capsys.readouterr().err


def test_what_aws_refuses_is_told_in_words(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with failing(lambda _at, operation: operation == "Query", denied):
        assert run("list") == 1
    assert "AWS refused Query" in capsys.readouterr().err


def test_the_hashes_of_a_removed_list_go_with_the_next_run(run: Run, platform: PullWorld) -> None:
    platform.add()
    platform.run(playing(other=Played([lists(1)])))
    assert platform.listed == {pdq(1)}
    run("remove", "other")
    platform.run(playing())
    assert platform.listed == set()
