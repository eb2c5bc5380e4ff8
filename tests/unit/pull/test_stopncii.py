"""StopNCII's protocol, read: pages, cursors, records that cannot be read, and servers that mean no good."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.exchange.pull_world import KEYS, Asked, Reply, pdq, site
from unspread.hash_key import HashKey, Kind
from unspread.pull.source import CountedHash, Fault, Page, Record, SourceError
from unspread.pull.stopncii import StopNcii
from unspread.pull.web import Web

NOW = int(time.time())
MD5 = HashKey(Kind.MD5, "cd" * 16)


def record(n: int, **more: Any) -> dict[str, Any]:
    usual = {"lastModtimestamp": 100 + n, "signalType": "ImagePDQ", "hashValue": pdq(n).value, "hashStatus": "Active"}
    return usual | {"caseNumbers": {"1": "Active"}, "CSPFeedbacks": []} | more


def page(*records: object, after: int = 1000, token: str | None = None, **more: Any) -> dict[str, Any]:
    following = {"nextSetTimestamp": after, "nextPageToken": token, "hasMoreRecords": token is not None}
    return {"count": len(records), "hashRecords": list(records)} | following | more


def replying(*documents: dict[str, Any]) -> Callable[[Asked], Reply]:
    left = iter(documents)
    return lambda _: Reply(body=json.dumps(next(left)).encode())


@contextmanager
def reading(answer: Callable[[Asked], Reply]) -> Iterator[tuple[StopNcii, list[Asked]]]:
    with site(answer) as other, Web(other.url + "/v1", KEYS, wait=lambda _: None) as web:
        yield StopNcii(web), other.asked


def one(document: object) -> Page:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with reading(lambda _: Reply(body=body)) as (source, _):
        return next(source.pages("10"))


def fault(document: object, cursor: str = "10") -> Fault:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with reading(lambda _: Reply(body=body)) as (source, _), pytest.raises(SourceError) as raised:
        list(source.pages(cursor))
    return raised.value.fault


def test_all_pages_of_a_reading_are_asked_for_as_the_reference_client_asks() -> None:
    first, last = page(record(1), after=500, token="t1"), page(record(2), after=900)
    with reading(replying(first, last)) as (source, asked):
        pages = list(source.pages(""))
    assert [each.path for each in asked] == ["/v1/FetchHashes"] * 2
    assert asked[0].query == {"startTimestamp": "10", "pageSize": "800"}
    assert asked[1].query == {"startTimestamp": "500", "pageSize": "800", "nextPageToken": "t1"}
    assert {name: asked[0].headers[name] for name in KEYS} == KEYS
    assert pages == [
        Page((Record(str(pdq(1)), 101, (pdq(1),)),), "500 t1", 0, begins=True, ends=False),
        Page((Record(str(pdq(2)), 102, (pdq(2),)),), "900", 0, begins=False, ends=True),
    ]


def test_a_reading_goes_on_where_it_stopped() -> None:
    with reading(replying(page(after=900))) as (source, asked):
        (last,) = source.pages("500 t1")
    assert asked[0].query["nextPageToken"] == "t1"
    assert (last.begins, last.cursor) == (False, "900")


def test_a_token_that_is_too_old_is_left_out() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(400) if "nextPageToken" in asked.query else Reply(body=json.dumps(page(after=900)).encode())

    with reading(answer) as (source, asked):
        (last,) = source.pages("500 t1")
    assert asked[-1].query == {"startTimestamp": "500", "pageSize": "800"}
    assert (last.begins, last.cursor) == (False, "900")


@pytest.mark.parametrize(
    ("status", "keys"), [("Active", (pdq(1),)), ("Received", (pdq(1),)), ("Withdrawn", ()), ("Deleted", ())]
)
def test_statuses(status: str, keys: tuple[HashKey, ...]) -> None:
    assert one(page(record(1, hashStatus=status))).records == (Record(str(pdq(1)), 101, keys),)


def test_digests_of_videos_and_capital_letters() -> None:
    video = record(1, signalType="VideoMD5", hashValue=MD5.value.upper())
    assert one(page(video)).records[0].keys == (MD5,)


def test_signals_that_we_have_no_use_for_are_no_faults() -> None:
    others = [record(n, signalType=name) for n, name in enumerate(["VideoTMK", "Text", "URL", "Unknown"])]
    assert one(page(*others)) == Page((), "1000", 0, begins=False, ends=True)


BAD: list[object] = [
    None,
    7,
    "text",
    [],
    {},
    record(1, signalType="ImagePDR"),
    record(1, signalType=["ImagePDQ"]),
    record(1, hashValue="0f" * 31),
    record(1, hashValue="zz" * 32),
    record(1, hashValue=10**40),
    record(1, hashValue=[pdq(1).value]),
    record(1, hashValue="00" * 32),
    record(1, hashValue="\u0130" * 64),
    record(1, hashValue=MD5.value),
    record(1, hashStatus="Lost"),
    record(1, hashStatus=None),
    record(1, hashStatus={"Active": True}),
    record(1, lastModtimestamp=-1),
    record(1, lastModtimestamp=True),
    record(1, lastModtimestamp=1.5),
    record(1, lastModtimestamp="100"),
    record(1, lastModtimestamp=4_102_444_800),  # in 2100
    record(1, lastModtimestamp=10**30),
    {name: value for name, value in record(1).items() if name != "lastModtimestamp"},
]


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_a_record_that_cannot_be_read_is_counted(bad: object) -> None:
    read = one(page(record(5), bad, record(6)))
    assert [each.keys for each in read.records] == [(pdq(5),), (pdq(6),)]
    assert read.skipped == 1


@pytest.mark.parametrize("position", range(6))
def test_a_bad_record_in_any_position_keeps_no_other_from_arriving(position: int) -> None:
    records: list[object] = [record(n) for n in range(5)]
    records.insert(position, {"hashValue": "nonsense"})
    read = one(page(*records))
    assert {key for each in read.records for key in each.keys} == {pdq(n) for n in range(5)}
    assert read.skipped == 1


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html>down for maintenance</html>",
        b'{"hashRecords": [',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"hashRecords":' + b'{"a":' * 100_000,
        b'{"nextSetTimestamp":' + b"9" * 10_000 + b"}",
        [],
        7,
        None,
        {},
        page(hashRecords=None),
        page(hashRecords={"0": record(1)}),
        page(hasMoreRecords="yes"),
        page(hasMoreRecords=True),
        page(hasMoreRecords=True, nextPageToken=""),
        page(hasMoreRecords=True, nextPageToken=["t"]),
        page(hasMoreRecords=True, nextPageToken="t\nx"),
        page(hasMoreRecords=True, nextPageToken="t" * 5000),
        page(nextSetTimestamp="1000"),
        page(nextSetTimestamp=None),
        page(nextSetTimestamp=-5),
        page(nextSetTimestamp=1e400),
        page(nextSetTimestamp=NOW + 10**6),
    ],
    ids=lambda document: repr(document)[:60],
)
def test_a_page_that_cannot_be_read_is_malformed(document: object) -> None:
    assert fault(document) is Fault.MALFORMED


def test_a_cursor_that_goes_back_is_a_fault() -> None:
    assert fault(page(after=999), cursor="1000") is Fault.BACKWARD
    assert fault(page(after=999, token="t"), cursor="1000") is Fault.BACKWARD


def test_pages_that_lead_to_themselves_end() -> None:
    same = json.dumps(page(record(1), after=500, token="t")).encode()
    with reading(lambda _: Reply(body=same)) as (source, asked), pytest.raises(SourceError) as raised:
        list(source.pages(""))
    assert raised.value.fault is Fault.STUCK
    assert len(asked) == 2


def test_pages_that_go_in_a_circle_end() -> None:
    def answer(asked: Asked) -> Reply:
        token = "b" if asked.query.get("nextPageToken") == "a" else "a"
        return Reply(body=json.dumps(page(after=500, token=token)).encode())

    with reading(answer) as (source, asked), pytest.raises(SourceError) as raised:
        list(source.pages(""))
    assert raised.value.fault is Fault.STUCK
    assert len(asked) == 3


def test_feedback_is_spelled_as_the_protocol_has_it() -> None:
    counted = [CountedHash(pdq(1), 3, 2), CountedHash(MD5, 10**9, 0)]
    with reading(lambda _: Reply(body=b"{}")) as (source, asked):
        source.report(counted)
    assert (asked[0].method, asked[0].path) == ("POST", "/v1/SubmitFeedback")
    assert asked[0].document == {
        "count": 2,
        "hashFeedbacks": [
            {"hashValue": pdq(1).value, "feedbackValue": "Blocked", "tags": ["found:3", "removed:2"]},
            {"hashValue": MD5.value, "feedbackValue": "PendingReview", "tags": ["found:1000000", "removed:0"]},
        ],
    }
