"""What sweep has not seen to: entries whose stream record was lost, poisoned or left for their number.

Few hashes are looked up as sweep does; for very many, the records of all uploads are read once. That reading may take
longer than a function lives: where it stopped is kept beside the log, and the next run goes on from there.

pk              sk              attributes
reading         reading         through (the newest ULID it is for), next (per segment: where to go on, or done)
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

from unspread import ulid
from unspread.changes import LogEntry
from unspread.hash_key import Kind
from unspread.stores.hash_log import HashLog
from unspread.sweep import Pass, Sweep, probing_is_cheaper
from unspread.telemetry import failure, logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEGMENTS = 8
_AGE = 900_000
"""Milliseconds for which an entry is left to the stream."""

_KEY = {"pk": "reading", "sk": "reading"}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a run did: entries swept, entries left for the next run, uploads acted on."""

    swept: int
    left: int
    acted: int


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Sweeps what is unswept."""

    log: HashLog
    sweep: Sweep
    client: "DynamoDBClient"
    table: str
    clock: Callable[[], float] = time.time

    def __call__(self, enough_time: Callable[[], bool], age: int = _AGE) -> Reconciled:
        """Sweep the entries that were left for `age` milliseconds, while there is `enough_time`."""
        before = int(self.clock() * 1000) - age
        state = self._state()
        entries = [entry for entry in self.log.unswept(before) if state is None or entry.ulid <= state["through"]]
        if not entries:
            self._forget()
            return Reconciled(0, 0, 0)
        hashes = sum(change.key.kind is Kind.PDQ for entry in entries for change in entry.adds())
        if state is None and probing_is_cheaper(hashes, self.sweep.uploads.size()):
            return self._one_by_one(entries, enough_time)
        return self._reading(entries, state or self._begin(entries), enough_time)

    def _one_by_one(self, entries: list[LogEntry], enough_time: Callable[[], bool]) -> Reconciled:
        swept = acted = 0
        for entry in entries:
            if not enough_time():
                break
            try:
                acted += self.sweep.entry(entry)
                swept += 1
            except Exception as error:  # noqa: BLE001 - one that cannot be swept must not stop the others
                logger.error("an entry could not be swept", extra={"entry": entry.ulid, **failure(error)})
        return Reconciled(swept, len(entries) - swept, acted)

    def _reading(self, entries: list[LogEntry], state: dict[str, Any], enough_time: Callable[[], bool]) -> Reconciled:
        keys = dict.fromkeys(change.key for entry in entries for change in entry.adds())
        reading = Pass(self.sweep, list(keys), ulid.time_of(entries[0].ulid) / 1000)
        acted = 0
        for segment in range(SEGMENTS):
            start = state["next"][segment]
            while start != "done":
                if not enough_time():
                    return Reconciled(0, len(entries), acted)
                records, after = self.sweep.uploads.read_segment(segment, SEGMENTS, start or None)
                acted += reading.over(records)
                start = after or "done"
                state["next"][segment] = start
                self._save(state)
        for batch in batched(entries, 100, strict=False):
            for entry in batch:
                self.log.mark_swept(entry)
        self._forget()
        return Reconciled(len(entries), 0, acted)

    def _state(self) -> dict[str, Any] | None:
        answer = self.client.get_item(TableName=self.table, Key=_KEY, ConsistentRead=True)
        return cast("dict[str, Any] | None", answer.get("Item"))

    def _begin(self, entries: list[LogEntry]) -> dict[str, Any]:
        state: dict[str, Any] = {"through": entries[-1].ulid, "next": [{} for _ in range(SEGMENTS)]}
        self._save(state)
        return state

    def _save(self, state: dict[str, Any]) -> None:
        self.client.put_item(TableName=self.table, Item={**state, **_KEY})

    def _forget(self) -> None:
        self.client.delete_item(TableName=self.table, Key=_KEY)
