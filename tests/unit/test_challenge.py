"""The HTTPS API asks for a proof of work: what it gives, takes and refuses."""

import base64
import json
from typing import Any

import pytest

from tests.support import proofs
from tests.support.api import CASE, HOLDER, ITEM, SUBMISSION, Api, refused
from tests.support.faults import denied, failing, throttled, unanswered
from tests.support.functions import Context, sample
from tests.support.logs import collected
from tests.support.world import World
from unspread import aws
from unspread.cli.challenge import solved

OTHER_CASE = "1" * 64
OTHER_ITEM = ITEM | {"sha256": "ef" * 32}


@pytest.fixture
def api(world: World) -> Api:
    return Api(world.function("submit"))


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.stores.transaction.time.sleep", lambda _: None)


def listed(world: World) -> int:
    return len(list(world.hashes.read_listed()))


def held(proof: str | None = None) -> dict[str, Any]:
    return SUBMISSION | {"proof": proof or proofs.easy()}


def encoded(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def decoded(proof: str) -> Any:
    return json.loads(base64.b64decode(proof))


def test_a_challenge_is_given_to_anyone_and_kept_nowhere(api: Api) -> None:
    answer = api("GET", "/challenge")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.body.keys() == {"parameters", "signature"}
    assert answer.body["parameters"]["cost"] == 1000
    assert aws.dynamodb().scan(TableName="CaseTable")["Items"] == []


def test_the_sample_event_is_answered_with_a_challenge(world: World) -> None:
    proof = proofs.earned(lambda event: world.function("submit").handler(event, Context()), sample("challenge"))
    assert decoded(proof)["solution"]["counter"] >= 1


def test_the_solution_of_a_challenge_lets_one_submission_pass(api: Api, world: World) -> None:
    proof = solved(api("GET", "/challenge").body)
    assert api("POST", "/submissions", held(proof)).status == 201
    assert listed(world) == 4
    problem = refused(api("POST", "/submissions", held(proof) | {"case": OTHER_CASE}), 403)
    assert problem["type"] == "urn:unspread:proof-used"
    assert world.cases.cases.read(OTHER_CASE) is None


@pytest.mark.parametrize(
    "change", [{"case": OTHER_CASE}, {"category": "minor"}, {"items": [OTHER_ITEM]}, {"items": [ITEM, OTHER_ITEM]}]
)
def test_a_used_proof_lets_nothing_else_pass(api: Api, world: World, change: dict[str, Any]) -> None:
    body = held()
    assert api("POST", "/submissions", body).status == 201
    assert refused(api("POST", "/submissions", body | change), 403)["type"] == "urn:unspread:proof-used"
    assert listed(world) == 4


def test_a_used_proof_lets_no_items_be_added(api: Api, world: World) -> None:
    body = held()
    assert api("POST", "/submissions", body).status == 201
    addition = {"items": [OTHER_ITEM], "proof": body["proof"]}
    assert refused(api("POST", "/case/items", addition, HOLDER), 403)["type"] == "urn:unspread:proof-used"
    assert listed(world) == 4


def test_the_same_request_passes_again_with_the_same_proof(api: Api) -> None:
    body = held()
    first = api("POST", "/submissions", body)
    assert first.status == 201
    assert api("POST", "/submissions", body) == first
    more = {"items": [OTHER_ITEM], "proof": proofs.easy()}
    added = api("POST", "/case/items", more, HOLDER)
    assert added.status == 200
    assert api("POST", "/case/items", more, HOLDER) == added


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("operation", ["PutItem", "TransactWriteItems"])
@pytest.mark.parametrize("fault", [throttled, denied, unanswered])
@pytest.mark.parametrize("performed", [True, False])
def test_a_request_that_died_half_way_is_completed_with_the_same_proof(
    api: Api, world: World, operation: str, fault: Any, performed: bool
) -> None:
    body = held()
    with failing(lambda _at, called: called == operation, fault, performed=performed):
        api("POST", "/submissions", body)
    assert api("POST", "/submissions", body).status == 201
    assert listed(world) == 4


def test_nothing_is_listed_before_the_proof_is_noted(api: Api) -> None:
    with failing(lambda _at, _operation: False) as calls:
        assert api("POST", "/submissions", held()).status == 201
    assert calls.made.index("PutItem") < calls.made.index("TransactWriteItems")
    assert calls.made.count("PutItem") == 1


@pytest.mark.parametrize("path", ["/submissions", "/case/items"])
def test_a_request_without_a_proof_is_refused(api: Api, world: World, path: str) -> None:
    assert api("POST", "/submissions", held()).status == 201
    body = {name: value for name, value in SUBMISSION.items() if path == "/submissions" or name == "items"}
    problem = refused(api("POST", path, json.dumps(body | {"items": [OTHER_ITEM]}), HOLDER), 422)
    assert problem["faults"] == [{"at": "proof", "detail": "Add this field."}]
    assert listed(world) == 4


GOOD = decoded(proofs.easy())


@pytest.mark.parametrize(
    ("proof", "at"),
    [
        (None, "proof"),
        (5, "proof"),
        ("", "proof"),
        ("no base64!", "proof"),
        (encoded(GOOD) + "\n", "proof"),
        (encoded(GOOD) + "A" * 2048, "proof"),
        (GOOD, "proof"),
        (base64.b64encode(b"no JSON").decode(), "proof"),
        (base64.b64encode(b"[" * 1500).decode(), "proof"),
        (base64.b64encode(b"\xff\xfe").decode(), "proof"),
        (encoded([GOOD]), "proof"),
        (encoded("text"), "proof"),
        (encoded(GOOD | {"more": 1}), "proof.more"),
        (encoded({"challenge": GOOD["challenge"]}), "proof.solution"),
        (encoded(GOOD | {"challenge": GOOD["challenge"] | {"signature": "00"}}), "proof.challenge.signature"),
        (
            encoded(GOOD | {"challenge": GOOD["challenge"] | {"signature": "0" * 64 + "\n"}}),
            "proof.challenge.signature",
        ),
        (encoded(GOOD | {"challenge": {"signature": "0" * 64}}), "proof.challenge.parameters"),
        (encoded(GOOD | {"solution": GOOD["solution"] | {"counter": -1}}), "proof.solution.counter"),
        (encoded(GOOD | {"solution": GOOD["solution"] | {"counter": 2**32}}), "proof.solution.counter"),
        (encoded(GOOD | {"solution": GOOD["solution"] | {"counter": True}}), "proof.solution.counter"),
        (encoded(GOOD | {"solution": GOOD["solution"] | {"counter": 1.5}}), "proof.solution.counter"),
        (encoded(GOOD | {"solution": GOOD["solution"] | {"derivedKey": "zz" * 32}}), "proof.solution.derivedKey"),
    ],
)
def test_what_is_no_proof_is_refused(api: Api, world: World, proof: object, at: str) -> None:
    problem = refused(api("POST", "/submissions", SUBMISSION | {"proof": proof}), 422)
    assert [fault["at"] for fault in problem["faults"]] == [at]
    assert listed(world) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "SHA-256"},
        {"cost": 0},
        {"cost": 1.0},
        {"keyLength": 1},
        {"keyPrefix": ""},
        {"nonce": ""},
        {"salt": "0"},
        {"expiresAt": None},
        {"expiresAt": 4e9},
        {"memoryCost": 1},
        {"keySignature": "00" * 32},
    ],
)
def test_a_challenge_of_another_kind_than_ours_is_refused_unseen(api: Api, change: dict[str, Any]) -> None:
    challenge = GOOD["challenge"]
    changed = GOOD | {"challenge": challenge | {"parameters": challenge["parameters"] | change}}
    problem = refused(api("POST", "/submissions", held(encoded(changed))), 422)
    assert [fault["at"] for fault in problem["faults"]] == [f"proof.challenge.parameters.{name}" for name in change]


@pytest.mark.parametrize(
    ("proof", "kind"),
    [
        (proofs.easy(expires_at=1), "expired"),
        (proofs.easy("a forger's secret"), "invalid"),
        (encoded(GOOD | {"solution": GOOD["solution"] | {"counter": 2}}), "invalid"),
        (encoded(GOOD | {"challenge": GOOD["challenge"] | {"signature": "0" * 64}}), "invalid"),
    ],
)
@pytest.mark.parametrize("path", ["/submissions", "/case/items"])
def test_a_proof_that_is_not_good_is_refused_by_its_kind(
    api: Api, world: World, path: str, proof: str, kind: str
) -> None:
    body = held(proof) if path == "/submissions" else {"items": [ITEM], "proof": proof}
    problem = refused(api("POST", path, body, HOLDER), 403)
    assert problem["type"] == f"urn:unspread:proof-{kind}"
    assert "GET /challenge" in problem["detail"]
    assert listed(world) == 0


def test_a_body_that_is_refused_for_its_shape_uses_up_no_proof(api: Api) -> None:
    body = held()
    refused(api("POST", "/submissions", body | {"category": "child"}), 422)
    refused(api("POST", "/submissions", body | {"items": [{"kind": "image"}]}), 422)
    refused(api("POST", "/case/items", {"items": [ITEM], "proof": body["proof"]}), 401)
    assert api("POST", "/submissions", body).status == 201


def test_status_and_withdrawal_need_no_proof(api: Api) -> None:
    assert api("POST", "/submissions", held()).status == 201
    assert api("GET", "/case", headers=HOLDER).status == 200
    assert api("DELETE", "/case", headers=HOLDER).status == 200


def test_without_the_secret_a_repetition_is_asked_for_and_nothing_is_told(
    api: Api, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(lambda _at, operation: operation == "GetSecretValue", denied):
        for answer in (api("GET", "/challenge"), api("POST", "/submissions", held())):
            problem = refused(answer, 503)
            assert answer.headers["Retry-After"] == "2"
            assert "ecret" not in json.dumps(problem)
    assert listed(world) == 0
    logged = str([vars(record) for record in caplog.records])
    assert logged.count("GetSecretValue") == 2
    assert not any(told in logged for told in (proofs.SECRET, "arn:aws", CASE, "ab" * 16))


def test_no_proof_leaves_a_trace_in_the_log_or_beside_the_case(
    api: Api, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = collected(monkeypatch)
    proof = solved(api("GET", "/challenge").body)
    assert api("POST", "/submissions", held(proof)).status == 201
    refused(api("POST", "/submissions", held(proof) | {"case": OTHER_CASE}), 403)
    refused(api("POST", "/submissions", held(proofs.easy("forged"))), 403)
    printed = capsys.readouterr()
    assert lines.getvalue() + printed.out + printed.err == ""
    (noted,) = [
        dict(item)
        for item in aws.dynamodb().scan(TableName="CaseTable")["Items"]
        if str(item["pk"]).startswith("proof#")
    ]
    text = json.dumps(noted, default=str)
    parts = decoded(proof)["challenge"]
    for told in (CASE, "ab" * 16, "0f" * 8, parts["signature"], parts["parameters"]["nonce"], proof):
        assert told not in text
