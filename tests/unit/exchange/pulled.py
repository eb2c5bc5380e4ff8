"""A list whose clock the tests move, and a subscriber who follows its feed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.exchange.world import BOTH, ExchangeWorld
from unspread import aws
from unspread.bulk import BulkListing
from unspread.cases import Cases
from unspread.exchange.feed import Feed, FeedPage
from unspread.exchange.page_token import Position, seal, unseal
from unspread.exchange.participant import Participant, create
from unspread.hash_key import HashKey, Kind
from unspread.stores.case_table import CaseTable
from unspread.stores.hash_log import HashLog
from unspread.stores.transaction import Action, commit
from unspread.submission import Category, SubmittedHash, SubmittedItem

SECOND = 1000
LONG_AGO = 1_795_000_000
SECRET = b"s" * 32


def who(*categories: Category) -> Participant:
    return create("acme", frozenset(categories) or BOTH, None, "2026-11-22")[0]


def pdq(n: int) -> HashKey:
    return HashKey(Kind.PDQ, f"{n:04x}" + "0f" * 30)


def picture(n: int) -> SubmittedItem:
    return SubmittedItem("image", f"{n:064x}", f"{n:032x}", (SubmittedHash(pdq(n).value, 90),))


@dataclass
class Pulled:
    """A list with a clock that the test moves, and a subscriber who follows its feed."""

    exchange: ExchangeWorld
    now: float = LONG_AGO
    held: dict[HashKey, bool] = field(default_factory=dict)
    start: int = 10

    @property
    def log(self) -> HashLog:
        return HashLog(aws.dynamodb(), "HashTable", clock=lambda: self.now)

    @property
    def feed(self) -> Feed:
        return Feed(self.log, self.exchange.world.hashes, clock=lambda: self.now)

    @property
    def cases(self) -> Cases:
        table = CaseTable(aws.dynamodb(), "CaseTable")
        return Cases(table, self.exchange.world.hashes, self.log, aws.dynamodb_transactions, lambda: self.now)

    def case(self, number: int, *items: SubmittedItem, category: Category = "adult") -> str:
        name = f"{number:064x}"
        self.cases.submit(name, category, items)
        return name

    def own(self, *keys: HashKey) -> None:
        """List hashes as a case's, in few transactions."""
        BulkListing(self.exchange.world.hashes, self.log, aws.dynamodb_transactions)(
            keys, "case#many", "adult", "2026-11-22"
        )

    def elsewhere(self, *keys: HashKey, category: Category = "adult") -> None:
        """List hashes that another list told us of."""
        listing = BulkListing(self.exchange.world.hashes, self.log, aws.dynamodb_transactions)
        listing(keys, "stopncii", category, "2026-11-22")

    def drop_elsewhere(self, key: HashKey) -> None:
        hashes, _ = self.exchange.world.hashes.read_with_source([key], "stopncii")
        actions, changes = self.exchange.world.hashes.remove_source(hashes[key], "stopncii")
        self.write(actions + self.log.append(changes))

    def write(self, actions: list[Action]) -> None:
        commit(aws.dynamodb_transactions(), lambda: actions)

    def pages(self, participant: Participant, size: int = 800) -> Iterator[FeedPage]:
        """Pull until there is no more, by tokens."""
        position: Position | None = self.feed.begin(self.start)
        while position:
            page = self.feed.page(participant, position, size)
            position = page.next and unseal(seal(page.next, SECRET), SECRET)
            yield page

    def take(self, page: FeedPage) -> None:
        """Take a page as a subscriber does."""
        for record in page.records:
            self.held[record.key] = record.active
        assert page.next_start >= self.start
        self.start = page.next_start

    def pull(self, participant: Participant | None = None, size: int = 800) -> dict[HashKey, bool]:
        """Pull everything; return what the subscriber has been told of in all."""
        for page in self.pages(participant or who(), size):
            self.take(page)
        return self.held

    @property
    def active(self) -> set[HashKey]:
        return {key for key, active in self.held.items() if active}
