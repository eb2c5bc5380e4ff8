"""Our clients are held to the stock ones: pointed at the same server, they end up with the same hashes."""

import itertools
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.exchange.pull_world import PullWorld, a_puller, make_table
from tests.exchange.test_conformance import HERE, Lister, Subscriber, names, pdq, writing
from tests.exchange.world import ExchangeWorld, headers_of, served
from unspread import aws
from unspread.exchange.participant import Keys
from unspread.hash_key import HashKey, Kind
from unspread.pull.pulled_list import ListKind
from unspread.pull.service import Outcome

VIDEO = HashKey(Kind.MD5, "cd" * 16)


@pytest.fixture
def platform(exchange: ExchangeWorld) -> PullWorld:
    """A platform that pulls; its hash table lies beside that of the exchange."""
    make_table(exchange.world.dynamodb, "b-HashTable")
    return a_puller("b-HashTable")


@pytest.fixture
def lister(exchange: ExchangeWorld) -> Lister:
    return Lister(exchange, time.time() - 7200)


def user_of(keys: Keys) -> dict[str, str]:
    return {"user": keys.subscription, "password": keys.function}


def test_our_client_and_the_stock_ones_end_up_with_the_same_list(
    exchange: ExchangeWorld, lister: Lister, platform: PullWorld, client_python: str, tmp_path: Path
) -> None:
    lister.list(*map(pdq, range(3_000)))
    lister.list_video(VIDEO)
    with served(exchange) as url:
        keys = exchange.participant()
        platform.add(f"{url}/v1", credentials=headers_of(keys))
        adapter = Subscriber(client_python, url, keys, tmp_path / "adapter", "unspread")
        stock = Subscriber(client_python, url, keys, tmp_path / "stock", "stop_ncii")
        lister.now = time.time() - 3600
        with writing(lister, 20_000):
            assert platform.run() == {"other": Outcome.COMPLETE}
            adapter.pull()
            stock.pull()
        for _ in range(2):
            platform.run()
            adapter.pull()
            stock.pull()
    assert len(lister.active) > 3_000
    assert platform.listed == lister.active
    assert names(platform.listed) == adapter.signals
    assert stock.signals >= names(platform.listed)  # it keeps what was withdrawn


def test_killed_after_every_page_it_ends_up_with_the_list(
    exchange: ExchangeWorld, lister: Lister, platform: PullWorld
) -> None:
    lister.list(*map(pdq, range(4_000)))
    with served(exchange) as url:
        platform.add(f"{url}/v1", credentials=headers_of(exchange.participant()))
        for n in itertools.count(100, 100):
            if platform.run(pages=1) == {"other": Outcome.COMPLETE}:
                break
            if n <= 500:
                lister.withdraw(*map(pdq, range(n, n + 10)))
        assert n > 500
        platform.run()
    assert len(lister.active) == 4_000 - 50
    assert platform.listed == lister.active


def test_a_resync_withdraws_what_was_missed(exchange: ExchangeWorld, lister: Lister, platform: PullWorld) -> None:
    lister.list(*map(pdq, range(500)))
    with served(exchange) as url:
        platform.add(f"{url}/v1", credentials=headers_of(exchange.participant()))
        platform.run()
        platform.puller().intake.listing([pdq(9_999)], "list#other", "adult", "2026-11-22")
        entry = platform.entries.read("other", [str(pdq(1))])[str(pdq(1))]
        missed = type(entry)(str(pdq(9_999)), (pdq(9_999),), entry.modified, entry.generation)
        platform.entries.write("other", [missed])
        platform.run()
        assert pdq(9_999) in platform.listed
        platform.table.switch("other", "resync", on=True)
        platform.run()
    assert platform.listed == lister.active


def test_entries_of_ncmecs_protocol_end_up_as_with_the_stock_client(
    exchange: ExchangeWorld, lister: Lister, platform: PullWorld, client_python: str
) -> None:
    lister.list(*map(pdq, range(1_500)))
    lister.withdraw(*map(pdq, range(1_000, 1_040)))
    lister.list_video(VIDEO)
    keys = exchange.participant()
    with served(exchange) as url:
        platform.add(url, kind=ListKind.NCMEC, credentials=user_of(keys))
        while platform.run(pages=1) != {"other": Outcome.COMPLETE}:
            pass
        done = subprocess.run(
            [client_python, str(HERE / "ncmec.py"), url, keys.subscription, keys.function],
            env=os.environ | {"TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
        )
        theirs = {tuple(entry[2]) for entry in json.loads(done.stdout)["entries"]}
        assert theirs == {(key.kind.value, key.value) for key in platform.listed}
        lister.now = time.time() - 90
        lister.withdraw(pdq(7), VIDEO)
        platform.run()
    assert platform.listed == lister.active
    assert not {pdq(7), VIDEO} & platform.listed


def test_our_feedback_is_taken(exchange: ExchangeWorld, platform: PullWorld) -> None:
    listed = pdq(1)
    Lister(exchange, time.time() - 90).list(listed)
    with served(exchange) as url:
        platform.add(f"{url}/v1", credentials=headers_of(exchange.participant()), feedback=True)
        platform.run()
        for removed in (2, 3):
            actions = platform.counts.count(listed, found=3 if removed == 2 else 0, removed=2 if removed == 2 else 1)
            aws.dynamodb().transact_write_items(TransactItems=actions)  # type: ignore[arg-type]
            for _ in range(2):
                platform.run()
            now = exchange.world.hashes.read([listed])[listed]
            assert (now.found, now.removed, now.elsewhere) == (3, removed, 3)
