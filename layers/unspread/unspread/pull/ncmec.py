"""NCMEC's Hash Sharing v2, as far as it is read: the entries that changed in a range of time, page by page.

A cursor is `<from>`, or `<from> <to> <path of the next page>` within a range. Entries do not come in the order of their
times, so a range counts only when it was read to its end; the next one begins five minutes before that.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from unspread.pull.ncmec_page import read_entries
from unspread.pull.source import Fault, Page, SourceError, pages_from
from unspread.pull.web import BadRequestError, Web

_OVERLAP = 300
_NEWEST = 5  # seconds that an entry is old when it is read, as the reference client does
_ENTRIES = "/v2/entries?"
_MOST_PATH = 4096


@dataclass(frozen=True, slots=True)
class Ncmec:
    """A list in NCMEC's shape."""

    web: Web
    clock: Callable[[], float] = time.time

    def pages(self, cursor: str) -> Iterator[Page]:
        """Yield pages; see `Source`."""
        return pages_from(cursor, self._page)

    def _page(self, cursor: str, begins: bool) -> Page:
        since, *rest = cursor.split(" ", 2)
        start = int(since or 0)
        end, path = (int(rest[0]), rest[1]) if rest else (int(self.clock()) - _NEWEST, "")
        try:
            body = self.web.get(path or _range(start, end))
        except BadRequestError:
            if not path:
                raise
            end = int(self.clock()) - _NEWEST  # the next page is too old: the range is read from its beginning
            body = self.web.get(_range(start, end))
        page = read_entries(body, self.clock())
        following = page.following
        # Appended to the address, any other path might lead to another host.
        if following and not (following.startswith(_ENTRIES) and len(following) <= _MOST_PATH and _plain(following)):
            raise SourceError(Fault.MALFORMED)
        after = f"{start} {end} {following}" if following else str(max(start, end - _OVERLAP))
        return Page(page.records, after, page.skipped, begins=begins, ends=not following)


def _range(start: int, end: int) -> str:
    return f"{_ENTRIES}from={_time(start)}&to={_time(end)}"


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(path: str) -> bool:
    return path.isascii() and path.isprintable() and " " not in path
