"""The emulator's app, with faults between the functions and AWS when it is asked for them.

Runs in ministack's own environment (see emulator.py). Only requests that a function's role signs are spoiled; those
of the tests, which stand for people and operators, get through. Without being asked it changes one thing only: what
comes by the plain port is taken for HTTPS. The buckets of template.yaml refuse whoever comes without; browsers and
scripts do not know the certificate, but trust plain HTTP on 127.0.0.1.

POST /_faults   {"rate": 0.05}: spoil this share of the requests from now on; 0 ends it. {"seed": 1}: which ones.
                {"every": 300, "kills": 10}: at every 300th request kill a function at work, ten times in all
GET  /_faults   how many requests of functions there were, and what was done to them, by kind
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app as ministack
from ministack.core import lambda_runtime

type Message = dict[str, Any]
type Send = Callable[[Message], Awaitable[None]]
type Receive = Callable[[], Awaitable[Message]]

BEFORE = ("throttled", "failed", "cut off")
"""What happens instead of the call: it is refused for now, or fails within AWS, or the connection breaks."""

AFTER = ("answer lost to an error", "answer cut off")
"""What happens to the answer of a call that was performed."""

PROMISED_BYTES = 4096
CODES = {"throttled": ("ThrottlingException", "SlowDown", 503), "failed": ("InternalServerError", "InternalError", 500)}


_killed: dict[int, float] = {}
"""When each worker's process was killed last."""


class FaultyApp:
    """Passes requests to the emulator, and spoils some."""

    def __init__(self) -> None:
        self._random = random.Random(0)
        self._rate = 0.0
        self._every = 1
        self._kills = 0
        self._counts: Counter[str] = Counter()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = scope | {"scheme": "https"}
        if scope["type"] == "http" and scope["path"] == "/_faults":
            await _answer_json(send, await self._control(scope, receive))
        elif scope["type"] == "http" and self._rate and _by_function(scope):
            await self._perhaps_spoil(scope, receive, send)
        else:
            await ministack.app(scope, receive, send)

    async def _control(self, scope: Message, receive: Receive) -> Message:
        body = await _read(receive)
        if scope["method"] == "POST":
            wanted = json.loads(body)
            self._rate = float(wanted["rate"])
            self._every = int(wanted.get("every", self._every))
            self._kills = int(wanted.get("kills", self._kills))
            if "seed" in wanted:
                self._random.seed(wanted["seed"])
        return dict(self._counts)

    async def _perhaps_spoil(self, scope: Message, receive: Receive, send: Send) -> None:
        self._counts["requests"] += 1
        if self._kills and self._counts["requests"] % self._every == 0 and _kill(self._random):
            self._kills -= 1
            self._counts["functions killed"] += 1
        if self._random.random() >= self._rate:
            await ministack.app(scope, receive, send)
            return
        # Where nothing works, nothing is performed either.
        kind = self._random.choice(BEFORE if self._rate == 1 else BEFORE + AFTER)
        self._counts[kind] += 1
        if kind in AFTER:
            await ministack.app(scope, receive, _drop)
        else:
            await _read(receive)
        await _spoil(scope, send, kind)


def _by_function(scope: Message) -> bool:
    """Tell whether a role signed it: people and operators come with long-term keys, or none."""
    headers = dict(scope["headers"])
    return b"Credential=ASIA" in headers.get(b"authorization", b"")


async def _spoil(scope: Message, send: Send, kind: str) -> None:
    if kind.endswith("cut off") and scope["method"] != "HEAD":  # an answer to HEAD has no body to break off
        length = (b"content-length", str(PROMISED_BYTES).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        return
    json_code, xml_code, status = CODES.get(kind, CODES["failed"])
    if any(name == b"x-amz-target" for name, _ in scope["headers"]):
        await _answer_json(send, {"__type": json_code, "message": "chaos"}, 400 if kind == "throttled" else status)
    else:
        text = f"<Error><Code>{xml_code}</Code><Message>chaos</Message></Error>"
        await _answer(send, text.encode(), b"application/xml", status)


async def _answer_json(send: Send, document: Message, status: int = 200) -> None:
    await _answer(send, json.dumps(document).encode(), b"application/json", status)


async def _answer(send: Send, body: bytes, kind: bytes, status: int) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _drop(_message: Message) -> None:
    """Lose a part of an answer."""


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _kill(chance: random.Random) -> bool:
    """Kill a function that is past its start: killed while they start, functions would never come to work."""
    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool if worker.in_use]
    working = [worker for worker in workers if worker._proc and (worker._start_time or 0) > _killed.get(id(worker), 0)]
    if not working:
        return False
    worker = chance.choice(working)
    try:
        os.kill(worker._proc.pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    _killed[id(worker)] = time.time()
    return True


app = FaultyApp()
