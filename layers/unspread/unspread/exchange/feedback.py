"""Feedback: participants tell what they found and removed, and which hashes they dispute.

The people who submitted see the copies in their case, added to those found here. A participant's latest word on a hash
replaces its earlier one, so that repeating it changes nothing. What participants say never withdraws a hash: enough of
them who dispute one hold it, and a person looks. A person who looked and approved it has the last word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from unspread.exchange.feed import visible
from unspread.exchange.participant import Participant
from unspread.hash_key import HashKey
from unspread.stores.feedback_table import Copies, FeedbackTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.transaction import Action, commit
from unspread.telemetry import logger, metrics
from unspread.verdict import Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_COPIES = 1_000_000
"""Copies that a participant can report of a hash."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a participant says of a hash. `withdrawn` takes back what it said and listed itself."""

    copies: Copies
    disputed: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """Takes feedback, and holds what `limit` participants dispute."""

    feedback: FeedbackTable
    hashes: HashTable
    log: HashLog
    transactions: Callable[[], "DynamoDBClient"]
    limit: int

    def __call__(self, participant: Participant, reports: Mapping[HashKey, Report]) -> None:
        """Take reports on hashes that the participant was told of; others are passed over, without a word.

        Raises:
            BusyError: others changed the same items on every attempt; repeating completes it.
        """
        hashes = self.hashes.read(reports)
        for key, report in reports.items():
            if report.withdrawn:
                commit(self.transactions(), partial(self._unlisting, participant.name, key))
            if visible(hashes.get(key), participant):
                self._dispute(participant.name, key, report)
                commit(self.transactions(), partial(self._counting, participant.name, key, report))

    def _counting(self, name: str, key: HashKey, report: Report) -> list[Action]:
        was = self.feedback.read(key, name).copies
        before = was or Copies()
        if report.copies == before:
            return []
        found = report.copies.found - before.found
        removed = report.copies.removed - before.removed
        return [
            self.feedback.say_copies(key, name, was, report.copies),
            self.hashes.count(key, found=found, removed=removed, elsewhere=found),
        ]

    def _dispute(self, name: str, key: HashKey, report: Report) -> None:
        holds = False

        def disputing() -> list[Action]:
            nonlocal holds
            actions, holding = self._disputing(name, key, report)
            holds = holds or bool(holding)
            return actions + holding

        commit(self.transactions(), disputing)
        if holds:
            logger.warning("a hash is held: participants dispute it")
            metrics.add_metric("Held", "Count", 1)

    def _disputing(self, name: str, key: HashKey, report: Report) -> tuple[list[Action], list[Action]]:
        """Return the actions that note or settle a dispute, and those that hold the hash for it."""
        said = self.feedback.read(key, name)
        if report.disputed is said.disputed:
            return [], []
        if not report.disputed:
            return self.feedback.settle(key, name, said.disputes), []
        actions = self.feedback.dispute(key, name, said.disputes)
        listed = self.hashes.read([key])[key]
        if said.disputes + 1 < self.limit or listed.status is not Status.ACTIVE or listed.exempt:
            return actions, []
        holding, changes = self.hashes.set_status(listed, Status.HELD)
        return actions, holding + self.log.append(changes)

    def _unlisting(self, name: str, key: HashKey) -> list[Action]:
        """Take back the participant's own listing, if there is one."""
        hashes, ours = self.hashes.read_with_source([key], source(name))
        if key not in ours:
            return []
        actions, changes = self.hashes.remove_source(hashes[key], source(name))
        return actions + self.log.append(changes)


def source(participant: str) -> str:
    """Return the name of a participant as the source of a hash."""
    return f"participant#{participant}"
