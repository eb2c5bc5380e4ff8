"""A page of entries of NCMEC's Hash Sharing v2, read as it comes: no document type, no entities, bounded depth.

Source: https://report.cybertip.org/hashsharing/v2/documentation.pdf, and the client of python-threatexchange.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.parsers.expat import ExpatError, ParserCreate

from unspread.hash_key import HashKey, Kind
from unspread.pull.source import Fault, Record, SourceError, read_key, read_time

_GROUPS = {"images": ("image", "deletedImage"), "videos": ("video", "deletedVideo")}
_KINDS = {"pdq": Kind.PDQ, "md5": Kind.MD5}
_DEEPEST = 16
_MOST_TEXT = 4096
_MOST_NAME = 200
_MEMBER = re.compile(r"[0-9]{1,18}")
_ENTRY = 3  # depth of an entry: queryResult, images, image


@dataclass(slots=True)
class _Entry:
    """An entry that is being read."""

    name: str
    texts: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    member: str = ""


class _Reader:
    """Takes the parser's events; keeps one entry at a time."""

    def __init__(self, now: float) -> None:
        self.records: list[Record] = []
        self.skipped = 0
        self.following = ""
        self._now = now
        self._path: list[str] = []
        self._text = ""
        self._latest: int | None = None
        self._entry: _Entry | None = None
        self.root = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name.rpartition("}")[2])
        self._text = ""
        depth = len(self._path)
        if depth > _DEEPEST:
            raise SourceError(Fault.MALFORMED)
        self.root = self._path[0]
        if depth == _ENTRY - 1 and self._path[-1] in _GROUPS:
            self._latest = _time(attributes.get("maxTimestamp"), self._now)
        elif depth == _ENTRY and self._path[-2] in _GROUPS:
            self._entry = _Entry(self._path[-1])
        elif self._entry and self._path[_ENTRY:] == ["member"]:
            self._entry.member = attributes.get("id", "")

    def text(self, data: str) -> None:
        if len(self._text) <= _MOST_TEXT:
            self._text += data

    def end(self, _name: str) -> None:
        if self._entry and len(self._path) > _ENTRY:
            self._entry.texts.setdefault(tuple(self._path[_ENTRY:]), []).append(self._text.strip())
        elif self._entry and len(self._path) == _ENTRY:
            self._close(self._entry)
            self._entry = None
        elif self._path[1:] == ["paging", "next"]:
            self.following = self._text.strip()
        self._path.pop()
        self._text = ""

    def _close(self, entry: _Entry) -> None:
        """Keep what an entry says; what cannot be read of it is counted."""
        listed, deleted = _GROUPS[self._path[1]]
        named = entry.texts.get(("id",), [])
        written = entry.texts.get(("timestamp",), [])
        modified = _time(written[0], self._now) if len(written) == 1 else self._latest
        known = entry.name in (listed, deleted) and len(named) == 1 and 0 < len(named[0]) <= _MOST_NAME
        if not (known and modified is not None and _MEMBER.fullmatch(entry.member)):
            self.skipped += 1
            return
        keys: list[HashKey] = []
        if entry.name == listed:
            values = [
                (kind, text) for tag, kind in _KINDS.items() for text in entry.texts.get(("fingerprints", tag), [])
            ]
            read = [read_key(kind, text) for kind, text in values if text]
            keys = list(dict.fromkeys(key for key in read if key))
            if None in read:
                self.skipped += 1
                if not keys:
                    return
        self.records.append(Record(f"{entry.member}/{named[0]}", modified, tuple(keys)))


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """The entries that could be read, how many could not, and the path of the next page, if there is one."""

    records: tuple[Record, ...]
    skipped: int
    following: str


def read_entries(body: bytes, now: float) -> EntriesPage:
    """Read a page.

    Entries of kinds of fingerprints that we have no use for have no keys, like those that were deleted: there is
    nothing to list of them.

    Raises:
        SourceError: it is no such document, is nested too deep, or has a document type.
    """
    reader = _Reader(now)

    def refuse(*_: object) -> None:  # before any entity is declared
        raise SourceError(Fault.MALFORMED)

    parser = ParserCreate(namespace_separator="}")
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(body, True)
    except (ExpatError, LookupError, ValueError):
        raise SourceError(Fault.MALFORMED) from None
    if reader.root != "queryResult":
        raise SourceError(Fault.MALFORMED)
    return EntriesPage(tuple(reader.records), reader.skipped, reader.following)


def _time(text: str | None, now: float) -> int | None:
    if text is None or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return read_time(int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()), now)
    except (ValueError, OverflowError):
        return None
