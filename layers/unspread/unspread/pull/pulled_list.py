"""A list of others that is pulled: what the operator says of it, and how far the pulling is."""

import re
from dataclasses import dataclass
from enum import StrEnum

from unspread.pull.source import Credentials, Fault, SourceError
from unspread.pull.web import check_address
from unspread.submission import Category

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_FILE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\s\\]{1,900}\.(csv|jsonl)")


class ListKind(StrEnum):
    """The protocols."""

    STOPNCII = "stopncii"  # and every other Unspread
    NCMEC = "ncmec"
    FILE = "file"  # CSV or JSON lines in a bucket


CREDENTIALS: dict[ListKind, tuple[str, ...]] = {
    ListKind.STOPNCII: ("x-functions-key", "Ocp-Apim-Subscription-Key"),
    ListKind.NCMEC: ("user", "password"),
    ListKind.FILE: (),
}
"""What each protocol wants of somebody who asks."""


class ListError(ValueError):
    """A list that cannot be pulled like this. The message says what to change."""


@dataclass(frozen=True, slots=True)
class PulledList:
    """A list as the operator wants it pulled.

    `category` is that of all its hashes; `feedback` tells whether it hears what was found here. `resync` asks for a
    full reading, `removing` for its end: all its hashes are withdrawn, then it is forgotten. `added` tells when the
    operator added it, in seconds since 1970.
    """

    name: str
    kind: ListKind
    address: str
    category: Category
    feedback: bool = False
    enabled: bool = True
    resync: bool = False
    removing: bool = False
    added: int = 0

    @property
    def source(self) -> str:
        """Its name as the source of a hash."""
        return f"list#{self.name}"


@dataclass(frozen=True, slots=True)
class State:
    """How far the pulling of a list is.

    Attributes:
        cursor: where to go on; "" for a full reading.
        generation: of the full reading that is going on, or was the last.
        full: whether a full reading is going on; `read` and `skipped` count its records.
        dropping: where to go on withdrawing what a full reading did not show; None if there is nothing to.
        removing: whether everything is being withdrawn; `dropping` tells where to go on.
        failures: turns in a row that failed.
        reason: why the last one did; "" if it did not.
        attempted: when its last turn began; `succeeded`: when it was last read to the end; seconds since 1970.
    """

    cursor: str = ""
    generation: int = 0
    full: bool = False
    read: int = 0
    skipped: int = 0
    dropping: str | None = None
    removing: bool = False
    failures: int = 0
    reason: str = ""
    attempted: int = 0
    succeeded: int = 0


def check(pulled: PulledList, credentials: Credentials) -> None:
    """Raise ListError if this list cannot be pulled."""
    if not _NAME.fullmatch(pulled.name):
        raise ListError("Name a list with 1 to 32 small letters, digits and hyphens.")
    if pulled.feedback and pulled.kind is not ListKind.STOPNCII:
        raise ListError("Only lists of kind stopncii take feedback.")
    wanted = CREDENTIALS[pulled.kind]
    if set(credentials) != set(wanted) or not all(map(_sendable, credentials.values())):
        names = " and ".join(wanted) or "no credentials"
        raise ListError(f"A list of kind {pulled.kind} takes {names}.")
    if pulled.kind is ListKind.FILE:
        if not _FILE.fullmatch(pulled.address):
            raise ListError("Give the file as s3://BUCKET/KEY, with a key that ends in .csv or .jsonl.")
        return
    try:
        check_address(pulled.address)
    except SourceError as error:
        if error.fault is not Fault.ADDRESS:
            raise
        raise ListError("Give the address as https://HOST/PATH, without user, query or fragment.") from None


def _sendable(value: str) -> bool:
    return 0 < len(value) <= 500 and value.isascii() and value.isprintable() and " " not in value
