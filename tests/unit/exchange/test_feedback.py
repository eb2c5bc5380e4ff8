"""Feedback: counted once, seen by those who submitted, and never enough for one participant to unlist anything."""

import pytest

from tests.exchange.world import ExchangeWorld, an_exchange
from tests.support.faults import failing, unanswered
from tests.support.logs import collected
from unspread import ulid
from unspread.cases import ItemStatus
from unspread.changes import Operation
from unspread.exchange.participant import Keys
from unspread.hash_key import HashKey, Kind
from unspread.settings import ExchangeSettings
from unspread.stores.feedback_table import FeedbackTable, Said
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.verdict import Status

CASE = "c" * 64
PDQ = HashKey(Kind.PDQ, "0f" * 32)
PICTURE = SubmittedItem("image", hashes=(SubmittedHash(PDQ.value, 90),))


def say(exchange: ExchangeWorld, keys: Keys, value: str, *tags: str, key: HashKey = PDQ) -> None:
    body = {"count": 1, "hashFeedbacks": [{"hashValue": key.value, "feedbackValue": value, "tags": list(tags)}]}
    answer = exchange.ask(keys, "POST", "/v1/SubmitFeedback", body)
    assert (answer.status, answer.body) == (200, {"count": 1})


def seen(exchange: ExchangeWorld) -> tuple[int, int]:
    """Return the copies found and removed that the holder of the case sees."""
    (item,) = exchange.world.cases.report(CASE).items
    return item.found, item.removed


def status(exchange: ExchangeWorld) -> Status:
    return exchange.world.hashes.read([PDQ])[PDQ].status


@pytest.fixture
def submitted(exchange: ExchangeWorld) -> ExchangeWorld:
    exchange.world.submit(CASE, PICTURE)
    return exchange


@pytest.mark.parametrize(
    ("value", "tags", "found", "removed"),
    [
        ("Blocked", [], 1, 1),
        ("Blocked", ["found:5", "removed:3"], 5, 3),
        ("Blocked", ["removed:3"], 3, 3),
        ("Blocked", ["found:2", "removed:9"], 2, 2),
        ("Blocked", ["found:9999999"], 1_000_000, 1_000_000),
        ("Blocked", ["found:-5", "found:x", "found: 5", "other"], 1, 1),
        ("PendingReview", [], 1, 0),
        ("PendingReview", ["found:4"], 4, 0),
        ("NotBlocked", ["found:4"], 0, 0),
        ("None", ["found:4"], 0, 0),
        ("Unknown", [], 0, 0),
        ("QualityUnknown", [], 0, 0),
    ],
)
def test_what_participants_found_is_seen_in_the_case(
    submitted: ExchangeWorld, value: str, tags: list[str], found: int, removed: int
) -> None:
    say(submitted, submitted.participant(), value, *tags)
    assert seen(submitted) == (found, removed)


def test_a_repeated_report_counts_once_and_a_later_one_replaces_it(submitted: ExchangeWorld) -> None:
    keys = submitted.participant()
    for _ in range(3):
        say(submitted, keys, "Blocked", "found:3")
    assert seen(submitted) == (3, 3)
    say(submitted, keys, "Blocked", "found:5", "removed:1")
    assert seen(submitted) == (5, 1)
    say(submitted, keys, "Withdrawn")
    assert seen(submitted) == (0, 0)


def test_the_reports_of_participants_add_up(submitted: ExchangeWorld) -> None:
    for name in ("one", "two"):
        say(submitted, submitted.participant(name), "Blocked", "found:2", "removed:1")
    assert seen(submitted) == (4, 2)


def test_participants_who_dispute_at_once_are_all_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with an_exchange(DISPUTE_LIMIT="2") as exchange:
        monkeypatch.setattr("unspread.stores.transaction.time.sleep", lambda _: None)
        exchange.world.submit(CASE, PICTURE)
        one, other = exchange.participant("one"), exchange.participant("other")
        read = FeedbackTable.read
        raced: list[str] = []

        def read_and_be_overtaken(table: FeedbackTable, key: HashKey, participant: str) -> Said:
            said = read(table, key, participant)
            if participant == "one" and not raced:
                raced.append(participant)
                exchange.lock.release()
                say(exchange, other, "NotBlocked")
                exchange.lock.acquire()
            return said

        monkeypatch.setattr(FeedbackTable, "read", read_and_be_overtaken)
        say(exchange, one, "NotBlocked")
        assert raced
        assert status(exchange) is Status.HELD


def test_a_report_whose_answer_was_lost_is_repeated_without_counting_twice(
    submitted: ExchangeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unspread.stores.transaction.time.sleep", lambda _: None)
    keys = submitted.participant()
    with failing(lambda _at, operation: operation == "TransactWriteItems", unanswered, performed=True):
        say(submitted, keys, "Blocked", "found:3")
    say(submitted, keys, "Blocked", "found:3")
    assert seen(submitted) == (3, 3)


def test_a_case_sees_only_what_was_reported_since_it_joined(submitted: ExchangeWorld) -> None:
    keys = submitted.participant()
    say(submitted, keys, "Blocked", "found:3")
    submitted.world.submit("d" * 64, PICTURE)
    say(submitted, keys, "Blocked", "found:4")
    assert submitted.world.cases.report("d" * 64).items == (ItemStatus("image", 1, 1),)
    say(submitted, keys, "Withdrawn")
    assert submitted.world.cases.report("d" * 64).items == (ItemStatus("image", 0, 0),)


def test_feedback_on_what_a_participant_was_never_told_of_is_passed_over_without_a_word(
    exchange: ExchangeWorld,
) -> None:
    exchange.world.submit(CASE, PICTURE, category="minor")
    keys = exchange.participant(categories=frozenset(["adult"]))
    for value in ("Blocked", "NotBlocked"):
        say(exchange, keys, value)
        say(exchange, keys, value, key=HashKey(Kind.PDQ, "1e" * 32))
        say(exchange, keys, value, key=HashKey(Kind.MD5, "1e" * 16))
    assert seen(exchange) == (0, 0)
    assert HashKey(Kind.PDQ, "1e" * 32) not in exchange.world.hashes.read([HashKey(Kind.PDQ, "1e" * 32)])


# ---------------------------------------------------------------------------------------------------- disputes


def test_one_participant_holds_nothing_however_often_it_disputes(submitted: ExchangeWorld) -> None:
    keys = submitted.participant()
    for value in ["NotBlocked", "Blocked", "NotBlocked"] * 3:
        say(submitted, keys, value)
    assert status(submitted) is Status.ACTIVE


def test_one_participant_holds_nothing_by_what_it_claims_to_have_found(submitted: ExchangeWorld) -> None:
    say(submitted, submitted.participant(), "Blocked", "found:999999")
    assert submitted.world.guard([PDQ])[PDQ].status is Status.ACTIVE


def test_enough_participants_who_dispute_hold_a_hash_for_a_person(submitted: ExchangeWorld) -> None:
    for number, name in enumerate(("one", "two", "three"), 1):
        assert status(submitted) is Status.ACTIVE, number
        say(submitted, submitted.participant(name), "NotBlocked")
    assert status(submitted) is Status.HELD
    changes = [change for entry in submitted.world.log.read_from(ulid.START)[0] for change in entry.changes]
    assert Operation.HOLD in {change.operation for change in changes}
    other = submitted.participant("other")
    assert submitted.ask(other, "GET", "/v1/FetchHashes").body["hashRecords"][0]["hashStatus"] == "Withdrawn"


def test_a_dispute_that_was_taken_back_counts_no_longer(submitted: ExchangeWorld) -> None:
    one = submitted.participant("one")
    say(submitted, one, "NotBlocked")
    say(submitted, one, "Blocked")
    for name in ("two", "three"):
        say(submitted, submitted.participant(name), "NotBlocked")
    assert status(submitted) is Status.ACTIVE


def test_what_a_person_approved_is_not_held_for_disputes_again(submitted: ExchangeWorld) -> None:
    for name in ("one", "two", "three"):
        say(submitted, submitted.participant(name), "NotBlocked")
    submitted.world.guard.approve(PDQ)
    say(submitted, submitted.participant("four"), "NotBlocked")
    assert status(submitted) is Status.ACTIVE


def test_how_many_disputes_hold_is_the_operators_choice() -> None:
    with an_exchange(DISPUTE_LIMIT="2") as exchange:
        exchange.world.submit(CASE, PICTURE)
        for name in ("one", "two"):
            say(exchange, exchange.participant(name), "NotBlocked")
        assert status(exchange) is Status.HELD


@pytest.mark.parametrize("limit", ["0", "1", "many"])
def test_a_limit_by_which_one_participant_could_hold_is_refused(
    exchange: ExchangeWorld, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setenv("DISPUTE_LIMIT", limit)
    with pytest.raises(ValueError, match="dispute_limit"):
        ExchangeSettings.load()


def test_a_hold_raises_the_alarms_metric_and_logs_no_hash(
    submitted: ExchangeWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = collected(monkeypatch)
    for name in ("one", "two", "three"):
        say(submitted, submitted.participant(name), "NotBlocked")
    logged = lines.getvalue() + capsys.readouterr().out
    assert '"Held":[1.0]' in logged
    assert PDQ.value[:16] not in logged
