"""A list in a file of a bucket: CSV with the columns `kind` and `hash`, or a JSON object with them on each line.

Every version of the file is a full reading: what it does not have is withdrawn. A cursor is `<ETag> <offset>`, in bytes
behind the last line read; a file that changed meanwhile is read from its beginning.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError
from urllib3.exceptions import HTTPError

from unspread.hash_key import HashKey, Kind
from unspread.pull.source import DIGITS, Fault, Page, Record, SourceError, read_key, single

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LINES_A_PAGE = 1_000
LONGEST_LINE = 10_000
_CHUNK = 1 << 16
_FAULTS = {
    "403": Fault.CREDENTIALS,
    "AccessDenied": Fault.CREDENTIALS,
    "404": Fault.MISSING,
    "NoSuchKey": Fault.MISSING,
    "NoSuchBucket": Fault.MISSING,
}
_KINDS = {kind.value: kind for kind in DIGITS}


class _ChangedError(Exception):
    """The file is another by now."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its end, None if it is too long; and the offset behind it."""

    text: bytes | None
    after: int


@dataclass(frozen=True, slots=True)
class HashFile:
    """A list in a file."""

    client: "S3Client"
    address: str
    lines: int = LINES_A_PAGE

    def pages(self, cursor: str) -> Iterator[Page]:
        """Yield pages; see `Source`."""
        try:
            bucket, key = self._place()
            head = self.client.head_object(Bucket=bucket, Key=key)
            etag, size = head["ETag"].strip('"'), head["ContentLength"]
            known, _, offset = cursor.partition(" ")
            start = int(offset) if known == etag else 0
            if known == etag and start >= size:
                yield Page((), cursor, 0, begins=False, ends=True)
                return
            yield from self._read(etag, start, size)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise SourceError(_FAULTS.get(code, Fault.UNREACHABLE)) from None
        except _ChangedError:
            raise SourceError(Fault.MALFORMED) from None
        except (HTTPClientError, BotoConnectionError, HTTPError, OSError):
            raise SourceError(Fault.UNREACHABLE) from None

    def _read(self, etag: str, start: int, size: int) -> Iterator[Page]:
        columns = self._columns(etag, size) if self.address.endswith(".csv") else None
        records: list[Record] = []
        skipped, count, after = 0, 0, start
        begins = start == 0
        for line in self._lines(etag, start, size):
            count, after = count + 1, line.after
            is_header = columns is not None and count == 1 and start == 0
            if not is_header and line.text != b"":
                key = _key(line.text, columns)
                skipped += key is None
                records += [single(key, 0, listed=True)] if key else []
            if count % self.lines == 0 and after < size:
                yield Page(tuple(records), f"{etag} {after}", skipped, begins=begins, ends=False)
                records, skipped, begins = [], 0, False
        yield Page(tuple(records), f"{etag} {max(after, size)}", skipped, begins=begins, ends=True)

    def _lines(self, etag: str, start: int, size: int) -> Iterator[_Line]:
        """Yield lines in bounded memory: what is beyond the longest line is dropped as it comes."""
        if start >= size:
            return
        rest, after, too_long = b"", start, False
        for chunk in self._chunks(etag, f"bytes={start}-"):
            *ended, rest = (rest + chunk).split(b"\n")
            for text in ended:
                after += len(text) + 1
                yield _Line(None if too_long or len(text) > LONGEST_LINE else text.rstrip(b"\r"), after)
                too_long = False
            if len(rest) > LONGEST_LINE:
                after, rest, too_long = after + len(rest), b"", True
        if rest or too_long:
            yield _Line(None if too_long else rest.rstrip(b"\r"), size)

    def _columns(self, etag: str, size: int) -> dict[str, int]:
        """Read the header; return the position of each column."""
        first = next(self._chunks(etag, f"bytes=0-{LONGEST_LINE}"), b"") if size else b""
        cells = _cells(first.split(b"\n")[0].removeprefix(b"\xef\xbb\xbf")) or []
        columns = {cell.strip().lower(): at for at, cell in enumerate(cells)}
        if not {"kind", "hash"} <= columns.keys():
            raise SourceError(Fault.MALFORMED)
        return columns

    def _chunks(self, etag: str, part: str) -> Iterator[bytes]:
        bucket, key = self._place()
        try:
            body = self.client.get_object(Bucket=bucket, Key=key, IfMatch=etag, Range=part)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("412", "PreconditionFailed"):
                raise _ChangedError from None
            raise
        try:
            yield from body.iter_chunks(_CHUNK)
        finally:
            body.close()

    def _place(self) -> tuple[str, str]:
        bucket, _, key = self.address.removeprefix("s3://").partition("/")
        return bucket, key


def _key(line: bytes | None, columns: dict[str, int] | None) -> HashKey | None:
    """Return the hash of a line, None if it has none that can be listed."""
    values = _values(line, columns) if line is not None else None
    if values is None:
        return None
    kind, value = values
    if not isinstance(kind, str) or not isinstance(value, str):
        return None
    known: Kind | None = _KINDS.get(kind.strip().lower())
    return read_key(known, value.strip()) if known else None


def _values(line: bytes, columns: dict[str, int] | None) -> tuple[object, object] | None:
    if columns is not None:
        cells = _cells(line)
        places = columns["kind"], columns["hash"]
        return (cells[places[0]], cells[places[1]]) if cells and len(cells) > max(places) else None
    try:
        document = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return (document.get("kind"), document.get("hash")) if isinstance(document, dict) else None


def _cells(line: bytes) -> list[str] | None:
    try:
        rows = list(csv.reader([line.decode("utf-8")], strict=True))
    except (ValueError, csv.Error):
        return None
    return rows[0] if len(rows) == 1 else None
