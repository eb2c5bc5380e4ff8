"""Cases: anonymous people list the hashes of their pictures, see what was found, and withdraw them.

Every step may be repeated and may die half-way: what is written in one transaction belongs together, and a
case says by its status what is left to do.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from unspread.changes import Change
from unspread.hash_key import HashKey
from unspread.stores.case_table import UNFINISHED, Case, CaseItem, CaseStatus, CaseTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable, ListedHash
from unspread.stores.transaction import Action, BusyError, commit
from unspread.submission import MOST_ITEMS, Category, ItemKind, SubmittedItem, fingerprint, name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_REMEMBERED = 90 * 86400
"""Seconds for which a withdrawn case is remembered, without its hashes, so that repeating its submission is refused."""


class CaseNotFoundError(Exception):
    """There is no such case."""


class CaseConflictError(Exception):
    """The case does not allow this now. The message says what to do."""


class TooManyItemsError(Exception):
    """The case would hold more items than a case can."""


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """What became of an item: copies found and removed since it was listed."""

    kind: ItemKind
    found: int
    removed: int


@dataclass(frozen=True, slots=True)
class CaseReport:
    """What the holder of the code sees. `created` is a day."""

    status: CaseStatus
    category: Category
    created: str
    items: tuple[ItemStatus, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases, on the case table and the hash table."""

    cases: CaseTable
    hashes: HashTable
    log: HashLog
    transactions: Callable[[], "DynamoDBClient"]
    clock: Callable[[], float] = time.time

    def submit(self, case_id: str, category: Category, items: Sequence[SubmittedItem]) -> None:
        """List the items of a new case, or complete the same submission begun before.

        Returns only when every item is listed and the case is open.

        Raises:
            CaseConflictError: the case exists with other content, or was withdrawn.
            BusyError: others changed the same items on every attempt; repeating completes it.
        """
        new = Case(case_id, CaseStatus.PENDING, category, fingerprint(category, items), self._day(), ())
        self._commit(lambda: [] if self.cases.read(case_id) else self.cases.create(new, self._now()))
        case = self._read(case_id)
        if case.status in (CaseStatus.WITHDRAWING, CaseStatus.WITHDRAWN):
            raise CaseConflictError("This case was withdrawn. Start again with a new case code.")
        if case.status is CaseStatus.SWEEPING:
            raise BusyError
        if case.fingerprint != new.fingerprint:
            raise CaseConflictError("This case exists with other items. Add to it with POST /case/items.")
        if case.status is CaseStatus.PENDING:
            self._list(case, items, first_position=0)
            self._commit(lambda: self._opening(case_id))

    def add(self, case_id: str, items: Sequence[SubmittedItem]) -> None:
        """List more items of an open case.

        Raises:
            CaseNotFoundError: there is no such case.
            CaseConflictError: it is not open.
            TooManyItemsError: it would hold more items than a case can.
            BusyError: others changed the same items on every attempt; repeating completes it.
        """
        case = self._open(case_id)
        names = {item.name for item in case.items} | {name(item.listable()) for item in items}
        if len(names) > MOST_ITEMS:
            raise TooManyItemsError(f"A case holds at most {MOST_ITEMS} items. Start another case for the others.")
        self._list(case, items, first_position=len(case.items))

    def report(self, case_id: str) -> CaseReport:
        """Tell what was found. Raises CaseNotFoundError."""
        case = self._read(case_id)
        hashes = self.hashes.read(key for item in case.items for key in item.baseline)
        items = tuple(_item_status(item, hashes) for item in case.items)
        return CaseReport(case.status, case.category, case.created, items)

    def withdraw(self, case_id: str) -> None:
        """Withdraw every hash of a case, as far as no other source lists it. Raises CaseNotFoundError, BusyError."""
        self._begin(case_id, {CaseStatus.PENDING, CaseStatus.OPEN}, CaseStatus.WITHDRAWING)
        self._settle(case_id)

    def settle(self, unsettled_for: float) -> tuple[int, int]:
        """Sweep away the cases that never completed, and complete the withdrawals that did not.

        Args:
            unsettled_for: seconds for which a case has to have been left alone.

        Returns:
            How many cases were settled, and how many were too busy and are left for the next time.
        """
        settled = busy = 0
        for case_id in self.cases.unsettled(int(self.clock() - unsettled_for)):
            try:
                self._begin(case_id, {CaseStatus.PENDING}, CaseStatus.SWEEPING, missing_ok=True)
                self._settle(case_id)
            except BusyError:
                busy += 1
            else:
                settled += 1
        return settled, busy

    # ---------------------------------------------------------------------------------------------- listing

    def _list(self, case: Case, items: Sequence[SubmittedItem], first_position: int) -> None:
        for position, item in enumerate(items, first_position):
            self._commit(partial(self._listing, case, item, position))

    def _listing(self, case: Case, submitted: SubmittedItem, position: int) -> list[Action]:
        """One item is one transaction: at most 18 hashes, two actions each."""
        keys = submitted.listable()
        status, has_item = self.cases.read_status(case.id, name(keys))
        if has_item:
            return []
        if status is not case.status:
            raise CaseConflictError("This case was withdrawn meanwhile.")
        listed, ours = self.hashes.read_with_source(keys, _source(case.id))
        baseline = {key: (listed[key].found, listed[key].removed) if key in listed else (0, 0) for key in keys}
        item = CaseItem(name(keys), submitted.kind, baseline, position)
        actions = [self.cases.require(case.id, case.status), self.cases.add_item(case.id, item)]
        changes: list[Change] = []
        for key in keys:
            if key not in ours:
                source = _source(case.id)
                more, changed = self.hashes.add_source(
                    key, listed.get(key), source, case.category, self._day(), video=submitted.kind == "video"
                )
                actions += more
                changes += changed
        return actions + self.log.append(changes)

    def _opening(self, case_id: str) -> list[Action]:
        case = self._read(case_id)
        if case.status is CaseStatus.OPEN:
            return []
        if case.status is not CaseStatus.PENDING:
            raise CaseConflictError("This case was withdrawn meanwhile.")
        return self.cases.end(case, CaseStatus.OPEN)

    # ------------------------------------------------------------------------------------------- withdrawing

    def _begin(self, case_id: str, allowed: set[CaseStatus], status: CaseStatus, *, missing_ok: bool = False) -> None:
        def beginning() -> list[Action]:
            case = self.cases.read(case_id)
            if case is None and not missing_ok:
                raise CaseNotFoundError
            if case is None or case.status not in allowed:
                return []
            return self.cases.begin(case, status, self._now())

        self._commit(beginning)

    def _settle(self, case_id: str) -> None:
        """Complete a withdrawal or a sweep."""
        case = self.cases.read(case_id)
        if case is None or case.status not in UNFINISHED:
            self._commit(lambda: self.cases.note_settled(case_id))
            return
        if case.status is CaseStatus.PENDING:  # a submission came back to life
            return
        for item in case.items:
            self._commit(partial(self._withdrawing, case_id, item))
        self._commit(lambda: self._closing(case_id))

    def _withdrawing(self, case_id: str, item: CaseItem) -> list[Action]:
        case = self.cases.read(case_id)
        if case is None or item.name not in {left.name for left in case.items}:
            return []
        listed, ours = self.hashes.read_with_source(item.baseline, _source(case_id))
        actions = [self.cases.remove_item(case_id, item)]
        changes: list[Change] = []
        for key in item.baseline:
            if key in ours:
                more, changed = self.hashes.remove_source(listed[key], _source(case_id))
                actions += more
                changes += changed
        return actions + self.log.append(changes)

    def _closing(self, case_id: str) -> list[Action]:
        case = self.cases.read(case_id)
        if case is None or case.status not in (CaseStatus.WITHDRAWING, CaseStatus.SWEEPING):
            return []
        if case.status is CaseStatus.SWEEPING:
            return self.cases.forget(case)
        return self.cases.end(case, CaseStatus.WITHDRAWN, self._now() + _REMEMBERED)

    # ----------------------------------------------------------------------------------------------- helpers

    def _open(self, case_id: str) -> Case:
        case = self._read(case_id)
        if case.status is CaseStatus.PENDING:
            raise CaseConflictError("This case is not complete. Repeat POST /submissions first.")
        if case.status is not CaseStatus.OPEN:
            raise CaseConflictError("This case was withdrawn. Start again with a new case code.")
        return case

    def _read(self, case_id: str) -> Case:
        case = self.cases.read(case_id)
        if case is None:
            raise CaseNotFoundError
        return case

    def _commit(self, build: Callable[[], list[Action]]) -> None:
        commit(self.transactions(), build)

    def _now(self) -> int:
        return int(self.clock())

    def _day(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).date().isoformat()


def _source(case_id: str) -> str:
    return f"case#{case_id}"


def _item_status(item: CaseItem, hashes: dict[HashKey, ListedHash]) -> ItemStatus:
    """Count copies since the item was listed.

    One copy may hit several of an item's hashes, its SHA-256 and its PDQ hash for instance: the largest count,
    not the sum, is how many copies there were.
    """
    counts = [
        (hashes[key].found - found, hashes[key].removed - removed)
        for key, (found, removed) in item.baseline.items()
        if key in hashes
    ]
    # Never below 0: a participant may correct a count that was there when the item joined.
    return ItemStatus(item.kind, max([0, *(c[0] for c in counts)]), max([0, *(c[1] for c in counts)]))
