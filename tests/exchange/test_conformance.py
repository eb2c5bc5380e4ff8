"""The unmodified client of `threatexchange`, and our adapter for it, pull the list over HTTP and end up with it."""

import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.exchange.world import ExchangeWorld, served
from unspread import aws
from unspread.bulk import BulkListing
from unspread.exchange.participant import Keys
from unspread.hash_key import HashKey, Kind
from unspread.stores.hash_log import HashLog
from unspread.stores.transaction import Action, commit
from unspread.submission import SubmittedItem

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
NAMES = {Kind.PDQ: "pdq", Kind.MD5: "video_md5"}


def pdq(n: int) -> HashKey:
    return HashKey(Kind.PDQ, f"{n:08x}" + "0f" * 28)


class Subscriber:
    """A subscriber in a process of its own, which may be killed after any page."""

    def __init__(self, python: str, url: str, keys: Keys, state: Path, name: str) -> None:
        credentials = f"{keys.function},{keys.subscription},{url}/v1"
        self._environment = os.environ | {
            "TX_STOPNCII_KEYS": credentials,
            "TX_UNSPREAD_KEYS": credentials,
            "PYTHONPATH": str(DOCS),
        }
        self._command = [python, str(HERE / "subscriber.py"), name, str(state)]
        self._state = state

    def pull(self, pages: int = 0) -> int:
        """Pull, and die after so many pages; return how many there were."""
        command = [*self._command, *([str(pages)] if pages else [])]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)

    @property
    def start(self) -> int:
        """Where it will go on."""
        checkpoint = json.loads(self._state.read_text())["checkpoint"] if self._state.exists() else [0]
        return int(checkpoint[0])

    @property
    def signals(self) -> set[tuple[str, str]]:
        """What it keeps."""
        return {(kind, value) for kind, value in json.loads(self._state.read_text())["signals"]}


class Lister:
    """Lists and withdraws as cases do, in few transactions, at a time of the log that the test sets."""

    def __init__(self, exchange: ExchangeWorld, now: float) -> None:
        self.exchange = exchange
        self.now = now
        self.active: set[HashKey] = set()
        self._log = HashLog(aws.dynamodb(), "HashTable", clock=lambda: self.now)

    def list(self, *keys: HashKey) -> None:
        listing = BulkListing(self.exchange.world.hashes, self._log, aws.dynamodb_transactions, pace=1e9)
        for batch in itertools.batched(keys, 49, strict=False):
            listing(batch, "case#many", "adult", "2026-11-22")
            self.active |= set(batch)
            self.now += 0.1

    def list_video(self, key: HashKey) -> None:
        def build() -> list[Action]:
            hashes = self.exchange.world.hashes
            actions, changes = hashes.add_source(key, None, "case#many", "adult", "2026-11-22", video=True)
            return actions + self._log.append(changes)

        commit(aws.dynamodb_transactions(), build)
        self.active.add(key)

    def withdraw(self, *keys: HashKey) -> None:
        def build() -> list[Action]:
            hashes, ours = self.exchange.world.hashes.read_with_source(keys, "case#many")
            parts = [self.exchange.world.hashes.remove_source(hashes[key], "case#many") for key in ours]
            changes = [change for _, changed in parts for change in changed]
            return [action for actions, _ in parts for action in actions] + self._log.append(changes)

        commit(aws.dynamodb_transactions(), build)
        self.active -= set(keys)
        self.now += 0.1


def names(keys: set[HashKey]) -> set[tuple[str, str]]:
    return {(NAMES[key.kind], key.value) for key in keys}


@contextmanager
def writing(lister: Lister, first: int) -> Iterator[None]:
    """List and withdraw while the body runs."""
    stop = threading.Event()

    def write() -> None:
        for n in itertools.count(first, 5):
            if stop.is_set():
                return
            lister.list(*map(pdq, range(n, n + 5)))
            lister.withdraw(pdq(n), pdq(n - first))
            stop.wait(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


@pytest.fixture
def lister(exchange: ExchangeWorld) -> Lister:
    return Lister(exchange, time.time() - 7200)


def test_ten_thousand_hashes_are_pulled_while_others_are_listed_and_withdrawn(
    exchange: ExchangeWorld, lister: Lister, client_python: str, tmp_path: Path
) -> None:
    lister.list(*map(pdq, range(10_000)))
    with served(exchange) as url:
        keys = exchange.participant()
        ours = Subscriber(client_python, url, keys, tmp_path / "ours", "unspread")
        stock = Subscriber(client_python, url, keys, tmp_path / "stock", "stop_ncii")
        lister.now = time.time() - 3600
        with writing(lister, 20_000):
            assert ours.pull() >= 13
            assert stock.pull() >= 13
        ours.pull()
        stock.pull()
    assert len(lister.active) > 10_000
    assert ours.signals == names(lister.active)
    assert stock.signals >= ours.signals  # it keeps what was withdrawn, and misses nothing


@pytest.mark.parametrize("name", ["unspread", "stop_ncii"])
def test_a_subscriber_killed_after_every_page_ends_up_with_the_list(
    exchange: ExchangeWorld, lister: Lister, client_python: str, tmp_path: Path, name: str
) -> None:
    lister.list(*map(pdq, range(4_000)))
    lister.now += 600
    lister.list(pdq(999_999))
    with served(exchange) as url:
        subscriber = Subscriber(client_python, url, exchange.participant(), tmp_path / "state", name)
        last = -1
        for n in itertools.count(100, 100):
            subscriber.pull(pages=1)
            if subscriber.start == last:
                break
            last = subscriber.start
            if n <= 500:
                lister.withdraw(*map(pdq, range(n, n + 10)))
        assert n > 500
        subscriber.pull()
    assert len(lister.active) == 4_001 - 50
    if name == "unspread":
        assert subscriber.signals == names(lister.active)
    else:
        assert subscriber.signals >= names(lister.active)


def test_withdrawals_and_videos_arrive(exchange: ExchangeWorld, client_python: str, tmp_path: Path) -> None:
    video = SubmittedItem("video", md5="cd" * 16)
    with served(exchange) as url:
        subscriber = Subscriber(client_python, url, exchange.participant(), tmp_path / "state", "unspread")
        exchange.world.submit("c" * 64, video)
        subscriber.pull()
        assert subscriber.signals == {("video_md5", "cd" * 16)}
        exchange.world.cases.withdraw("c" * 64)
        subscriber.pull()
        assert subscriber.signals == set()


def test_wrong_keys_stop_the_client(exchange: ExchangeWorld, client_python: str, tmp_path: Path) -> None:
    keys = exchange.participant()
    with served(exchange) as url:
        wrong = Subscriber(client_python, url, Keys("x", keys.subscription), tmp_path / "state", "stop_ncii")
        with pytest.raises(AssertionError, match="401 Client Error"):
            wrong.pull()


def test_what_the_client_posts_is_taken(exchange: ExchangeWorld, client_python: str) -> None:
    listed = HashKey(Kind.PDQ, "0123456789abcdef" * 4)
    Lister(exchange, time.time()).list(listed)
    keys = exchange.participant(contributes="adult")
    with served(exchange) as url:
        credentials = f"{keys.function},{keys.subscription},{url}/v1"
        subprocess.run(
            [client_python, str(HERE / "posting.py"), listed.value, "cd" * 16],
            env=os.environ | {"TX_STOPNCII_KEYS": credentials},
            check=True,
            timeout=120,
        )
    now = exchange.world.hashes.read([listed])[listed]
    assert (now.found, now.removed, now.elsewhere) == (3, 2, 3)
    theirs = {HashKey(Kind.PDQ, listed.value[::-1]), HashKey(Kind.MD5, "cd" * 16)}
    assert set(exchange.world.hashes.read_listed()) == {listed} | theirs


def test_tx_itself_fetches_with_the_adapter(exchange: ExchangeWorld, client_python: str, tmp_path: Path) -> None:
    lister = Lister(exchange, time.time() - 300)
    lister.list(*map(pdq, range(60)))
    lister.withdraw(pdq(0))
    keys = exchange.participant()
    with served(exchange) as url:
        environment = os.environ | {
            "TX_UNSPREAD_KEYS": f"{keys.function},{keys.subscription},{url}/v1",
            "TX_STATEDIR": str(tmp_path),
            "PYTHONPATH": str(DOCS),
        }

        def tx(*arguments: str) -> str:
            done = subprocess.run(
                [client_python, "-m", "threatexchange", *arguments],
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            return done.stdout

        tx("config", "extensions", "add", "unspread_exchange")
        tx("config", "collab", "edit", "unspread", "--create", "Unspread")
        tx("fetch")
        assert tx("dataset").split() == ["pdq:", "59"]


def test_the_ncmec_client_pulls_every_entry_and_its_votes_are_taken(
    exchange: ExchangeWorld, lister: Lister, client_python: str
) -> None:
    lister.list(*map(pdq, range(1_500)))
    lister.withdraw(*map(pdq, range(1_000, 1_040)))
    lister.list_video(HashKey(Kind.MD5, "cd" * 16))
    keys = exchange.participant()
    with served(exchange) as url:
        done = subprocess.run(
            [client_python, str(HERE / "ncmec.py"), url, keys.subscription, keys.function],
            env=os.environ | {"TZ": "UTC"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["status"], told["members"]) == ("acme", 2)
    assert {tuple(entry[2]) for entry in told["entries"]} == {(key.kind.value, key.value) for key in lister.active}
    calls = [call["call"] for call in exchange.noted("acme")]
    assert calls.count("feedback") == 2
