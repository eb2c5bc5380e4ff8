"""StopNCII's protocol, which other Unspreads speak too: what changed since a time, page by page.

A cursor is `<time>`, or `<time> <token>` within a reading: the newest `nextSetTimestamp`, and the token of the next
page. A token that is refused, for it is too old, is left out: the reading goes on at the time, which repeats some.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from unspread.hash_key import Kind
from unspread.pull.source import CountedHash, Fault, Page, Record, SourceError, pages_from, read_key, read_time, single
from unspread.pull.web import BadRequestError, Web

USUAL_RECORDS = 800
"""Records of a page, unless pages of this size failed."""

_BEGINNING = 10  # as the reference client begins
_KINDS = {"ImagePDQ": Kind.PDQ, "VideoMD5": Kind.MD5}
_OTHERS = {"VideoTMK", "Text", "URL", "Unknown"}
"""Signals that we have no use for; they are no faults."""

_LISTED = {"Active", "Received"}
_GONE = {"Withdrawn", "Deleted"}
_MOST_TOKEN = 4096
_MOST_COPIES = 1_000_000


@dataclass(frozen=True, slots=True)
class StopNcii:
    """A list in StopNCII's shape."""

    web: Web
    records: int = USUAL_RECORDS
    clock: Callable[[], float] = time.time

    def pages(self, cursor: str) -> Iterator[Page]:
        """Yield pages; see `Source`."""
        return pages_from(cursor, self._page)

    def report(self, counted: Sequence[CountedHash]) -> None:
        """Send feedback; see `Reporter`."""
        feedbacks = [
            {
                "hashValue": each.key.value,
                "feedbackValue": "Blocked" if each.removed else "PendingReview",
                "tags": [f"found:{min(each.found, _MOST_COPIES)}", f"removed:{min(each.removed, _MOST_COPIES)}"],
            }
            for each in counted
        ]
        self.web.post("/SubmitFeedback", {"count": len(feedbacks), "hashFeedbacks": feedbacks})

    def _page(self, cursor: str, begins: bool) -> Page:
        text, _, token = cursor.partition(" ")
        start = int(text or _BEGINNING)
        fields = {"startTimestamp": str(start), "pageSize": str(self.records)}
        if token:
            try:
                body = self.web.get("/FetchHashes", fields | {"nextPageToken": token})
            except BadRequestError:
                body = self.web.get("/FetchHashes", fields)
        else:
            body = self.web.get("/FetchHashes", fields)
        return self._read(_document(body), start, begins=begins)

    def _read(self, document: dict[str, Any], start: int, *, begins: bool) -> Page:
        records, more, token = (document.get(name) for name in ("hashRecords", "hasMoreRecords", "nextPageToken"))
        following = read_time(document.get("nextSetTimestamp"), self.clock())
        if not isinstance(records, list) or not isinstance(more, bool) or following is None:
            raise SourceError(Fault.MALFORMED)
        if more and (not isinstance(token, str) or not token.isprintable() or not 0 < len(token) <= _MOST_TOKEN):
            raise SourceError(Fault.MALFORMED)
        if following < start:
            raise SourceError(Fault.BACKWARD)
        read = [self._record(record) for record in records]
        return Page(
            tuple(record for record in read if isinstance(record, Record)),
            f"{following} {token}" if more else str(following),
            skipped=read.count(None),
            begins=begins,
            ends=not more,
        )

    def _record(self, record: object) -> "Record | str | None":
        """Return a record, the name of a kind that we have no use for, or None for one that cannot be read."""
        if not isinstance(record, dict):
            return None
        signal, status = record.get("signalType"), record.get("hashStatus")
        if not isinstance(signal, str) or not isinstance(status, str) or status not in _LISTED | _GONE:
            return None
        if signal in _OTHERS:
            return signal
        modified = read_time(record.get("lastModtimestamp"), self.clock())
        key = read_key(_KINDS[signal], record.get("hashValue")) if signal in _KINDS else None
        return single(key, modified, listed=status in _LISTED) if key and modified is not None else None


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # no JSON, absurd numbers, or nested without end
        raise SourceError(Fault.MALFORMED) from None
    if not isinstance(document, dict):
        raise SourceError(Fault.MALFORMED)
    return document
