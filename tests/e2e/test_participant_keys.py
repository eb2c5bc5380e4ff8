"""Who gets what of the exchange and of the check, over HTTP on the deployed stack: nobody gets what is not theirs."""

import json
import time
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.e2e import operators
from tests.e2e.operators import JSON, XML, Participant, Reply
from tests.e2e.people import Person
from tests.e2e.signing import Signed
from tests.local.stack import Stack
from tests.support import pictures, polling
from unspread import case_code
from unspread.cli.files import hash_file
from unspread.exchange.page_token import Position, seal

FETCH = "/v1/FetchHashes"
VOTE = '<feedbackSubmission xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><affirmative/></feedbackSubmission>'
CALLS = [
    ("GET", FETCH, None),
    ("POST", "/v1/SubmitFeedback", '{"hashFeedbacks": []}'),
    ("POST", "/v1/SubmitHashes", '{"hashRecords": []}'),
    ("GET", "/v2/status", None),
    ("GET", "/v2/members", None),
    ("GET", "/v2/entries", None),
    ("GET", "/v2/feedback/PDQ/reasons", None),
    ("PUT", f"/v2/entries/1/{'0f' * 32}/PDQ/feedback", VOTE),
]


@dataclass(frozen=True)
class Case:
    """A case of one picture."""

    code: str
    item: dict[str, Any]

    @property
    def pdq(self) -> str:
        value: str = self.item["hashes"][0]["pdq"]
        return value


@pytest.fixture(scope="module")
def cases(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """A case of each category."""
    made = {}
    for seed, category in ((8901, "adult"), (8902, "minor")):
        file = tmp_path_factory.mktemp("case") / "picture.png"
        file.write_bytes(pictures.png(pictures.picture(seed)))
        case = Case(case_code.generate(), hash_file(file).item())
        body = {"case": case_code.digest(case.code), "category": category, "items": [case.item]}
        assert Person(stack).call("POST", "/submissions", body).status == 201
        made[category] = case
    return made


@pytest.fixture(scope="module")
def acme(stack: Stack) -> Participant:
    """A participant that may see everything, and list nothing."""
    return operators.participant(stack)


def refused(reply: Reply, status: int) -> str:
    """Assert that a reply is a problem document of this status; return it."""
    assert (reply.status, reply.kind) == (status, "application/problem+json"), reply
    assert reply.document["status"] == status
    assert reply.document["detail"]
    return reply.text


def checked(stack: Stack, *items: dict[str, Any]) -> list[str]:
    answer = requests.post(f"{stack.api}/check", json={"items": items}, auth=Signed(), timeout=polling.PATIENCE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON), answer.text
    return [item["verdict"] for item in answer.json()["items"]]


def image(pdq: str) -> dict[str, Any]:
    return {"kind": "image", "hashes": [{"pdq": pdq, "quality": 100}]}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call[:2]))
def test_a_revoked_key_is_answered_as_an_unknown_one(
    stack: Stack, acme: Participant, revoked: Participant, call: tuple[str, str, str | None]
) -> None:
    method, path, body = call
    kind = XML if method == "PUT" else JSON
    unknown = Participant(stack, "nobody", {**acme.keys, "Ocp-Apim-Subscription-Key": "nobody.nothing"})
    halves = Participant(stack, "halves", {**acme.keys, "x-functions-key": revoked.keys["x-functions-key"]})
    asking = (revoked, unknown, halves, Participant(stack, "nobody", {}))
    (answer,) = {refused(each.ask(method, path, body, kind), 401) for each in asking}
    assert revoked.name not in answer
    assert acme.ask(method, path, body, kind).status != 401


@pytest.fixture(scope="module")
def revoked(stack: Stack) -> Participant:
    """A participant that was let in until its keys were revoked."""
    made = operators.participant(stack)
    assert made.ask("GET", FETCH).status == 200
    made.revoke()
    return made


def test_a_participant_gets_hashes_of_its_categories_alone(stack: Stack, cases: dict[str, Case]) -> None:
    for category, hidden in (("adult", "minor"), ("minor", "adult")):
        limited = operators.participant(stack, categories=category)
        entries = limited.ask("GET", "/v2/entries")
        assert (entries.status, entries.kind) == (200, XML)
        for told in (str(limited.records()), entries.text):
            assert cases[category].pdq in told
            assert cases[hidden].pdq not in told


def test_feedback_on_a_hash_of_another_category_changes_nothing_and_tells_nothing(
    stack: Stack, cases: dict[str, Case], person: Person
) -> None:
    limited = operators.participant(stack, categories="adult")
    answers = set()
    for pdq in (cases["minor"].pdq, "5a" * 32):
        feedback = [{"hashValue": pdq, "feedbackValue": "Blocked", "tags": ["found:9"]}]
        reply = limited.ask("POST", "/v1/SubmitFeedback", {"count": 1, "hashFeedbacks": feedback})
        vote = limited.ask("PUT", f"/v2/entries/1/{pdq}/PDQ/feedback", VOTE, XML)
        assert (reply.status, vote.status) == (200, 200)
        answers.add((reply.text, vote.text))
    assert len(answers) == 1
    assert person.status(cases["minor"].code)["found"] == 0


def test_only_who_may_contribute_lists_hashes(stack: Stack, acme: Participant) -> None:
    pdq = "3c96" * 8 + "a55a" * 8
    record = {"signalType": "StopNCIISignalType.ImagePDQ", "hashValue": pdq}
    refused(acme.ask("POST", "/v1/SubmitHashes", {"hashRecords": [record]}), 403)
    assert checked(stack, image(pdq)) == ["clean"]
    lister = operators.participant(stack, "--contributes", "adult")
    answer = lister.ask("POST", "/v1/SubmitHashes", {"hashRecords": [record]})
    assert (answer.status, answer.document) == (200, {"count": 1, "rejected": []})
    assert checked(stack, image(pdq)) == ["match"]
    assert pdq not in acme.records()
    back = [{"hashValue": pdq, "feedbackValue": "Withdrawn"}]
    assert lister.ask("POST", "/v1/SubmitFeedback", {"hashFeedbacks": back}).status == 200
    assert checked(stack, image(pdq)) == ["clean"]


def test_page_tokens_are_good_for_whom_they_were_made_and_for_a_day(
    stack: Stack, acme: Participant, cases: dict[str, Case]
) -> None:
    assert cases
    page = acme.ask("GET", FETCH, startTimestamp=10, pageSize=1).document
    token = page["nextPageToken"]
    assert page["hasMoreRecords"]
    assert acme.ask("GET", FETCH, startTimestamp=10, pageSize=1, nextPageToken=token).status == 200
    secret = secret_of(stack, acme)
    ancient = seal(Position.at(10), secret, clock=lambda: time.time() - 2 * 86_400)
    forged = seal(Position.at(10), bytes(len(secret)))
    assert acme.ask("GET", "/v2/entries", token=seal(Position.at(10), secret)).status == 200
    other = operators.participant(stack)
    attempts = [(other, token), (acme, forged), (acme, ancient), (acme, token[:-1]), (acme, "é")]
    for who, text in attempts:
        for path, name in ((FETCH, "nextPageToken"), ("/v2/entries", "token")):
            assert text not in refused(who.ask("GET", path, **{name: text}), 400)
    refused(acme.ask("GET", FETCH, nextPageToken="x" * 501), 422)


def secret_of(stack: Stack, participant: Participant) -> bytes:
    """Return what a participant's page tokens are signed with; only the exchange knows it."""
    key = {"pk": {"S": "participants"}, "sk": {"S": participant.name}}
    return stack.dynamodb.get_item(TableName=stack.outputs["ExchangeTableName"], Key=key)["Item"]["secret"]["B"]


BOMB = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
HOSTILE = {
    "entities of entities": f'<!DOCTYPE x [<!ENTITY l0 "lol">{BOMB}]><feedbackSubmission>&l9;</feedbackSubmission>',
    "a file": '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><feedbackSubmission>&f;</feedbackSubmission>',
    "a document type elsewhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><feedbackSubmission/>',
    "depth": "<a>" * 5_000 + "</a>" * 5_000,
    "depth of feedback": "<feedbackSubmission>" + "<a>" * 200 + "</a>" * 200 + "</feedbackSubmission>",
    "size": VOTE.replace("<affirmative/>", "<affirmative/>" + " " * 20_000),
    "much size": VOTE + " " * 3_000_000,
    "many attributes": "<a " + " ".join(f'a{n}=""' for n in range(30_000)) + "/>",
    "its end": VOTE[:-5],
    "no XML": "{}",
    "nothing": "",
    "no votes": VOTE.replace("<affirmative/>", ""),
    "two votes": VOTE.replace("<affirmative/>", "<affirmative/><negative/>"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_xml_is_refused(acme: Participant, cases: dict[str, Case], what: str) -> None:
    path = f"/v2/entries/1/{cases['adult'].pdq}/PDQ/feedback"
    refused(acme.ask("PUT", path, HOSTILE[what], XML), 400)


def test_the_check_is_the_platforms_own(stack: Stack, acme: Participant, cases: dict[str, Case]) -> None:
    body = json.dumps({"items": [cases["adult"].item]})
    for headers in ({}, acme.keys, {"Authorization": "Basic YTpi"}, {"Authorization": "AWS4-HMAC-SHA256 Credential=x"}):
        reply = operators.call(stack, "POST", "/check", body, {"Content-Type": JSON, **headers})
        assert 400 <= reply.status < 500, reply
        assert "verdict" not in reply.text
    assert checked(stack, cases["adult"].item, cases["minor"].item, image("5a" * 32)) == ["match", "match", "clean"]
