"""Lists in files of a bucket: lines, versions of the file, and files that mean no good."""

import json

import pytest

from tests.exchange.pull_world import pdq
from tests.support.faults import denied, failing, throttled, unanswered
from tests.support.world import World
from unspread import aws
from unspread.hash_key import HashKey, Kind
from unspread.pull.hash_file import LONGEST_LINE, HashFile
from unspread.pull.source import Fault, Page, SourceError

SHA256, MD5 = HashKey(Kind.SHA256, "ab" * 32), HashKey(Kind.MD5, "cd" * 16)


@pytest.fixture
def bucket(world: World) -> str:
    world.s3.create_bucket(Bucket="files")
    return "files"


def put(key: str, body: bytes | str) -> str:
    data = body if isinstance(body, bytes) else body.encode()
    return aws.s3().put_object(Bucket="files", Key=key, Body=data)["ETag"].strip('"')


def read(key: str, cursor: str = "", lines: int = 1000) -> list[Page]:
    return list(HashFile(aws.s3(), f"s3://files/{key}", lines).pages(cursor))


def keys(pages: list[Page]) -> list[HashKey]:
    return [key for page in pages for record in page.records for key in record.keys]


def fault(key: str) -> Fault:
    with pytest.raises(SourceError) as raised:
        read(key)
    return raised.value.fault


def line(n: int) -> str:
    return json.dumps({"kind": "pdq", "hash": pdq(n).value}) + "\n"


def test_csv_has_its_columns_in_any_order(bucket: str) -> None:
    text = f'note,Hash,kind\r\n"a, b",{pdq(1).value.upper()},PDQ\r\n,{SHA256.value},sha256\r\n\r\n,{MD5.value}, md5\r\n'
    put("a.csv", "\ufeff" + text)
    (page,) = read("a.csv")
    assert (keys([page]), page.skipped, page.begins, page.ends) == ([pdq(1), SHA256, MD5], 0, True, True)


def test_json_lines(bucket: str) -> None:
    put("a.jsonl", line(1) + json.dumps({"kind": "md5", "hash": MD5.value, "note": 1}))
    assert keys(read("a.jsonl")) == [pdq(1), MD5]


@pytest.mark.parametrize("key", ["many.csv", "many.jsonl"])
def test_pages_are_read_on_from_any_of_them(bucket: str, key: str) -> None:
    lines = "kind,hash\n" + "".join(f"pdq,{pdq(n).value}\n" for n in range(25))
    put(key, lines if key.endswith("csv") else "".join(map(line, range(25))))
    whole = read(key, lines=7)
    assert keys(whole) == [pdq(n) for n in range(25)]
    assert [page.begins for page in whole] == [True, False, False, False]
    assert [page.ends for page in whole] == [False, False, False, True]
    for at, page in enumerate(whole):
        following = read(key, page.cursor, lines=7)
        assert keys(whole[: at + 1] + following) == [pdq(n) for n in range(25)]
        assert not any(each.begins for each in following)


def test_a_file_that_was_read_is_not_read_again(bucket: str) -> None:
    put("a.jsonl", line(1))
    (page,) = read("a.jsonl")
    with failing(lambda _at, _operation: False) as calls:
        assert read("a.jsonl", page.cursor) == [Page((), page.cursor, 0, begins=False, ends=True)]
    assert calls.made == ["HeadObject"]


def test_a_file_that_changed_is_read_from_its_beginning(bucket: str) -> None:
    put("a.jsonl", "".join(map(line, range(20))))
    first = next(HashFile(aws.s3(), "s3://files/a.jsonl", 5).pages(""))
    put("a.jsonl", line(7) + line(8))
    (page,) = read("a.jsonl", first.cursor)
    assert (keys([page]), page.begins) == ([pdq(7), pdq(8)], True)


def test_a_file_that_changes_while_it_is_read_is_a_malformed_page(bucket: str) -> None:
    put("a.csv", "kind,hash\n")

    def change(_at: int, operation: str) -> bool:
        if operation == "GetObject":
            put("a.csv", f"kind,hash\npdq,{pdq(1).value}\n")
        return False

    with failing(change):
        assert fault("a.csv") is Fault.MALFORMED


BAD = [
    "nonsense",
    "[]",
    "7",
    "null",
    '{"kind": "pdq"}',
    '{"kind": ["pdq"], "hash": "00"}',
    '{"kind": "phash", "hash": "0f0f0f0f0f0f0f0f"}',
    json.dumps({"kind": "pdq", "hash": "00" * 32}),
    json.dumps({"kind": "pdq", "hash": "0f" * 31}),
    json.dumps({"kind": "pdq", "hash": 7}),
    '{"kind": "pdq", "hash": ' + "9" * 5000 + "}",
    "[" * (LONGEST_LINE - 1),
    "x" * (LONGEST_LINE + 1),
    "x" * 300_000,
]


def test_a_line_that_cannot_be_read_is_counted(bucket: str) -> None:
    for bad in BAD:
        put("a.jsonl", f"{line(1)}{bad}\n{line(2)}")
        pages = read("a.jsonl")
        assert (keys(pages), sum(page.skipped for page in pages)) == ([pdq(1), pdq(2)], 1), bad[:40]


@pytest.mark.parametrize("position", range(4))
def test_a_bad_row_in_any_position_keeps_no_other_from_arriving(bucket: str, position: int) -> None:
    for bad in (b"pdq", b"pdq,zz", b",", b'"pdq,0f', b"\xff\xfe,\xff", b"pdq,\x00", b"x" * 200_000):
        rows = [f"pdq,{pdq(n).value}".encode() for n in range(3)]
        rows.insert(position, bad)
        put("a.csv", b"\n".join([b"kind,hash", *rows]))
        pages = read("a.csv", lines=2)
        assert (keys(pages), sum(page.skipped for page in pages)) == ([pdq(n) for n in range(3)], 1), bad[:40]


def test_a_csv_file_without_its_columns_is_malformed(bucket: str) -> None:
    for body in (b"", b"kind;hash\n", b"<html>\n", b"\xff\xfe", b'"kind,hash\n', b"x" * 100_000):
        put("a.csv", body)
        assert fault("a.csv") is Fault.MALFORMED, body[:40]


def test_an_empty_file_of_json_lines_is_an_empty_list(bucket: str) -> None:
    etag = put("a.jsonl", b"")
    assert read("a.jsonl") == [Page((), f"{etag} 0", 0, begins=True, ends=True)]
    assert read("a.jsonl", f"{etag} 0") == [Page((), f"{etag} 0", 0, begins=False, ends=True)]


def test_a_file_or_bucket_that_is_not_there(bucket: str) -> None:
    assert fault("none.csv") is Fault.MISSING


@pytest.mark.parametrize("operation", ["HeadObject", "GetObject"])
def test_faults_of_s3(bucket: str, operation: str) -> None:
    put("a.csv", "kind,hash\n")
    for error, expected in (
        (denied, Fault.CREDENTIALS),
        (throttled, Fault.UNREACHABLE),
        (unanswered, Fault.UNREACHABLE),
    ):
        with failing(lambda _at, called: called == operation, error):
            assert fault("a.csv") is expected
