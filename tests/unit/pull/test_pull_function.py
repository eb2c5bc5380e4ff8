"""The function as Lambda runs it: its clients from its settings, and what it logs."""

import json

import pytest

from tests.exchange.pull_world import KEYS, PULL_TABLE, USER, Asked, PullWorld, Reply, pdq, site
from tests.support.faults import denied, failing
from tests.support.functions import Context, load, sample
from tests.support.logs import collected
from tests.support.world import World
from tests.unit.pull.test_ncmec import document, entry
from tests.unit.pull.test_stopncii import page, record
from unspread.pull.pulled_list import ListKind

FAILING = {"complete": 0, "unfinished": 0, "failing": 1, "fault": 0, "removed": 0}


@pytest.fixture
def function(platform: PullWorld, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("PULL_TABLE", PULL_TABLE)
    monkeypatch.setenv("PULL_SECRET", platform.secret)
    return load("pull")


def pulled(function: object, remaining: int = 300_000) -> dict[str, int]:
    told: dict[str, int] = function.handler(sample("pull"), Context(remaining=remaining))  # type: ignore[attr-defined]
    return told


def test_lists_of_all_kinds_are_pulled_with_their_credentials(
    function: object, platform: PullWorld, world: World
) -> None:
    world.s3.create_bucket(Bucket="files")
    world.s3.put_object(Bucket="files", Key="a.csv", Body=f"kind,hash\npdq,{pdq(3).value}\n".encode())
    platform.add("s3://files/a.csv", "file", ListKind.FILE)

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/FetchHashes"):
            return Reply(body=json.dumps(page(record(1), token=None)).encode())
        return Reply(body=document(entry(2)))

    with site(answer) as other:
        platform.add(other.url + "/v1", "stopncii")
        platform.add(other.url, "ncmec", ListKind.NCMEC)
        assert pulled(function) == FAILING | {"complete": 3, "failing": 0}
    assert platform.listed == {pdq(1), pdq(2), pdq(3)}
    sent = {asked.path: asked.headers for asked in other.asked}
    assert {name: sent["/v1/FetchHashes"][name] for name in KEYS} == KEYS
    assert sent["/v2/entries"]["authorization"] == "Basic c29tZWJvZHk6c29tZXRoaW5n"


@pytest.mark.parametrize("credentials", [{}, USER])
def test_a_list_without_its_credentials_is_not_asked(
    function: object, platform: PullWorld, credentials: dict[str, str]
) -> None:
    with site(lambda _: Reply()) as other:
        platform.add(other.url, credentials=credentials)
        assert pulled(function) == FAILING
    assert (other.asked, platform.state().reason) == ([], "credentials")


def test_an_address_that_is_not_https_is_not_asked(function: object, platform: PullWorld) -> None:
    platform.add("http://other.example/v1")
    assert pulled(function) == FAILING
    assert platform.state().reason == "address"


def test_pages_of_a_list_that_fails_get_smaller(function: object, platform: PullWorld) -> None:
    with site(lambda _: Reply(410)) as other:
        platform.add(other.url)
        for _ in range(6):
            pulled(function)
    assert [asked.query["pageSize"] for asked in other.asked] == ["800", "400", "200", "100", "50", "50"]


def test_a_fault_of_ours_fails_the_run(function: object, platform: PullWorld) -> None:
    platform.add()
    with (
        failing(lambda _at, operation: operation == "GetSecretValue", denied),
        pytest.raises(Exception, match="1 lists"),
    ):
        pulled(function)
    assert platform.state().reason == "ours"


def test_without_time_one_page_is_read_all_the_same(function: object, platform: PullWorld) -> None:
    def answer(asked: Asked) -> Reply:
        number = int(asked.query.get("nextPageToken", "0")) + 1
        return Reply(body=json.dumps(page(record(number), token=str(number))).encode())

    with site(answer) as other:
        platform.add(other.url)
        assert pulled(function, remaining=1000)["unfinished"] == 1
        assert pulled(function, remaining=1000)["unfinished"] == 1
    assert platform.listed == {pdq(1), pdq(2)}


def test_no_hash_key_or_body_is_logged(
    function: object, platform: PullWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = collected(monkeypatch)
    replies = iter([json.dumps(page(record(1), "odd words", token="a-token")).encode(), *[b"{odd words"] * 3])
    with site(lambda _: Reply(body=next(replies))) as other:
        platform.add(other.url, credentials={"x-functions-key": "first-key", "Ocp-Apim-Subscription-Key": "other-key"})
        pulled(function)
    with failing(lambda _at, operation: operation == "GetSecretValue", denied), pytest.raises(Exception, match="lists"):
        pulled(function)
    printed = "".join(capsys.readouterr())
    said = lines.getvalue() + printed
    assert '"reason":"malformed"' in said
    assert "GetSecretValue" in said
    for secret in (pdq(1).value, "odd words", "a-token", "first-key", "other-key", other.url):
        assert secret not in said
    metrics = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    assert (metrics[0]["RecordsSkipped"], metrics[0]["ListFailing"]) == ([1.0], [1.0])
