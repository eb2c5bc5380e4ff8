"""Lists that are played page by page, without a network."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from tests.exchange.pull_world import pdq
from unspread.hash_key import HashKey
from unspread.pull.pulled_list import PulledList
from unspread.pull.service import Sources
from unspread.pull.source import CountedHash, Fault, Page, Record, Source, SourceError, single


@dataclass
class Played:
    """A list of pages; its cursor is the number of the next one. What `faults` names fails so often."""

    pages_: Sequence[Sequence[Record]]
    skipped: int = 0
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    told: list[CountedHash] = field(default_factory=list)
    deaf: bool = False

    def pages(self, cursor: str) -> Iterator[Page]:
        at = int(cursor or 0)
        yielded = False
        while at < len(self.pages_) or not yielded:
            if self.faults.get(at):
                raise SourceError(self.faults[at].pop(0))
            records = tuple(self.pages_[at]) if at < len(self.pages_) else ()
            ends = at + 1 >= len(self.pages_)
            yield Page(
                records, str(min(at + 1, len(self.pages_))), self.skipped, begins=not cursor and at == 0, ends=ends
            )
            at, yielded = at + 1, True

    def report(self, counted: Sequence[CountedHash]) -> None:
        if self.deaf:
            raise SourceError(Fault.UNREACHABLE)
        self.told += counted


def playing(**lists: Source) -> Sources:
    """Return what makes these sources, by the lists' names."""

    def source(pulled: PulledList, _failures: int) -> AbstractContextManager[Source]:
        return nullcontext(lists[pulled.name])

    return source


def lists(*numbers: int, at: int = 100) -> list[Record]:
    return [single(pdq(n), at, listed=True) for n in numbers]


def withdraws(*numbers: int, at: int = 200) -> list[Record]:
    return [single(pdq(n), at, listed=False) for n in numbers]


def hashes(*numbers: int) -> set[HashKey]:
    return {pdq(n) for n in numbers}


def entry(name: str, *numbers: int, at: int = 100) -> Record:
    return Record(name, at, tuple(pdq(n) for n in numbers))


type Clock = Callable[[], float]
