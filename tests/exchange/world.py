"""The exchange on AWS as moto plays it: its table, its participants, and its function behind HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import boto3

from tests.local import emulator
from tests.support.functions import Context, sample
from tests.support.template import create_tables
from tests.support.world import ENVIRONMENT, World, a_world
from unspread import aws
from unspread.exchange.participant import Keys, create
from unspread.stores.participant_table import ParticipantTable
from unspread.submission import Category

TABLE = "ExchangeTable"
BOTH: frozenset[Category] = frozenset(["adult", "minor"])


@dataclass
class Answer:
    """What the function answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@dataclass
class ExchangeWorld:
    """The world, and the exchange in it."""

    world: World
    function: ModuleType
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def participants(self) -> ParticipantTable:
        return ParticipantTable(aws.dynamodb(), TABLE)

    def noted(self, name: str) -> list[dict[str, Any]]:
        """Return what was noted of a participant's calls."""
        items = cast("list[dict[str, Any]]", aws.dynamodb().scan(TableName=TABLE)["Items"])
        return [item for item in items if item["pk"] == f"audit#{name}"]

    def participant(
        self, name: str = "acme", categories: frozenset[Category] = BOTH, contributes: Category | None = None
    ) -> Keys:
        """Add a participant."""
        made, keys = create(name, categories, contributes, "2026-11-22")
        self.participants.add(made)
        return keys

    def call(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        query: dict[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        """Give a request to the function, as API Gateway does."""
        event: dict[str, Any] = sample("exchange") | {"httpMethod": method, "path": path, "resource": path}
        event["queryStringParameters"] = query or None
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in (query or {}).items()} or None
        event["headers"] = headers
        event["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
        with self.lock:
            answer = self.function.handler(event | {"body": body}, Context())
        many = answer.get("multiValueHeaders", {})
        sent = {name: values[0] for name, values in many.items()} | answer.get("headers", {})
        return Answer(answer["statusCode"], sent, answer["body"])

    def ask(self, keys: Keys, method: str, path: str, body: object = None, **query: object) -> Answer:
        """Make a request as a participant."""
        headers = {"Content-Type": "application/json"} | headers_of(keys)
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        return self.call(method, path, headers, {name: str(value) for name, value in query.items()}, text)


def headers_of(keys: Keys) -> dict[str, str]:
    """Return the headers in which StopNCII's client sends keys."""
    return {"x-functions-key": keys.function, "Ocp-Apim-Subscription-Key": keys.subscription}


@contextmanager
def an_exchange(**environment: str) -> Iterator[ExchangeWorld]:
    """Make a world with an exchange for one test."""
    with a_world() as world, patch.dict("os.environ", {"EXCHANGE_TABLE": TABLE, **environment}):
        aws.cloudformation.cache_clear()
        yield ExchangeWorld(world, world.function("exchange"))


@contextmanager
def an_emulated_exchange(**environment: str) -> Iterator[ExchangeWorld]:
    """Make an exchange in the emulator: tables only, for tests of more hashes than moto's transactions bear."""
    with emulator.running() as running, patch.dict("os.environ", ENVIRONMENT | running.environment()):
        for client in (aws.dynamodb, aws.dynamodb_transactions, aws.s3, aws.secrets):
            client.cache_clear()
        dynamodb = boto3.client("dynamodb")
        names = create_tables(dynamodb)
        # Nobody follows the stream here, and the emulator would keep a copy of every item for it.
        dynamodb.update_table(TableName=names["HashTable"], StreamSpecification={"StreamEnabled": False})
        variables = {"HASH_TABLE": names["HashTable"], "EXCHANGE_TABLE": TABLE, **environment}
        with patch.dict("os.environ", variables):
            world = World(boto3.client("s3"), dynamodb, boto3.client("sqs"), "", "", "", "", "", "")
            yield ExchangeWorld(world, world.function("exchange"))
        for client in (aws.dynamodb, aws.dynamodb_transactions, aws.s3, aws.secrets):
            client.cache_clear()


@contextmanager
def served(exchange: ExchangeWorld) -> Iterator[str]:
    """Serve the function on loopback; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode() if length else None
            address = urlsplit(self.path)
            query = dict(parse_qsl(address.query))
            answer = exchange.call(self.command, address.path, dict(self.headers), query, body)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.text.encode())))
            self.end_headers()
            self.wfile.write(answer.text.encode())

        do_POST = do_PUT = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
