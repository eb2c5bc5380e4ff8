"""The routes for participants: who gets in, what is answered, and how everything else is refused."""

import base64
from typing import Any

import pytest

from tests.exchange.world import ExchangeWorld, an_exchange, headers_of
from tests.support.faults import denied, failing, throttled
from tests.support.logs import collected
from unspread.exchange.page_token import Position, seal
from unspread.exchange.participant import Keys
from unspread.hash_key import HashKey, Kind
from unspread.submission import SubmittedHash, SubmittedItem

PDQ = "0f" * 32
MD5 = "cd" * 16
PICTURE = SubmittedItem("image", hashes=(SubmittedHash(PDQ, 90),))
VIDEO = SubmittedItem("video", md5=MD5)
FETCH = "/v1/FetchHashes"
FEEDBACK = {"count": 1, "hashFeedbacks": [{"hashValue": PDQ, "feedbackValue": "Blocked", "tags": []}]}
HASHES = {
    "count": 1,
    "hashRecords": [
        {
            "lastModtimestamp": 1795348800,
            "signalType": "StopNCIISignalType.ImagePDQ",
            "hashValue": PDQ,
            "CSPFeedbacks": [{"tags": [], "feedbackValue": "Blocked"}],
        }
    ],
}


def refused(answer: Any, status: int) -> dict[str, Any]:
    """Assert that an answer is a problem document of this status that repeats nothing sent; return it."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not any(sent in answer.text for sent in (PDQ, MD5))
    problem: dict[str, Any] = answer.body
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def test_a_page_is_what_stopncii_answers(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    exchange.world.submit("c" * 64, PICTURE, VIDEO)
    answer = exchange.ask(keys, "GET", FETCH, startTimestamp=10, pageSize=800)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    records = {record["hashValue"]: record for record in answer.body["hashRecords"]}
    assert answer.body["count"] == len(records) == 2
    assert (answer.body["hasMoreRecords"], answer.body["nextPageToken"]) == (False, None)
    assert set(records[PDQ]) == {
        "lastModtimestamp",
        "signalType",
        "hashValue",
        "hashStatus",
        "caseNumbers",
        "CSPFeedbacks",
    }
    assert (records[PDQ]["signalType"], records[MD5]["signalType"]) == ("ImagePDQ", "VideoMD5")
    assert (records[PDQ]["hashStatus"], records[PDQ]["caseNumbers"], records[PDQ]["CSPFeedbacks"]) == ("Active", {}, [])
    assert answer.body["nextSetTimestamp"] <= records[PDQ]["lastModtimestamp"]


def test_pages_follow_each_other_by_token(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    exchange.world.submit("c" * 64, PICTURE, VIDEO)
    first = exchange.ask(keys, "GET", FETCH, startTimestamp=10, pageSize=1).body
    assert (first["count"], first["hasMoreRecords"]) == (1, True)
    second = exchange.ask(keys, "GET", FETCH, startTimestamp=10, pageSize=1, nextPageToken=first["nextPageToken"]).body
    assert second["hashRecords"][0]["hashValue"] != first["hashRecords"][0]["hashValue"]
    assert second["hasMoreRecords"] is False


def wrong_keys(keys: Keys, other: Keys) -> dict[str, dict[str, str]]:
    right = headers_of(keys)
    basic = base64.b64encode(f"{keys.subscription}:wrong".encode()).decode()
    return {
        "none": {},
        "no function key": {"Ocp-Apim-Subscription-Key": keys.subscription},
        "no subscription key": {"x-functions-key": keys.function},
        "another function key": right | {"x-functions-key": keys.function[:-1] + "!"},
        "another subscription key": right | {"Ocp-Apim-Subscription-Key": keys.subscription[:-1] + "!"},
        "an unknown name": right | {"Ocp-Apim-Subscription-Key": "nobody." + keys.subscription},
        "swapped": headers_of(Keys(keys.subscription, keys.function)),
        "another's function key": right | {"x-functions-key": other.function},
        "another's subscription key": right | {"Ocp-Apim-Subscription-Key": other.subscription},
        "no text": right | {"x-functions-key": "\ud800\x00é"},
        "over-long": right | {"x-functions-key": "x" * 9000, "Ocp-Apim-Subscription-Key": "x" * 9000},
        "a wrong password": {"Authorization": f"Basic {basic}"},
        "no base64": {"Authorization": "Basic é"},
        "another scheme": {"Authorization": "Bearer " + keys.function},
    }


def test_whatever_is_wrong_with_keys_the_answer_and_the_work_are_the_same(exchange: ExchangeWorld) -> None:
    keys, other, revoked = exchange.participant(), exchange.participant("other"), exchange.participant("revoked")
    exchange.participants.revoke("revoked", "2026-11-22")
    attempts = wrong_keys(keys, other) | {"revoked": headers_of(revoked)}
    answers, calls = {}, {}
    for name, headers in attempts.items():
        with failing(lambda _at, _operation: False) as watched:
            answers[name] = exchange.call("GET", FETCH, headers)
        calls[name] = tuple(watched.made)
    first = answers["none"]
    refused(first, 401)
    assert {name for name, answer in answers.items() if answer != first} == set()
    assert set(calls.values()) == {("GetItem",)}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", FETCH, None),
        ("POST", "/v1/SubmitFeedback", FEEDBACK),
        ("POST", "/v1/SubmitHashes", HASHES),
        ("POST", "/v1/SubmitFeedback", "{"),
        ("GET", "/v1/FetchHashes/none", None),
    ],
)
def test_without_keys_nothing_is_answered(exchange: ExchangeWorld, method: str, path: str, body: object) -> None:
    refused(exchange.ask(Keys("", ""), method, path, body), 401)


@pytest.mark.parametrize("spelled", ["X-Functions-Key", "x-functions-key", "X-FUNCTIONS-KEY"])
def test_the_case_of_header_names_is_no_matter(exchange: ExchangeWorld, spelled: str) -> None:
    keys = exchange.participant()
    headers = {spelled: keys.function, "ocp-apim-subscription-key": keys.subscription}
    assert exchange.call("GET", FETCH, headers).status == 200


@pytest.mark.parametrize(
    ("query", "at"),
    [
        ({"startTimestamp": "-1"}, "query.startTimestamp"),
        ({"startTimestamp": "soon"}, "query.startTimestamp"),
        ({"pageSize": "0"}, "query.pageSize"),
        ({"pageSize": "1001"}, "query.pageSize"),
        ({"pageSize": "1e3"}, "query.pageSize"),
        ({"nextPageToken": "x" * 501}, "query.nextPageToken"),
    ],
)
def test_what_cannot_be_asked_is_named(exchange: ExchangeWorld, query: dict[str, str], at: str) -> None:
    problem = refused(exchange.ask(exchange.participant(), "GET", FETCH, **query), 422)
    assert [fault["at"] for fault in problem["faults"]] == [at]


@pytest.mark.parametrize("start", ["99999999999", "9" * 40])
def test_a_start_in_the_future_is_refused(exchange: ExchangeWorld, start: str) -> None:
    assert "future" in refused(exchange.ask(exchange.participant(), "GET", FETCH, startTimestamp=start), 400)["detail"]


def test_tokens_of_others_forged_and_ancient_ones_are_refused(exchange: ExchangeWorld) -> None:
    keys, others = exchange.participant(), exchange.participant("other")
    exchange.world.submit("c" * 64, PICTURE, VIDEO)
    theirs = exchange.ask(others, "GET", FETCH, pageSize=1).body["nextPageToken"]
    participant = exchange.participants.read("acme")
    assert participant is not None
    ancient = seal(Position.at(10), participant.secret, clock=lambda: 1_000_000)
    for token, words in ((theirs, "none of yours"), ("AAAA", "none of yours"), (ancient, "too old")):
        problem = refused(exchange.ask(keys, "GET", FETCH, nextPageToken=token), 400)
        assert words in problem["detail"]


def test_asking_too_often_is_refused_with_the_time_to_wait() -> None:
    with an_exchange(EXCHANGE_RATE="0.01", EXCHANGE_BURST="2") as exchange:
        keys, other = exchange.participant(), exchange.participant("other")
        assert [exchange.ask(keys, "GET", FETCH).status for _ in range(2)] == [200, 200]
        answer = exchange.ask(keys, "GET", FETCH)
        refused(answer, 429)
        assert 90 <= int(answer.headers["Retry-After"]) <= 100
        assert exchange.ask(other, "GET", FETCH).status == 200


def test_every_call_is_noted(exchange: ExchangeWorld) -> None:
    keys = exchange.participant(contributes="adult")
    exchange.ask(keys, "GET", FETCH, startTimestamp=1_700_000_000)
    exchange.ask(keys, "POST", "/v1/SubmitFeedback", FEEDBACK)
    exchange.ask(keys, "POST", "/v1/SubmitHashes", HASHES)
    items = exchange.noted("acme")
    assert sorted((item["call"], item["records"]) for item in items) == [
        ("FetchHashes", 0),
        ("SubmitFeedback", 1),
        ("SubmitHashes", 1),
    ]
    assert PDQ not in str(items)


# ------------------------------------------------------------------------------------------ hashes of participants


@pytest.mark.parametrize("spelled", ["ImagePDQ", "StopNCIISignalType.ImagePDQ"])
def test_a_participant_lists_hashes_if_it_may(exchange: ExchangeWorld, spelled: str) -> None:
    keys = exchange.participant(contributes="minor")
    record = HASHES["hashRecords"][0] | {"signalType": spelled, "hashValue": PDQ.upper()}  # type: ignore[index]
    answer = exchange.ask(keys, "POST", "/v1/SubmitHashes", {"count": 1, "hashRecords": [record]})
    assert (answer.status, answer.body) == (200, {"count": 1, "rejected": []})
    (listed,) = exchange.world.hashes.read([HashKey(Kind.PDQ, PDQ)]).values()
    assert (listed.status, listed.category, listed.sources, listed.own) == ("active", "minor", 1, None)
    assert exchange.ask(keys, "GET", FETCH).body["count"] == 0


def test_a_participant_that_may_not_list_hashes_is_told_so(exchange: ExchangeWorld) -> None:
    refused(exchange.ask(exchange.participant(), "POST", "/v1/SubmitHashes", HASHES), 403)
    assert list(exchange.world.hashes.read_listed()) == []


def test_records_that_cannot_be_listed_are_named_and_the_others_are_listed(exchange: ExchangeWorld) -> None:
    keys = exchange.participant(contributes="adult")
    records = [
        {"signalType": "ImagePDQ", "hashValue": "00" * 32},
        {"signalType": "VideoMD5", "hashValue": "d41d8cd98f00b204e9800998ecf8427e"},
        {"signalType": "VideoMD5", "hashValue": MD5},
        {"signalType": "URL", "hashValue": "https://example.org"},
        {"signalType": "ImagePDQ", "hashValue": MD5},
        {"signalType": "ImagePDQ", "hashValue": PDQ + "\n"},
        {"signalType": "ImagePDQ", "hashValue": PDQ},
    ]
    answer = exchange.ask(keys, "POST", "/v1/SubmitHashes", {"count": 7, "hashRecords": records})
    assert answer.body["count"] == 2
    assert [(each["record"], each["reason"]) for each in answer.body["rejected"]] == [
        (0, "implausible"),
        (1, "implausible"),
        (3, "unsupported"),
        (4, "unsupported"),
        (5, "unsupported"),
    ]
    assert set(exchange.world.hashes.read_listed()) == {HashKey(Kind.PDQ, PDQ), HashKey(Kind.MD5, MD5)}


def test_a_participant_withdraws_what_it_listed_and_nothing_else(exchange: ExchangeWorld) -> None:
    keys, other = exchange.participant(contributes="adult"), exchange.participant("other", contributes="adult")
    withdrawal = {"hashFeedbacks": [{"hashValue": PDQ, "feedbackValue": "Withdrawn"}]}
    exchange.ask(keys, "POST", "/v1/SubmitHashes", HASHES)
    assert exchange.ask(other, "POST", "/v1/SubmitFeedback", withdrawal).status == 200
    assert list(exchange.world.hashes.read_listed()) == [HashKey(Kind.PDQ, PDQ)]
    assert exchange.ask(keys, "POST", "/v1/SubmitFeedback", withdrawal).status == 200
    assert list(exchange.world.hashes.read_listed()) == []
    exchange.world.submit("c" * 64, PICTURE)
    assert exchange.ask(keys, "POST", "/v1/SubmitFeedback", withdrawal).status == 200
    assert list(exchange.world.hashes.read_listed()) == [HashKey(Kind.PDQ, PDQ)]


# ---------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize("path", ["/v1/SubmitFeedback", "/v1/SubmitHashes"])
@pytest.mark.parametrize("body", ["", "{", "[" * 50_000, "\ud800"])
def test_what_is_no_json_is_refused(exchange: ExchangeWorld, path: str, body: str) -> None:
    refused(exchange.ask(exchange.participant(contributes="adult"), "POST", path, body), 400)


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("SubmitFeedback", {}, "hashFeedbacks"),
        ("SubmitFeedback", {"hashFeedbacks": [{"hashValue": "xy", "feedbackValue": "Blocked"}]}, "hashValue"),
        ("SubmitFeedback", {"hashFeedbacks": [{"hashValue": PDQ + "\n", "feedbackValue": "Blocked"}]}, "hashValue"),
        ("SubmitFeedback", {"hashFeedbacks": [{"hashValue": PDQ, "feedbackValue": "Maybe"}]}, "feedbackValue"),
        ("SubmitFeedback", {"hashFeedbacks": FEEDBACK["hashFeedbacks"] * 201}, "hashFeedbacks"),  # type: ignore[operator]
        ("SubmitFeedback", {"hashFeedbacks": [FEEDBACK["hashFeedbacks"][0] | {"tags": ["x" * 201]}]}, "tags"),  # type: ignore[index]
        ("SubmitHashes", {"hashRecords": "none"}, "hashRecords"),
        ("SubmitHashes", {"hashRecords": [{"signalType": 5, "hashValue": PDQ}]}, "signalType"),
        ("SubmitHashes", {"hashRecords": HASHES["hashRecords"] * 1001}, "hashRecords"),  # type: ignore[operator]
    ],
)
def test_what_cannot_be_taken_is_named(exchange: ExchangeWorld, path: str, body: object, at: str) -> None:
    keys = exchange.participant(contributes="adult")
    problem = refused(exchange.ask(keys, "POST", f"/v1/{path}", body), 422)
    assert at in problem["faults"][0]["at"]
    assert list(exchange.world.hashes.read_listed()) == []


@pytest.mark.parametrize("fault", [throttled, denied])
@pytest.mark.parametrize("operation", ["GetItem", "UpdateItem", "Query", "BatchGetItem", "PutItem"])
def test_a_fault_of_ours_asks_for_a_repetition(exchange: ExchangeWorld, operation: str, fault: Any) -> None:
    keys = exchange.participant()
    exchange.world.submit("c" * 64, PICTURE)
    with failing(lambda _at, made: made == operation, fault):
        answer = exchange.ask(keys, "GET", FETCH)
    refused(answer, 503)
    assert answer.headers["Retry-After"] == "2"
    assert exchange.ask(keys, "GET", FETCH).status == 200


def test_no_request_leaves_a_hash_a_key_or_an_address_in_the_log(
    exchange: ExchangeWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = collected(monkeypatch)
    keys = exchange.participant(contributes="adult")
    exchange.ask(keys, "GET", FETCH)
    exchange.ask(keys, "POST", "/v1/SubmitHashes", HASHES)
    exchange.ask(keys, "POST", "/v1/SubmitFeedback", FEEDBACK)
    exchange.ask(keys, "POST", "/v1/SubmitFeedback", {"hashFeedbacks": [{"hashValue": PDQ[:-1]}]})
    exchange.ask(Keys(keys.function, "x"), "GET", FETCH)
    with failing(lambda _at, made: made == "Query", denied):
        exchange.ask(keys, "GET", FETCH)
    logged = lines.getvalue() + capsys.readouterr().out
    assert "request failed" in logged
    secrets = (PDQ[:16], keys.function, keys.subscription, "203.0.113", "requests/")
    assert not any(secret in logged for secret in secrets)
