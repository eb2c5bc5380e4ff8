"""The list's log: a partition of the hash table, ordered by ULID, with one entry for each transaction.

    pk              sk              attributes
    log             <ulid>          changes (packed)
    unswept         <ulid>          changes (packed): of an entry with adds that were not swept yet

A ULID is made anew for every attempt of a transaction, just before it, and the SDK does not repeat the call: so an
entry appears at most `LATEST` after its ULID. A reader that has read everything up to now must therefore read again
what is younger than `OVERLAP`; its cursor never passes that.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from unspread import ulid
from unspread.changes import Change, LogEntry, Operation, pack, unpack
from unspread.stores.items import pages
from unspread.stores.transaction import Action

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOG = "log"
_UNSWEPT = "unswept"

OVERLAP = 60_000
"""Milliseconds of the log that every reading repeats, for writers that were late or whose clocks are."""

LATEST = OVERLAP // 2
"""Milliseconds after its ULID at which an entry may appear; sweep appends one that came later again."""


class HashLog:
    """The log."""

    def __init__(self, client: "DynamoDBClient", name: str, clock: Callable[[], float] = time.time) -> None:
        """Use the log in this hash table. `clock` tells seconds since 1970."""
        self._client = client
        self._name = name
        self._clock = clock

    def append(self, changes: Iterable[Change]) -> list[Action]:
        """Return the actions that append one entry; to be made anew for every attempt of their transaction."""
        made = list(changes)
        if not made:
            return []
        entry = {"sk": ulid.at(self._now()), "changes": pack(made)}
        actions = [self._put({"pk": LOG, **entry})]
        if any(change.operation is Operation.ADD for change in made):
            actions.append(self._put({"pk": _UNSWEPT, **entry}))
        return actions

    def read_from(self, cursor: str) -> tuple[list[LogEntry], str]:
        """Read what was appended since a cursor, strongly consistent.

        Returns:
            The entries, some of them perhaps known already, and the cursor to read from the next time.
        """
        entries: list[LogEntry] = []
        for page, after in self.pages(cursor):
            entries += page
            cursor = after
        return entries, cursor

    def pages(self, cursor: str) -> Iterator[tuple[list[LogEntry], str]]:
        """Read what was appended since a cursor, strongly consistent, up to 1 MB at a time; at least one page.

        Yields:
            Entries, some of them perhaps known already, and the cursor to read from once they are seen to.
        """
        now = self._now()
        for entries in self._read(LOG, cursor, None):
            newest = ulid.time_of(entries[-1].ulid) if entries else ulid.time_of(cursor) + OVERLAP
            yield entries, max(cursor, ulid.first_at(min(newest, now) - OVERLAP))

    def since(self, start: str) -> Iterator[LogEntry]:
        """Yield the entries appended since a ULID, the oldest first, strongly consistent."""
        for page in self._read(LOG, start, None):
            yield from page

    def cursor(self) -> str:
        """Return where to read on after a reading of the hash table that begins now."""
        now = self._now()
        newest = self._client.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": LOG},
            ConsistentRead=True,
            ScanIndexForward=False,
            Limit=1,
        )["Items"]
        if not newest:
            return ulid.START
        return ulid.first_at(min(now, ulid.time_of(cast("str", newest[0]["sk"]))) - OVERLAP)

    def unswept(self, before: int | None = None) -> Iterator[LogEntry]:
        """Yield the entries with adds that were not swept, appended before this time in ms since 1970."""
        for page in self._read(_UNSWEPT, ulid.START, None if before is None else ulid.first_at(before)):
            yield from page

    def mark_swept(self, entry: LogEntry) -> None:
        """Note that every add of an entry was swept."""
        self._client.delete_item(TableName=self._name, Key={"pk": _UNSWEPT, "sk": entry.ulid})

    def _read(self, pk: str, start: str, end: str | None) -> Iterator[list[LogEntry]]:
        values: dict[str, Any] = {":pk": pk, ":start": start} | ({":end": end} if end else {})
        request: dict[str, Any] = {
            "TableName": self._name,
            "KeyConditionExpression": "pk = :pk AND sk " + ("BETWEEN :start AND :end" if end else ">= :start"),
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        for page in pages(self._client.query, request):
            yield [LogEntry(item["sk"], unpack(bytes(item["changes"]))) for item in page]

    def _put(self, item: dict[str, Any]) -> Action:
        return {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def _now(self) -> int:
        return int(self._clock() * 1000)
