"""A platform that pulls lists of others, and lists for it to pull: over real HTTP, or played page by page."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
from mypy_boto3_dynamodb import DynamoDBClient

from unspread import aws
from unspread.assembly import pulling
from unspread.hash_key import HashKey, Kind
from unspread.pull.pulled_list import CREDENTIALS, ListKind, PulledList, State
from unspread.pull.service import Outcome, Pull, Sources
from unspread.settings import PullSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.list_secret import ListSecret
from unspread.stores.local_counts import LocalCounts
from unspread.stores.pull_entries import PullEntries
from unspread.stores.pull_table import PullTable
from unspread.submission import Category

PULL_TABLE = "PullTable"
KEYS = {"x-functions-key": "function", "Ocp-Apim-Subscription-Key": "subscription"}
USER = {"user": "somebody", "password": "something"}


def pdq(n: int) -> HashKey:
    """Return a hash, plausible and far from those of other numbers."""
    return HashKey(Kind.PDQ, f"{n:08x}" + "0f" * 28)


@dataclass
class PullWorld:
    """A platform: its hash table, and the lists that it pulls into it."""

    hash_table: str
    secret: str
    waits: list[float] = field(default_factory=list)

    @property
    def settings(self) -> PullSettings:
        return PullSettings(hash_table=self.hash_table, pull_table=PULL_TABLE, pull_secret=self.secret)

    @property
    def table(self) -> PullTable:
        return PullTable(aws.dynamodb(), PULL_TABLE)

    @property
    def hashes(self) -> HashTable:
        return HashTable(aws.dynamodb(), self.hash_table)

    @property
    def log(self) -> HashLog:
        return HashLog(aws.dynamodb(), self.hash_table)

    @property
    def entries(self) -> PullEntries:
        return PullEntries(aws.dynamodb(), PULL_TABLE)

    @property
    def counts(self) -> LocalCounts:
        return LocalCounts(aws.dynamodb(), self.hash_table)

    @property
    def credentials(self) -> ListSecret:
        return ListSecret(aws.secrets(), self.secret)

    @property
    def listed(self) -> set[HashKey]:
        return set(self.hashes.read_listed())

    def sources(self, n: int) -> int:
        """Return how many sources list the hash of this number."""
        return self.hashes.read([pdq(n)])[pdq(n)].sources

    def state(self, name: str = "other") -> State:
        return self.table.states()[name]

    def add(
        self,
        address: str = "https://other.invalid/v1",
        name: str = "other",
        kind: ListKind = ListKind.STOPNCII,
        category: Category = "adult",
        credentials: dict[str, str] | None = None,
        *,
        feedback: bool = False,
    ) -> PulledList:
        """Add a list, as `unspread lists add` does."""
        usual = {ListKind.STOPNCII: KEYS, ListKind.NCMEC: USER, ListKind.FILE: {}}[kind]
        self.credentials.put(name, usual if credentials is None else credentials)
        pulled = PulledList(name, kind, address, category, feedback)
        assert set(CREDENTIALS[kind]) >= set(usual)
        self.table.add(pulled)
        return pulled

    def puller(self, sources: Sources | None = None) -> Pull:
        """Return the pulling, which notes waits instead of waiting."""
        made = pulling.pull(self.settings)
        intake = replace(made.intake, listing=replace(made.intake.listing, pace=1e9))
        patient = sources or pulling.sources(self.credentials, self.waits.append)
        return replace(made, intake=intake, sources=patient, wait=self.waits.append)

    def run(self, sources: Sources | None = None, pages: int = 1_000_000) -> dict[str, Outcome]:
        """Let every list have its turn, of so many pages each."""
        return self.puller(sources)(_Clock(pages))


@dataclass
class _Clock:
    """Seconds left that run out after some looks: one before a run's reports, two at a turn's beginning, one a page."""

    pages: int
    looks: int = 0

    def __call__(self) -> float:
        self.looks += 1
        return 100.0 if self.looks <= 2 + self.pages else -1.0


def a_puller(hash_table: str) -> PullWorld:
    """Make what pulling needs beside its tables."""
    secret = boto3.client("secretsmanager").create_secret(Name="lists", SecretString="{}")["ARN"]
    return PullWorld(hash_table, secret)


def make_table(dynamodb: DynamoDBClient, name: str) -> None:
    """Make a table of another platform, with the keys that all have."""
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )


# ------------------------------------------------------------------------------------------------ over HTTP


@dataclass(frozen=True)
class Asked:
    """A request that a site got."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What a site answers; a reply that is `cut` says that it is longer than it is."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Site:
    """A site on loopback, and what it was asked."""

    url: str
    asked: list[Asked]


@contextmanager
def site(answer: Callable[[Asked], Reply]) -> Iterator[Site]:
    """Serve answers on loopback."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = dict(parse_qsl(address.query))
            asked.append(Asked(self.command, address.path, query, dict(self.headers), body))
            reply = answer(asked[-1])
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body) + reply.cut))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = reply.cut

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield Site(f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()
