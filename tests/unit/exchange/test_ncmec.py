"""The list in NCMEC's shape, and what is refused of the XML that participants send."""

import base64
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exchange.world import Answer, ExchangeWorld
from unspread import aws
from unspread.bulk import BulkListing
from unspread.exchange.ncmec_xml import FeedbackXmlError, feedback_from
from unspread.exchange.participant import Keys
from unspread.hash_key import HashKey, Kind
from unspread.stores.hash_log import HashLog
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.verdict import Status

START = 1_795_000_000
CASE = "c" * 64
PDQ = "0f" * 32
MD5 = "cd" * 16
PICTURE = SubmittedItem("image", hashes=(SubmittedHash(PDQ, 90),))
VIDEO = SubmittedItem("video", md5=MD5)
SPACE = "{https://hashsharing.ncmec.org/hashsharing/v2}"
AFFIRMATIVE = f'<feedbackSubmission xmlns="{SPACE[1:-1]}"><affirmative /></feedbackSubmission>'
NEGATIVE = "<feedbackSubmission><negative><reasonIds><guid>6f1d2c1e</guid></reasonIds></negative></feedbackSubmission>"


def ask(exchange: ExchangeWorld, keys: Keys, path: str, **query: str) -> Answer:
    return exchange.call("GET", path, basic(keys), query)


def basic(keys: Keys) -> dict[str, str]:
    pair = base64.b64encode(f"{keys.subscription}:{keys.function}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def entries(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/xml"
    root = ET.fromstring(answer.text)
    groups = [group for group in root if group.tag in (f"{SPACE}images", f"{SPACE}videos")]
    return [(entry.tag.removeprefix(SPACE), entry.findtext(f"{SPACE}id") or "") for group in groups for entry in group]


def vote(exchange: ExchangeWorld, keys: Keys, body: str, entry: str = PDQ, fingerprint: str = "PDQ") -> Answer:
    headers = basic(keys) | {"Content-Type": "application/xml; charset=utf-8"}
    return exchange.call("PUT", f"/v2/entries/1/{entry}/{fingerprint}/feedback", headers, None, body)


def test_participants_are_told_who_they_and_entries_are(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    status = ET.fromstring(ask(exchange, keys, "/v2/status").text)
    assert [member.text for member in status] == ["acme"]
    members = ET.fromstring(ask(exchange, keys, "/v2/members").text)
    assert [member.text for member in members] == ["Unspread", "acme"]
    exchange.participant("other")
    assert "other" not in ask(exchange, keys, "/v2/members").text


def test_entries_are_pictures_videos_and_deletions(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    exchange.world.submit(CASE, PICTURE, VIDEO)
    answer = ask(exchange, keys, "/v2/entries", **{"from": "2020-01-01T00:00:00Z"})
    assert entries(answer) == [("image", PDQ), ("video", MD5)]
    assert f"<pdq>{PDQ}</pdq>" in answer.text
    assert f"<md5>{MD5}</md5>" in answer.text
    exchange.world.cases.withdraw(CASE)
    answer = ask(exchange, keys, "/v2/entries")
    assert entries(answer) == [("deletedImage", PDQ), ("deletedVideo", MD5)]
    assert "fingerprints" not in answer.text


def test_categories_and_sources_are_those_of_the_feed(exchange: ExchangeWorld) -> None:
    keys = exchange.participant(categories=frozenset(["adult"]))
    exchange.world.submit(CASE, PICTURE, category="minor")
    listing = BulkListing(exchange.world.hashes, exchange.world.log, aws.dynamodb_transactions)
    listing([HashKey(Kind.PDQ, "1e" * 32)], "list#other", "adult", "2026-11-22")
    assert entries(ask(exchange, keys, "/v2/entries")) == []


def test_a_range_has_what_changed_in_it_and_what_may_have_come_late_before_it(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    hashes = exchange.world.hashes
    for second, digit in ((START, "1"), (START + 100, "2"), (START + 200, "3")):
        log = HashLog(aws.dynamodb(), "HashTable", clock=lambda now=second: now)  # type: ignore[misc]
        key = HashKey(Kind.PDQ, f"{digit}e" * 32)
        BulkListing(hashes, log, aws.dynamodb_transactions)([key], "case#x", "adult", "2026-11-22")
    assert told(exchange, keys, 80, 200) == ["2e"]
    assert told(exchange, keys, 80, 201) == ["2e", "3e"]
    assert told(exchange, keys, 160, 161) == ["2e"]
    assert told(exchange, keys, 161, 162) == []


def told(exchange: ExchangeWorld, keys: Keys, since: int, to: int) -> list[str]:
    """Return the first digits of what changed in a range of seconds."""
    times = [datetime.fromtimestamp(START + at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (since, to)]
    found = entries(ask(exchange, keys, "/v2/entries", **dict(zip(("from", "to"), times, strict=True))))
    return [name[:2] for _, name in found]


def test_pages_follow_each_other_by_their_path(exchange: ExchangeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.api.ncmec.ENTRIES_A_PAGE", 2)
    keys = exchange.participant()
    listing = BulkListing(exchange.world.hashes, exchange.world.log, aws.dynamodb_transactions)
    listing([HashKey(Kind.PDQ, f"{n}e" * 32) for n in range(5)], "case#x", "adult", "2026-11-22")
    answer = ask(exchange, keys, "/v2/entries")
    found = entries(answer)
    pages = 1
    while following := ET.fromstring(answer.text).findtext(f"{SPACE}paging/{SPACE}next"):
        path, _, token = following.partition("?token=")
        answer = ask(exchange, keys, path, token=token)
        found += entries(answer)
        pages += 1
    assert pages == 3
    assert sorted(found) == [("image", f"{n}e" * 32) for n in range(5)]


@pytest.mark.parametrize(
    "query",
    [{"from": "soon"}, {"to": "2026-13-01T00:00:00Z"}, {"from": "2126-01-01T00:00:00Z"}, {"token": "AAAA"}],
)
def test_what_cannot_be_asked_is_refused(exchange: ExchangeWorld, query: dict[str, str]) -> None:
    answer = ask(exchange, exchange.participant(), "/v2/entries", **query)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("path", ["/v2/status", "/v2/members", "/v2/entries", "/v2/feedback/PDQ/reasons"])
def test_without_a_password_nothing_is_answered(exchange: ExchangeWorld, path: str) -> None:
    keys = exchange.participant()
    answer = ask(exchange, Keys("wrong", keys.subscription), path)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_votes_are_feedback(exchange: ExchangeWorld) -> None:
    exchange.world.submit(CASE, PICTURE, VIDEO)
    keys = exchange.participant()
    assert vote(exchange, keys, AFFIRMATIVE).status == 200
    assert vote(exchange, keys, AFFIRMATIVE, MD5, "MD5").status == 200
    assert [item.found for item in exchange.world.cases.report(CASE).items] == [1, 1]
    for name in ("one", "two", "three"):
        assert vote(exchange, exchange.participant(name), NEGATIVE).status == 200
    assert exchange.world.hashes.read([HashKey(Kind.PDQ, PDQ)])[HashKey(Kind.PDQ, PDQ)].status is Status.HELD


def test_reasons_are_told_for_the_fingerprints_there_are(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    assert ET.fromstring(ask(exchange, keys, "/v2/feedback/PDQ/reasons").text)[0][0].get("guid")
    assert ask(exchange, keys, "/v2/feedback/PDNA/reasons").status == 404


@pytest.mark.parametrize(
    ("entry", "fingerprint"), [(PDQ, "MD5"), (MD5, "PDQ"), (PDQ, "SHA1"), ("x" * 64, "PDQ"), (PDQ.upper(), "PDQ")]
)
def test_a_vote_on_no_entry_is_refused(exchange: ExchangeWorld, entry: str, fingerprint: str) -> None:
    answer = vote(exchange, exchange.participant(), AFFIRMATIVE, entry, fingerprint)
    assert answer.status == 404
    assert entry not in answer.text


def test_a_vote_is_xml(exchange: ExchangeWorld) -> None:
    keys = exchange.participant()
    path = f"/v2/entries/1/{PDQ}/PDQ/feedback"
    assert exchange.ask(keys, "PUT", path, AFFIRMATIVE).status == 415


BILLION = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    "<feedbackSubmission><affirmative>&b;</affirmative></feedbackSubmission>"
)
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<feedbackSubmission><affirmative>&a;</affirmative></feedbackSubmission>"
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BILLION, "document type"),
        (EXTERNAL, "document type"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd"><feedbackSubmission><affirmative/></feedbackSubmission>', "type"),
        ("<a>" * 2000 + "</a>" * 2000, "too deep"),
        ("<feedbackSubmission>" + " " * 16_384 + "</feedbackSubmission>", "at most"),
        ("", "well-formed"),
        ("<", "well-formed"),
        ("<feedbackSubmission>&nbsp;</feedbackSubmission>", "well-formed"),
        ("<feedbackSubmission><affirmative/>", "well-formed"),
        ("{}", "well-formed"),
        ("\ud800", "well-formed"),
        ("<x\x00/>", "well-formed"),
        ('<?xml version="1.0" encoding="utf-7"?><x/>', "one of"),
        ("<feedbackSubmission/>", "one of"),
        ("<affirmative/>", "one of"),
        ("<feedbackSubmission><affirmative/><negative/></feedbackSubmission>", "one of"),
    ],
)
def test_hostile_or_other_xml_is_refused_in_words(exchange: ExchangeWorld, body: str, words: str) -> None:
    with pytest.raises(FeedbackXmlError, match=words):
        feedback_from(body)
    exchange.world.submit(CASE, PICTURE)
    answer: Any = vote(exchange, exchange.participant(), body)
    assert answer.status == 400
    assert exchange.world.hashes.read([HashKey(Kind.PDQ, PDQ)])[HashKey(Kind.PDQ, PDQ)].found == 0
