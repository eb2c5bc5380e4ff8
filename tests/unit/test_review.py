"""People decide: what they see, what a decision does, and what it refuses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.reviews import (
    ALEX,
    CASE,
    COPY,
    ITEM,
    KIM,
    PDQ,
    Desk,
    audit,
    caught,
    counted,
    current,
    review,
    set_held,
    suspected,
    table,
)
from tests.support.world import World
from unspread import aws
from unspread.verdict import Status

pytestmark = pytest.mark.usefixtures("direct_bands")


# ----------------------------------------------------------------------------------------------------- seeing


def test_what_waits_is_listed_with_all_but_hashes(world: World, desk: Desk) -> None:
    name, message = caught(world, category="minor")
    answer = desk.get()
    assert answer.status == 200
    (told,) = answer.body["reviews"]
    assert (told["id"], told["verdict"], told["category"], told["kind"]) == (name, "match", "minor", "pdq")
    assert (told["key"], told["version"]) == (message["object"]["key"], message["object"]["version-id"])
    assert told["size"] == len(COPY)
    assert told["quarantine"] == {"bucket": world.quarantine_bucket, "key": f"objects/{name}"}
    assert 48 * 3600 - 600 < told["left"] <= 48 * 3600
    assert told["distance"] <= 31
    assert answer.body["next"] is None
    alone = desk.get(f"/reviews/{name}").body
    assert told["left"] - 600 < alone["left"] <= told["left"]  # it is asked a moment later
    assert alone | {"left": told["left"]} == told
    assert not any(key.bytes.hex() in str(answer.body) for key in ITEM.listable())


def test_reviews_are_filtered_by_verdict_and_paged(world: World, desk: Desk) -> None:
    first, _ = caught(world)
    assert world.deliver(world.put("b.jpg", COPY)) == []
    assert desk.get(verdict="suspect").body["reviews"] == []
    page = desk.get(limit="1", verdict="match").body
    assert [each["id"] for each in page["reviews"]] == [first]
    rest = desk.get(limit="1", after=page["next"]).body
    assert [each["key"] for each in rest["reviews"]] == ["b.jpg"]


@pytest.mark.parametrize("path", [f"/reviews/{'0' * 64}"])
def test_a_review_that_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get(path).status == 404
    assert desk.post(path, {"decision": "release"}).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [({"decision": "maybe"}, 422), ({}, 422), ({"decision": "hold", "note": "x" * 501}, 422), ([], 422)],
)
def test_decisions_that_nobody_knows_are_refused(desk: Desk, body: object, status: int) -> None:
    assert desk.post(f"/reviews/{'0' * 64}", body).status == status


def test_a_decision_without_a_name_is_refused(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    assert desk.post(f"/reviews/{name}", {"decision": "release"}, who=None).status == 403
    assert review(name).is_open


# ------------------------------------------------------------------------------------------------- confirming


def test_a_confirmed_match_stays_in_quarantine_until_its_day(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    answer = desk.decide(name, "confirm", note="clear")
    assert (answer.status, answer.body["decision"], answer.body["done"]) == (200, "confirm", True)
    assert (datetime.fromisoformat(answer.body["due"]).date() - datetime.now(UTC).date()).days == 30
    assert world.quarantined() == [COPY]
    assert list(table().open()) == []
    assert "Report Due" not in world.event_types()


def test_a_confirmed_match_of_a_minor_has_to_be_reported(world: World, desk: Desk) -> None:
    name, _ = caught(world, category="minor")
    answer = desk.decide(name, "confirm")
    assert (datetime.fromisoformat(answer.body["due"]).date() - datetime.now(UTC).date()).days == 365
    (report,) = (event for event in world.events() if event["detail-type"] == "Report Due")
    assert (report["detail"]["id"], report["detail"]["category"]) == (name, "minor")


def test_a_confirmed_suspect_of_an_active_hash_is_removed(world: World, desk: Desk) -> None:
    name, message = suspected(world)
    world.guard.approve(PDQ)  # active again, but not swept yet
    assert desk.decide(name, "confirm").status == 200
    assert not world.is_there(message)
    assert world.quarantined() == [COPY]
    assert (review(name).verdict, review(name).done) == ("match", True)


def test_a_confirmed_suspect_beyond_the_match_distance_is_removed_too(world: World, desk: Desk) -> None:
    *_, phash = (key for key in ITEM.listable() if str(key).startswith("phash#"))
    world.submit(CASE, ITEM)
    for key in ITEM.listable():
        if key != phash:
            set_held(world, key)
    message = world.put("suspect.jpg", COPY)
    assert world.deliver(message) == []
    (name,) = (each.upload_id for each in table().open())
    assert desk.decide(name, "confirm").status == 200
    assert not world.is_there(message)
    (found,) = (event["detail"] for event in world.events() if event["detail-type"] == "Match Found")
    assert (found["kind"], found["action"]) == ("phash", "quarantined")


def test_a_suspect_of_a_held_hash_waits_for_the_approval_of_the_hash(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, message = suspected(world)
    refused = desk.decide(name, "confirm")
    assert (refused.status, "held" in refused.body["detail"]) == (409, True)
    assert world.is_there(message)

    assert desk.decide(name, "approve").status == 200
    assert world.hashes.read([PDQ])[PDQ].status is Status.ACTIVE
    assert world.reconcile().acted == 1
    assert not world.is_there(message)
    assert (review(name).verdict, review(name).is_open) == ("match", True)
    assert desk.decide(name, "approve").status == 409


def test_a_suspect_of_a_withdrawn_hash_cannot_be_confirmed(world: World, desk: Desk) -> None:
    name, message = suspected(world)
    world.cases.withdraw(CASE)
    refused = desk.decide(name, "confirm")
    assert (refused.status, "withdrawn" in refused.body["detail"]) == (409, True)
    assert world.is_there(message)


def test_a_hash_withdrawn_between_the_decision_and_its_last_check_removes_nothing(
    world: World, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, message = suspected(world)
    with monkeypatch.context() as patch:
        patch.setattr("unspread.review.Reviewing._check", lambda *_: None)
        assert desk.decide(name, "confirm").status == 409
    assert world.is_there(message)
    assert review(name).is_open
    assert not review(name).decision


def test_what_is_acted_on_just_now_is_not_decided(world: World, desk: Desk) -> None:
    name, message = caught(world)
    aws.dynamodb().update_item(
        TableName="UploadTable",
        Key={"pk": f"object#{name}", "sk": "record"},
        UpdateExpression="SET done = :no",
        ExpressionAttributeValues={":no": False},
    )
    assert desk.decide(name, "release").status == 409
    assert not world.is_there(message)


# -------------------------------------------------------------------------------------------------- two people


@pytest.fixture
def two(world: World, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("REVIEWERS_NEEDED", "2")
    return Desk(world)


def test_two_people_have_to_agree_and_one_counts_once(world: World, two: Desk) -> None:
    name, message = caught(world)
    first = two.decide(name, "release", ALEX)
    assert first.body["votes"] == [{"who": ALEX, "decision": "release"}]
    assert two.decide(name, "release", ALEX).body["decision"] == ""
    assert two.decide(name, "confirm", KIM).body["decision"] == ""
    assert not world.is_there(message)
    assert two.decide(name, "release", KIM).body["decision"] == "release"
    assert current(world, message["object"]["key"])["Body"] == COPY


def test_a_confirmation_cannot_be_undone_by_one_person(world: World, two: Desk) -> None:
    name, _ = caught(world)
    two.decide(name, "confirm", ALEX)
    assert two.decide(name, "confirm", KIM).body["decision"] == "confirm"
    for _ in range(2):
        assert two.decide(name, "release", ALEX).body["decision"] == "confirm"
    assert world.quarantined() == [COPY]
    assert two.decide(name, "release", KIM).body["decision"] == "release"
    assert world.quarantined() == []


def test_two_people_have_to_agree_on_an_approval(world: World, two: Desk) -> None:
    name, _ = suspected(world)
    assert two.decide(name, "approve", ALEX).status == 200
    assert world.hashes.read([PDQ])[PDQ].status is Status.HELD
    assert two.decide(name, "approve", KIM).status == 200
    assert world.hashes.read([PDQ])[PDQ].status is Status.ACTIVE


# ------------------------------------------------------------------------------------- marking, appeals, audit


def test_an_escalated_review_stays_open(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    assert desk.decide(name, "escalate").body["escalated"] is True
    assert desk.decide(name, "escalate").status == 200
    assert [each.upload_id for each in table().open()] == [name]
    assert "Review Escalated" in world.event_types()


def test_a_review_that_is_decided_can_be_escalated(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    desk.decide(name, "confirm")
    assert desk.decide(name, "escalate").status == 200
    told = next(event["detail"] for event in world.events() if event["detail-type"] == "Review Escalated")
    assert told["decision"] == "confirm"


def test_an_appeal_opens_a_confirmed_review_again(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    desk.decide(name, "confirm")
    assert desk.decide(name, "appeal").body["decision"] == ""
    assert [each.upload_id for each in table().open()] == [name]
    assert review(name).due == ""
    assert "Review Reopened" in world.event_types()
    assert desk.decide(name, "release").body["decision"] == "release"
    assert desk.decide(name, "appeal").status == 409
    assert desk.decide(name, "confirm").status == 409


def test_whatever_people_do_is_written_down(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    done = ["escalate", "hold", "unhold", "viewed", "confirm", "appeal", "release"]
    for decision in done:
        assert desk.decide(name, decision, KIM, note=f"why {decision}").status == 200
    month = f"{datetime.now(UTC):%Y-%m}"
    entries = audit(month)
    assert sorted(each.what for each in entries) == sorted(done)
    assert {(each.who, each.review) for each in entries} == {(KIM, name)}
    assert {each.note for each in entries} == {f"why {decision}" for decision in done}
    told = desk.get("/reviews/audit", month=month).body["entries"]
    assert [each["what"] for each in told] == [each.what for each in entries]
    assert desk.get("/reviews/audit", month="soon").status == 422


def test_nothing_of_a_decision_is_logged(world: World, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    name, _ = caught(world)
    capsys.readouterr()
    desk.decide(name, "release", note="a note")
    output = "".join(capsys.readouterr())
    assert not any(secret in output for secret in (ALEX, "a note", "a b+c.jpg", PDQ.bytes.hex()))


def test_repeating_a_decision_changes_nothing(world: World, desk: Desk) -> None:
    name, _ = caught(world)
    answers: list[Any] = [desk.decide(name, "release").body for _ in range(2)]
    assert answers[0] | {"left": 0} == answers[1] | {"left": 0}
    assert counted(world) == (0, 0)
    assert len(audit(f"{datetime.now(UTC):%Y-%m}")) == 1
