"""NCMEC's protocol, read: entries with several hashes, ranges, and documents that mean no good."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.exchange.pull_world import Asked, Reply, pdq, site
from unspread.hash_key import HashKey, Kind
from unspread.pull.ncmec import Ncmec
from unspread.pull.source import Fault, Page, Record, SourceError
from unspread.pull.web import Web

NOW = 1_795_000_000
MD5 = HashKey(Kind.MD5, "cd" * 16)
TIME = "2026-01-01T00:00:00Z"
SECONDS = 1_767_225_600


def entry(
    n: int, tag: str = "image", prints: str | None = None, time: str | None = TIME, name: str | None = None
) -> str:
    made = f"<pdq>{pdq(n).value}</pdq><sha1>{'a' * 40}</sha1>" if prints is None else prints
    stamp = "" if time is None else f"<timestamp>{time}</timestamp>"
    return (
        f'<{tag}><member id="42">A member</member>{stamp}<id>{f"e{n}" if name is None else name}</id>'
        f"<classification>A1</classification><fingerprints>{made}</fingerprints></{tag}>"
    )


def document(images: str = "", videos: str = "", following: str = "") -> bytes:
    paging = f"<paging><next>{following}</next></paging>" if following else ""
    return (
        f'<?xml version="1.0"?><queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
        f'<images count="1" maxTimestamp="{TIME}">{images}</images>'
        f'<videos count="1" maxTimestamp="{TIME}">{videos}</videos>{paging}</queryResult>'
    ).encode()


@contextmanager
def reading(answer: Callable[[Asked], Reply]) -> Iterator[tuple[Ncmec, list[Asked]]]:
    with site(answer) as other, Web(other.url + "/hashsharing", {}, wait=lambda _: None) as web:
        yield Ncmec(web, clock=lambda: NOW), other.asked


def one(body: bytes) -> Page:
    with reading(lambda _: Reply(body=body)) as (source, _):
        return next(source.pages("10"))


def fault(body: bytes) -> Fault:
    with reading(lambda _: Reply(body=body)) as (source, _), pytest.raises(SourceError) as raised:
        list(source.pages("10"))
    return raised.value.fault


def test_a_range_is_read_to_its_end_and_the_next_one_overlaps_it() -> None:
    pages = iter([document(entry(1), following="/v2/entries?start=1&amp;size=1"), document(videos=entry(2, "video"))])
    with reading(lambda _: Reply(body=next(pages))) as (source, asked):
        first, last = source.pages("")
    assert [each.path for each in asked] == ["/hashsharing/v2/entries"] * 2
    assert asked[0].query == {"from": "1970-01-01T00:00:00Z", "to": "2026-11-18T11:06:35Z"}
    assert asked[1].query == {"start": "1", "size": "1"}
    assert first == Page(
        (Record("42/e1", SECONDS, (pdq(1),)),), f"0 {NOW - 5} /v2/entries?start=1&size=1", 0, begins=True, ends=False
    )
    assert last == Page((Record("42/e2", SECONDS, (pdq(2),)),), str(NOW - 305), 0, begins=False, ends=True)


def test_a_range_goes_on_where_it_stopped() -> None:
    with reading(lambda _: Reply(body=document())) as (source, asked):
        (last,) = source.pages("7 5000 /v2/entries?start=1")
    assert asked[0].query == {"start": "1"}
    assert (last.cursor, last.begins) == ("4700", False)


def test_a_next_page_that_is_too_old_has_the_range_read_from_its_beginning() -> None:
    with reading(lambda asked: Reply(400) if "start" in asked.query else Reply(body=document())) as (source, asked):
        (last,) = source.pages("7 5000 /v2/entries?start=1")
    assert asked[-1].query["from"] == "1970-01-01T00:00:07Z"
    assert last.cursor == str(NOW - 305)


def test_a_range_that_is_refused_is_a_fault() -> None:
    with reading(lambda _: Reply(400)) as (source, _), pytest.raises(SourceError):
        list(source.pages("7"))


def test_entries_have_the_hashes_that_we_can_use() -> None:
    both = f"<pdq>{pdq(1).value.upper()}</pdq><md5>{MD5.value}</md5><pdna>AAAA</pdna><md5>{MD5.value}</md5><pdq/>"
    assert one(document(entry(1, prints=both))).records[0].keys == (pdq(1), MD5)
    useless = one(document(entry(1, prints="<sha1>aa</sha1>")))
    assert (useless.records, useless.skipped) == ((Record("42/e1", SECONDS, ()),), 0)


@pytest.mark.parametrize(("group", "tag"), [("images", "deletedImage"), ("videos", "deletedVideo")])
def test_deletions(group: str, tag: str) -> None:
    gone = entry(1, tag)
    read = one(document(gone) if group == "images" else document(videos=gone))
    assert read.records == (Record("42/e1", SECONDS, ()),)


def test_without_a_time_of_its_own_an_entry_has_its_groups() -> None:
    assert one(document(entry(1, time=None))).records[0].modified == SECONDS


BAD = [
    entry(1, name=""),
    entry(1, name="x" * 201),
    entry(1, tag="audio"),
    entry(1, tag="deletedVideo"),
    entry(1, time="yesterday"),
    entry(1, time="9999-12-31T23:59:59Z"),
    entry(1, time="2026-01-01T00:00:00+99:99"),
    entry(1, prints="<pdq>zz</pdq>"),
    entry(1, prints=f"<pdq>{'00' * 32}</pdq>"),
    entry(1, prints=f"<md5>{'a' * 100_000}</md5>"),
    entry(1).replace('id="42"', 'id="x"'),
    entry(1).replace('id="42"', f'id="{"4" * 30}"'),
    entry(1).replace(' id="42"', ""),
    entry(1).replace("<id>", "<id>1</id><id>"),
    "<image/>",
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad[:60])
def test_an_entry_that_cannot_be_read_is_counted(bad: str) -> None:
    read = one(document(entry(5) + bad + entry(6)))
    assert [each.keys for each in read.records] == [(pdq(5),), (pdq(6),)]
    assert read.skipped == 1


@pytest.mark.parametrize("position", range(6))
def test_a_bad_entry_in_any_position_keeps_no_other_from_arriving(position: int) -> None:
    entries = [entry(n) for n in range(5)]
    entries.insert(position, "<image><id>only</id></image>")
    read = one(document("".join(entries)))
    assert {key for each in read.records for key in each.keys} == {pdq(n) for n in range(5)}
    assert read.skipped == 1


def test_a_hash_that_cannot_be_read_leaves_the_entrys_others() -> None:
    read = one(document(entry(1, prints=f"<pdq>zz</pdq><md5>{MD5.value}</md5>")))
    assert (read.records[0].keys, read.skipped) == ((MD5,), 1)


LAUGHS = b'<!DOCTYPE q [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><queryResult>&b;</queryResult>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no XML",
        b"<queryResult>",
        b"<html></html>",
        b"\xff\xfe<",
        b'<?xml version="1.0" encoding="nonsense"?><queryResult/>',
        LAUGHS,
        b'<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><queryResult>&x;</queryResult>',
        b'<!DOCTYPE q SYSTEM "http://127.0.0.1/x.dtd"><queryResult/>',
        b"<queryResult>&undefined;</queryResult>",
        b"<queryResult>" + b"<a>" * 100_000,
        document(entry(1))[:-20],
    ],
    ids=lambda body: repr(body)[:60],
)
def test_a_document_that_cannot_be_read_is_malformed(body: bytes) -> None:
    assert fault(body) is Fault.MALFORMED


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example/v2/entries?start=1",
        "//elsewhere.example/v2/entries?start=1",
        "@elsewhere.example/v2/entries?start=1",
        ".elsewhere.example/v2/entries?start=1",
        "/v2/members",
        "/v2/entries?start=1 x",
        "/v2/entries?start=\u00e9",
        "/v2/entries?start=" + "1" * 5000,
    ],
    ids=lambda following: following[:40],
)
def test_a_next_page_elsewhere_is_not_asked_for(following: str) -> None:
    assert fault(document(following=following)) is Fault.MALFORMED


def test_pages_that_lead_to_themselves_end() -> None:
    same = document(entry(1), following="/v2/entries?start=1")
    with reading(lambda _: Reply(body=same)) as (source, asked), pytest.raises(SourceError) as raised:
        list(source.pages(""))
    assert raised.value.fault is Fault.STUCK
    assert len(asked) == 2
