"""The HTTPS API: what it takes, what it refuses, and how."""

import json
from typing import Any

import pytest

from tests.support import openapi
from tests.support.api import CASE, CODE, HASH, HOLDER, ITEM, SUBMISSION, Api, refused
from tests.support.faults import denied, failing, throttled
from tests.support.logs import collected
from tests.support.world import World


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.function("submit"))


def test_a_case_goes_from_submission_to_withdrawal(api: Api) -> None:
    submitted = api("POST", "/submissions", SUBMISSION)
    assert (submitted.status, submitted.body) == (201, {"accepted": 1, "rejected": []})
    status = api("GET", "/case", headers=HOLDER)
    assert status.body["status"] == "open"
    assert status.body["items"] == [{"kind": "image", "status": "listed", "found": 0, "removed": 0}]
    more = {"items": [{"kind": "video", "sha256": "ef" * 32}]}
    assert api("POST", "/case/items", more, HOLDER).body == {"accepted": 1, "rejected": []}
    assert [item["kind"] for item in api("GET", "/case", headers=HOLDER).body["items"]] == ["image", "video"]
    assert api("DELETE", "/case", headers=HOLDER).body["status"] == "withdrawn"
    assert api("DELETE", "/case", headers=HOLDER).body["status"] == "withdrawn"
    refused(api("POST", "/submissions", SUBMISSION), 409)


def test_a_repeated_submission_gets_the_same_answer(api: Api) -> None:
    assert api("POST", "/submissions", SUBMISSION) == api("POST", "/submissions", SUBMISSION)


def test_whether_a_hash_was_listed_before_is_not_revealed(api: Api) -> None:
    first = api("POST", "/submissions", SUBMISSION)
    second = api("POST", "/submissions", SUBMISSION | {"case": "1" * 64})
    assert first == second


def test_upper_case_hex_is_the_same_hash(api: Api, world: World) -> None:
    api("POST", "/submissions", SUBMISSION)
    upper = {"kind": "image", "sha256": "AB" * 32, "md5": "CD" * 16, "hashes": [HASH | {"pdq": "0F" * 32}]}
    assert api("POST", "/submissions", SUBMISSION | {"case": CASE.upper(), "items": [upper]}).status == 201
    assert len(list(world.hashes.read_listed())) == 4


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"items": [ITEM, ITEM | {"sha256": "ab" * 31}]}, "items[1].sha256"),
        ({"items": [ITEM | {"sha256": "ab" * 32 + "\n"}]}, "items[0].sha256"),
        ({"items": [ITEM | {"sha256": "xy" * 32}]}, "items[0].sha256"),
        ({"items": [ITEM | {"sha256": 5}]}, "items[0].sha256"),
        ({"items": [ITEM | {"md5": "cd" * 32}]}, "items[0].md5"),
        ({"items": [ITEM | {"sha1": "cd" * 20}]}, "items[0].sha1"),
        ({"items": [ITEM | {"file": "me.jpg"}]}, "items[0].file"),
        ({"items": [ITEM | {"kind": "audio"}]}, "items[0].kind"),
        ({"items": [ITEM | {"hashes": [HASH | {"pdq": "0f" * 31}]}]}, "items[0].hashes[0].pdq"),
        ({"items": [ITEM | {"hashes": [HASH | {"quality": 101}]}]}, "items[0].hashes[0].quality"),
        ({"items": [ITEM | {"hashes": [HASH | {"quality": "90"}]}]}, "items[0].hashes[0].quality"),
        ({"items": [ITEM | {"hashes": [HASH | {"phash": "0f" * 8 + "\n"}]}]}, "items[0].hashes[0].phash"),
        ({"items": [ITEM | {"hashes": [HASH] * 9}]}, "items[0].hashes"),
        ({"items": [ITEM | {"hashes": [HASH | {"windows": ["0f" * 32] * 33}]}]}, "items[0].hashes[0].windows"),
        ({"items": [ITEM | {"hashes": [HASH | {"windows": ["0f" * 32] * 17}] * 2}]}, "items[0]"),
        ({"items": [ITEM] * 101}, "items"),
        ({"items": []}, "items"),
        ({"items": "none"}, "items"),
        ({"case": "12"}, "case"),
        ({"case": CODE}, "case"),
        ({"category": "child"}, "category"),
        ({"email": "me@example.org"}, "email"),
    ],
)
def test_what_cannot_be_taken_is_named(api: Api, world: World, change: dict[str, Any], at: str) -> None:
    problem = refused(api("POST", "/submissions", SUBMISSION | change), 422)
    assert [fault["at"] for fault in problem["faults"]] == [at]
    assert list(world.hashes.read_listed()) == []


@pytest.mark.parametrize("missing", ["case", "category", "items"])
def test_what_is_missing_is_named(api: Api, missing: str) -> None:
    body = {name: value for name, value in SUBMISSION.items() if name != missing}
    assert refused(api("POST", "/submissions", body), 422)["faults"] == [{"at": missing, "detail": "Add this field."}]


@pytest.mark.parametrize("body", [None, "", "  ", "{", "nul", "[" * 50_000, '{"a": ' * 20_000, "\ud800"])
def test_what_is_no_json_is_refused(api: Api, body: str | None) -> None:
    refused(api("POST", "/submissions", body), 400)


@pytest.mark.parametrize("body", ["[]", "3", '"text"', "null"])
def test_json_that_is_no_object_is_refused(api: Api, body: str) -> None:
    refused(api("POST", "/submissions", body), 422)


def test_an_over_long_body_is_refused(api: Api) -> None:
    refused(api("POST", "/submissions", json.dumps(SUBMISSION) + " " * 524_288), 413)


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_refused(api: Api, kind: str) -> None:
    refused(api("POST", "/submissions", SUBMISSION, {"Content-Type": kind}), 415)


def test_a_body_that_is_no_text_is_refused(api: Api) -> None:
    refused(api("POST", "/submissions", "/////w==", isBase64Encoded=True), 400)
    refused(api("POST", "/submissions", "no base64", isBase64Encoded=True), 400)


def test_items_with_nothing_to_list_are_told_apart(api: Api) -> None:
    blurred = {"kind": "image", "hashes": [HASH | {"quality": 49}]}
    nothing = {"kind": "image", "hashes": [HASH | {"pdq": "00" * 32, "phash": "00" * 8}]}
    empty = {"kind": "video", "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    answer = api("POST", "/submissions", SUBMISSION | {"items": [blurred, ITEM, nothing, empty]})
    assert answer.status == 201
    assert answer.body["accepted"] == 1
    assert [(r["item"], r["reason"]) for r in answer.body["rejected"]] == [
        (0, "low_quality"),
        (2, "implausible"),
        (3, "implausible"),
    ]
    problem = refused(api("POST", "/submissions", SUBMISSION | {"case": "2" * 64, "items": [blurred, nothing]}), 422)
    assert [fault["at"] for fault in problem["faults"]] == ["items[0]", "items[1]"]


def test_too_many_items_of_a_case_are_refused(api: Api) -> None:
    videos = [{"kind": "video", "sha256": f"{n:064x}"} for n in range(1, 101)]
    assert api("POST", "/submissions", SUBMISSION | {"items": videos}).status == 201
    refused(api("POST", "/case/items", {"items": [ITEM]}, HOLDER), 422)


@pytest.mark.parametrize(
    "header", [None, "", CODE, "Bearer " + CODE, "Case", "Case 123", f"Case {CODE}Q", "Case " + "U" * 20, "Case é"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/case"), ("DELETE", "/case"), ("POST", "/case/items")])
def test_without_a_case_code_there_is_no_case(api: Api, method: str, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = api(method, path, {"items": [ITEM]} if method == "POST" else None, headers)
    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Case"


@pytest.mark.parametrize(("method", "path"), [("GET", "/case"), ("DELETE", "/case"), ("POST", "/case/items")])
def test_an_unknown_case_code_is_told_so(api: Api, method: str, path: str) -> None:
    refused(api(method, path, {"items": [ITEM]} if method == "POST" else None, HOLDER), 404)


@pytest.mark.parametrize("written", [CODE.lower(), CODE.replace("-", ""), CODE.replace("1", "I").replace("0", "o")])
def test_a_case_code_may_be_written_as_people_do(api: Api, written: str) -> None:
    api("POST", "/submissions", SUBMISSION)
    assert api("GET", "/case", headers={"authorization": f"case {written}"}).status == 200


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/cases"), ("PUT", "/case"), ("GET", "/submissions")]
)
def test_what_is_not_there_is_a_problem_too(api: Api, method: str, path: str) -> None:
    refused(api(method, path, {} if method == "PUT" else None), 404)


@pytest.mark.parametrize("fault", [throttled, denied])
def test_a_fault_of_ours_asks_for_a_repetition(
    api: Api, fault: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unspread.stores.transaction.time.sleep", lambda _: None)
    lines = collected(monkeypatch)
    with failing(lambda _at, operation: operation in ("TransactWriteItems", "Query"), fault):
        answer = api("POST", "/submissions", SUBMISSION)
    refused(answer, 503)
    assert answer.headers["Retry-After"] == "2"
    logged = lines.getvalue() + capsys.readouterr().out
    assert "request failed" in logged
    assert not any(secret in logged for secret in (CASE, "ab" * 16, "203.0.113", "Mozilla"))
    assert api("POST", "/submissions", SUBMISSION).status == 201


def test_no_request_leaves_a_trace_in_the_log(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = collected(monkeypatch)
    api("POST", "/submissions", SUBMISSION)
    api("POST", "/submissions", SUBMISSION | {"case": "x"})
    api("GET", "/case", headers=HOLDER)
    api("DELETE", "/case", headers=HOLDER)
    printed = capsys.readouterr()
    assert lines.getvalue() + printed.out + printed.err == ""


def test_the_openapi_document_is_served(api: Api) -> None:
    assert api("GET", "/openapi.json").body == openapi.document("submit")


@pytest.mark.parametrize("function", openapi.DOCUMENTS)
def test_the_openapi_documents_are_those_in_the_repository(world: World, function: str) -> None:
    kept = json.loads(openapi.DOCUMENTS[function].read_text(encoding="utf-8"))
    assert openapi.document(function) == kept, "run `make openapi` and look at the difference"


@pytest.mark.parametrize("function", openapi.DOCUMENTS)
def test_every_answer_that_can_be_given_is_documented(world: World, function: str) -> None:
    for path, methods in openapi.document(function)["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            assert {"429", "503"} <= set(answers), (method, path)
            for status, answer in answers.items():
                good = "application/xml" if path.startswith("/v2/") else "application/json"
                wanted = good if status < "400" else "application/problem+json"
                assert list(answer["content"]) == [wanted], (method, path, status)
