"""A list of others, whatever its protocol: pages of records behind one small protocol.

A record says what an entry of the list is now. With StopNCII and in files an entry is one hash; with NCMEC it is a
picture that has several, and a hash may be in several entries.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from unspread.hash_key import HashKey, Kind
from unspread.submission import plausible

LATEST_AHEAD = 86_400
"""Seconds by which a time may lie ahead of our clock. A record of the far future would outlive every correction."""

DIGITS = {Kind.PDQ: 64, Kind.SHA256: 64, Kind.MD5: 32}
"""The kinds of hashes that are pulled, with their hexadecimal digits."""

_HEXADECIMAL = frozenset("0123456789abcdef")


class Fault(StrEnum):
    """Why a list could not be read: the words that operators see."""

    ADDRESS = "address"  # not https, or not the address of anything
    BACKWARD = "backward"  # its cursor went back: it has to be read anew, `unspread lists resync`
    BUSY = "busy"  # it asks us to come back later
    CREDENTIALS = "credentials"  # there are none of it, or not those that it takes
    MALFORMED = "malformed"  # a page, or most records of a full reading, cannot be read
    MISSING = "missing"  # there is no such list
    REDIRECTED = "redirected"
    REFUSED = "refused"
    STUCK = "stuck"  # its pages never end
    TOO_LARGE = "too large"
    UNREACHABLE = "unreachable"


class SourceError(Exception):
    """A list could not be read, or not understood."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Record:
    """What an entry is now: its hashes, none if it was withdrawn. `modified` is in seconds since 1970."""

    entry: str
    modified: int
    keys: tuple[HashKey, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Some records, in their order, and where to go on once they are committed.

    Attributes:
        records: what could be read.
        cursor: where to go on.
        skipped: how many records could not be read.
        begins: whether a full reading begins with this page: whatever it does not show until it ends is gone.
        ends: whether there is nothing more for now.
    """

    records: tuple[Record, ...]
    cursor: str
    skipped: int
    begins: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class CountedHash:
    """Copies of a listed hash that were found and removed here."""

    key: HashKey
    found: int
    removed: int


class Source(Protocol):
    """A list of others."""

    def pages(self, cursor: str) -> Iterator[Page]:
        """Yield pages from a cursor, "" for all of the list, until one ends. Raises SourceError."""
        ...


@runtime_checkable
class Reporter(Protocol):
    """A list that takes feedback."""

    def report(self, counted: Sequence[CountedHash]) -> None:
        """Tell the list what was found here, at most 200 hashes; the latest word holds. Raises SourceError."""
        ...


type Credentials = Mapping[str, str]


def pages_from(cursor: str, read: Callable[[str, bool], Page]) -> Iterator[Page]:
    """Yield pages from a cursor until one ends; each says where the next is.

    Args:
        cursor: "" for all of the list.
        read: reads a page, given its cursor and whether a full reading begins with it.

    Raises:
        SourceError: the pages lead to themselves, or `read` raised it.
    """
    begins, seen = not cursor, {cursor}
    while True:
        page = read(cursor, begins)
        if not page.ends and page.cursor in seen:
            raise SourceError(Fault.STUCK)
        yield page
        if page.ends:
            return
        cursor, begins = page.cursor, False
        seen.add(cursor)


def single(key: HashKey, modified: int, *, listed: bool) -> Record:
    """Return the record of a list whose entries are single hashes."""
    return Record(str(key), modified, (key,) if listed else ())


def read_key(kind: Kind, value: object) -> HashKey | None:
    """Return the hash that hexadecimal digits name; None if they name none, or one that no picture has."""
    if not isinstance(value, str) or len(value) != DIGITS.get(kind):
        return None
    key = HashKey(kind, value.lower())
    return key if _HEXADECIMAL.issuperset(key.value) and plausible(key) else None


def read_time(value: object, now: float) -> int | None:
    """Return a time in seconds since 1970; None if it is none, or lies ahead of `now` by more than a day."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= now + LATEST_AHEAD else None
