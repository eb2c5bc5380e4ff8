"""Paging: nothing is skipped, whatever is written meanwhile, and however often a subscriber begins anew."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exchange.world import an_exchange
from tests.unit.exchange.pulled import LONG_AGO, SECOND, Pulled, pdq, picture, who
from unspread import aws
from unspread.cases import Cases
from unspread.exchange import feed as feed_module
from unspread.exchange.feed import FutureError
from unspread.stores.case_table import CaseTable
from unspread.stores.hash_log import OVERLAP, HashLog
from unspread.submission import SubmittedHash, SubmittedItem


def test_pages_are_no_longer_than_asked_and_miss_nothing(pulled: Pulled) -> None:
    pulled.own(*map(pdq, range(1, 31)))
    pulled.now += 3600
    pulled.own(*map(pdq, range(31, 61)))
    pages = list(pulled.pages(who(), size=7))
    assert all(len(page.records) <= 7 for page in pages)
    told = [record.key for page in pages for record in page.records]
    assert sorted(told) == [pdq(n) for n in range(1, 61)]


def test_an_entry_of_many_hashes_is_parted_between_pages(pulled: Pulled) -> None:
    hashes = tuple(SubmittedHash(pdq(n).value, 90) for n in range(8))
    pulled.case(1, SubmittedItem("image", hashes=hashes))
    pages = list(pulled.pages(who(), size=3))
    assert [len(page.records) for page in pages] == [3, 3, 2]


@pytest.mark.parametrize("size", [1, 3, 800])
def test_somebody_who_begins_anew_with_every_page_gets_everything(pulled: Pulled, size: int) -> None:
    for n in range(1, 41):
        pulled.own(pdq(n))
        pulled.now += (n % 3) / 2
    pulled.now += 2 * OVERLAP / SECOND
    pulled.own(pdq(99))  # the newest entry holds the others' readers back
    pulled.now += 2 * OVERLAP / SECOND
    starts: list[int] = []
    while not starts or starts[-1] < pulled.start:
        starts.append(pulled.start)
        pulled.take(next(pulled.pages(who(), size)))
    assert len(starts) < 70
    pulled.pull(size=size)
    assert pulled.active == {pdq(n) for n in [*range(1, 41), 99]}


def test_many_hashes_of_one_second_are_one_page_for_those_who_begin_anew(pulled: Pulled) -> None:
    pulled.own(*map(pdq, range(1, 31)))
    pulled.now += 3600
    pulled.own(pdq(99))
    pulled.start = LONG_AGO
    page = next(pulled.pages(who(), size=5))
    assert {record.key for record in page.records} >= {pdq(n) for n in range(1, 31)}
    assert page.next_start > LONG_AGO


def test_what_is_written_late_is_read_the_next_time(pulled: Pulled) -> None:
    pulled.case(1, picture(1))
    pulled.now += 300
    pulled.case(2, picture(2))
    pulled.pull()
    late = HashLog(aws.dynamodb(), "HashTable", clock=lambda: pulled.now - 20)
    table = CaseTable(aws.dynamodb(), "CaseTable")
    Cases(table, pulled.exchange.world.hashes, late, aws.dynamodb_transactions, lambda: pulled.now).submit(
        "9" * 64, "adult", [picture(9)]
    )
    assert pdq(9) in pulled.pull()


def test_what_is_written_late_behind_a_page_is_read_the_next_time_though_the_reading_went_on(pulled: Pulled) -> None:
    """A reading that takes longer than the overlap: its later pages must not forget that the first went too far."""
    pulled.case(1, *map(picture, range(1, 11)))
    position = pulled.feed.begin(10)
    first = pulled.feed.page(who(), position, 5)
    pulled.take(first)
    late = HashLog(aws.dynamodb(), "HashTable", clock=lambda: pulled.now - 20)
    Cases(CaseTable(aws.dynamodb(), "CaseTable"), pulled.exchange.world.hashes, late, aws.dynamodb_transactions).submit(
        "9" * 64, "adult", [picture(99)]
    )
    pulled.now += 600
    pulled.case(2, picture(50))
    pulled.now += 600
    assert first.next is not None
    second = pulled.feed.page(who(), first.next, 800)
    assert second.next is None
    pulled.take(second)
    assert pdq(99) not in pulled.held
    assert pdq(99) in pulled.pull()


def test_a_reader_whose_clock_is_fast_misses_nothing(pulled: Pulled) -> None:
    pulled.case(1, picture(1))
    fast = Pulled(pulled.exchange, now=LONG_AGO + 3600)
    fast.pull()
    pulled.now += 5
    pulled.case(2, picture(2))
    assert pdq(2) in fast.pull()


def test_a_hash_that_changes_while_its_page_is_made_is_told_as_it_is_at_last(
    pulled: Pulled, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = pulled.case(1, *map(picture, range(1, 5)))
    monkeypatch.setattr(feed_module, "_HASHES_A_READ", 2)
    feed = pulled.feed
    read = feed.hashes.read
    withdrawn: list[str] = []

    def read_then_withdraw(keys: object) -> object:
        answer = read(keys)  # type: ignore[arg-type]
        if not withdrawn:
            withdrawn.append(case)
            pulled.cases.withdraw(case)
        return answer

    monkeypatch.setattr(type(feed.hashes), "read", lambda _, keys: read_then_withdraw(keys))
    for page in pulled.pages(who()):
        pulled.take(page)
    monkeypatch.undo()
    assert pulled.pull() == dict.fromkeys(map(pdq, range(1, 5)), False)


def test_pages_look_at_a_bounded_part_of_a_log_of_others_hashes(
    pulled: Pulled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "MOST_EXAMINED", 20)
    pulled.elsewhere(*map(pdq, range(1000, 1060)))
    pulled.now += 300
    pulled.case(1, picture(1))
    pages = list(pulled.pages(who()))
    assert len(pages) > 2
    assert [record.key for page in pages for record in page.records] == [pdq(1)]


def test_the_next_start_never_goes_back(pulled: Pulled) -> None:
    pulled.case(1, picture(1))
    pulled.start = LONG_AGO + 30
    assert {page.next_start for page in pulled.pages(who())} == {LONG_AGO + 30}


@pytest.mark.parametrize("start", [LONG_AGO + 61, LONG_AGO * 1000, 10**30])
def test_a_reading_cannot_begin_in_the_future(pulled: Pulled, start: int) -> None:
    with pytest.raises(FutureError):
        pulled.feed.begin(start)


def test_a_reading_ends_where_it_is_told_to(pulled: Pulled) -> None:
    pulled.case(1, picture(1))
    pulled.now += 10
    pulled.case(2, picture(2))
    page = pulled.feed.page(who(), pulled.feed.begin(10, LONG_AGO + 10), 800)
    assert [record.key for record in page.records] == [pdq(1)]
    assert page.next is None


@given(
    st.lists(
        st.tuples(st.sampled_from(["list", "withdraw", "pull", "page", "wait"]), st.integers(1, 6)),
        min_size=4,
        max_size=14,
    )
)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
def test_a_subscriber_ends_up_with_the_list_whatever_happened(steps: list[tuple[str, int]]) -> None:
    with an_exchange() as exchange:
        pulled = Pulled(exchange)
        cases: dict[int, str] = {}
        made = 0
        for step, n in steps:
            pulled.now += 0.4
            match step:
                case "list" if n not in cases:
                    made += 1
                    cases[n] = pulled.case(made, picture(n), picture(n + 1))
                case "withdraw" if n in cases:
                    pulled.cases.withdraw(cases.pop(n))
                case "pull":
                    pulled.pull(size=n)
                case "page":
                    pulled.take(next(pulled.pages(who(), size=n)))
                case "wait":
                    pulled.now += 30 * n
        pulled.pull(size=2)
        assert pulled.active == {pdq(m) for n in cases for m in (n, n + 1)}
