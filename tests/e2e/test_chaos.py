"""Functions are killed, their calls fail, messages come twice and in any order: in the end all is as it should be.

docs/chaos.md says what is done, and what was seen in the long run.
"""

import hashlib
import random
import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tests.e2e import operators
from tests.e2e.people import Person
from tests.local import chaos, hashes, watch
from tests.local.chaos import Chaos
from tests.local.stack import Stack
from tests.local.watch import Uploaded
from tests.support import pictures, polling
from unspread import case_code
from unspread.cli.challenge import ChallengeError
from unspread.cli.files import hash_file

SEED = 20261123
FAILING = 0.05
ITEMS_OF_A_CASE = 4
REQUESTS_A_KILL = 300
SIZE = (360, 270)
IN_OUTAGE = 6
SECONDS_EACH = 1.5
SECONDS_MORE = 300.0


@dataclass
class Run:
    """A chaos run: what is listed, what was uploaded, and what has to become of it."""

    stack: Stack
    person: Person
    folder: Path
    listings: int
    uploads: int
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    prefix: str = field(default_factory=lambda: f"chaos/{uuid.uuid4().hex}/")
    listed: list[Uploaded] = field(default_factory=list)
    others: list[Uploaded] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def say(self, what: str) -> None:
        print(f"{time.monotonic() - self.began:5.0f} s: {what}", flush=True)

    @property
    def patience(self) -> float:
        return SECONDS_MORE + SECONDS_EACH * self.uploads

    def picture(self, number: int) -> Any:
        return pictures.picture(seed=900_000 + self.uploads * 10 + number, size=SIZE)

    def item(self, number: int) -> dict[str, Any]:
        file = self.folder / f"{number}.png"
        file.write_bytes(pictures.png(self.picture(number)))
        return hash_file(file).item()

    def await_scans(self) -> None:
        """Wait until every upload so far was scanned, whatever went wrong: then a listing finds it among past ones."""

        def idle() -> bool:
            return watch.waiting(self.stack, "ScanQueueUrl") == 0

        polling.until("the queue to be worked off", idle, self.patience, 1)
        self.say("the queue is worked off")

    def submit(self, numbers: Sequence[int]) -> str:
        """Submit pictures as one case, again and again until it is answered; return its code."""
        code = case_code.generate()
        body = {"case": case_code.digest(code), "category": "adult", "items": [self.item(number) for number in numbers]}
        proof = self.insist("a challenge", self.person.proof)
        self.insist("a case", lambda: self.person.call("POST", "/submissions", {"proof": proof} | body).status == 201)
        return code

    def withdraw(self, code: str) -> None:
        def withdrawn() -> bool:
            answer = self.person.call("DELETE", "/case", code=code)
            return answer.status == 200 and answer.document["status"] == "withdrawn"

        self.insist("a withdrawal", withdrawn)

    def insist[T](self, what: str, ask: Callable[[], T]) -> T:
        """Ask until there is an answer, as the page and people do."""

        def look() -> T | None:
            try:
                return ask()
            except (
                ChallengeError,
                ValueError,
                KeyError,
                urllib3.exceptions.HTTPError,
            ):  # no answer, or that of a broken gateway
                return None

        return polling.until(what, look, self.patience)

    def upload_copy(self, number: int, name: str) -> None:
        body = pictures.jpeg(self.picture(number).resize((300, 225)), quality=60 + len(name))
        self.listed.append(watch.upload(self.stack, f"{self.prefix}{number}-{name}.jpg", body))

    def upload_other(self, number: int, name: str = "other") -> None:
        body = pictures.jpeg(self.picture(number))
        self.others.append(watch.upload(self.stack, f"{self.prefix}{number}-{name}.jpg", body))

    @property
    def everything(self) -> list[Uploaded]:
        return self.listed + self.others


def play(run: Run, trouble: Chaos) -> None:
    """List, withdraw and upload in every order, while things go wrong."""
    copied = range(run.listings)
    withdrawn = range(run.listings, run.listings + max(2, run.listings // 10))
    rest = run.uploads - 2 * len(copied) - len(withdrawn) - IN_OUTAGE
    others = range(withdrawn.stop, withdrawn.stop + rest)
    early = [partial(run.upload_copy, number, "early") for number in copied]
    early += [partial(run.upload_other, number) for number in others[::2]]
    late: list[Callable[[], object]] = [partial(run.upload_copy, number, "late") for number in copied]
    late += [partial(run.upload_other, number) for number in others[1::2]]
    late += [partial(run.upload_other, number, "withdrawn") for number in withdrawn]
    late += [partial(run.submit, case) for case in batched(copied, ITEMS_OF_A_CASE, strict=False)]
    run.withdraw(run.submit(withdrawn))
    run.say("a case is withdrawn")
    with ThreadPoolExecutor(8) as pool:
        for stage in (early, late):
            run.chance.shuffle(stage)
            for done in [pool.submit(each) for each in stage]:
                done.result()
            chaos.announce_again(run.stack, run.chance.sample(run.everything, run.uploads // 10), run.chance)
            for _ in range(max(1, run.listings // 40)):
                chaos.stream_again(run.stack, 2, run.chance)
            run.say(f"{len(run.everything)} uploads, messages about a tenth of them sent twice more")
            run.await_scans()
    # For a while nothing works at all: what was sent then ends in the dead-letter queue.
    with chaos.worn_out(run.stack):
        trouble.go_on(1.0)
        before = watch.waiting(run.stack, "ScanDeadLetterQueueUrl")
        for number in range(IN_OUTAGE // 2):
            run.upload_copy(number, "outage")
            run.upload_other(others.stop + number)

        def given_up() -> bool:
            return watch.waiting(run.stack, "ScanDeadLetterQueueUrl") >= before + IN_OUTAGE

        polling.until("the messages of the outage to be given up", given_up, run.patience)
    trouble.go_on(FAILING)
    run.say("an outage is over")


def settle(run: Run) -> dict[str, int]:
    """Redrive and reconcile, as an operator and the clock do, until nothing is left to do; return how often."""
    seen = {"redriven": 0, "reconciler runs": 0}

    def quiet() -> bool:
        if watch.waiting(run.stack, "ScanDeadLetterQueueUrl"):
            told = operators.command(run.stack, "redrive", "--queue", "scan")
            seen["redriven"] += sum(int(count) for count in re.findall(r"(\d+) sent back", told))
        if hashes.unswept(run.stack):
            seen["reconciler runs"] += 1
            if chaos.quarter_of_an_hour_later(run.stack):
                return False
        if watch.waiting(run.stack, "ScanQueueUrl") or watch.waiting(run.stack, "ScanDeadLetterQueueUrl"):
            return False
        return all(watch.record(run.stack, each) for each in run.everything)

    polling.until("everything to be seen to", quiet, run.patience, step=2)
    return seen


def digest(body: bytes | None) -> str | None:
    return None if body is None else hashlib.sha256(body).hexdigest()


def state(stack: Stack, uploads: list[Uploaded]) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield key, SHA-256 in place, and SHA-256 in quarantine, of each upload."""

    def look(upload: Uploaded) -> tuple[str, str | None, str | None]:
        return upload.key, digest(watch.in_place(stack, upload)), digest(watch.quarantined(stack, upload))

    with ThreadPoolExecutor(8) as pool:
        yield from pool.map(look, uploads)


@pytest.mark.parametrize(("listings", "uploads"), [(20, 200), pytest.param(200, 2000, marks=pytest.mark.soak)])
def test_whatever_goes_wrong_every_listed_upload_ends_in_quarantine_and_no_other(
    listings: int, uploads: int, stack: Stack, person: Person, tmp_path: Path
) -> None:
    run = Run(stack, person, tmp_path, listings, uploads)
    trouble = Chaos(stack)
    with ExitStack() as undo:
        undo.enter_context(chaos.impatient(stack))
        trouble.begin(FAILING, SEED, REQUESTS_A_KILL, kills=listings // 2)
        undo.callback(trouble.end)
        play(run, trouble)
        seen = settle(run)
    run.say(f"all is done: {trouble.counts() | seen}")
    assert len(run.everything) == uploads
    assert list(state(stack, run.listed)) == [(each.key, None, digest(each.body)) for each in run.listed]
    assert list(state(stack, run.others)) == [(each.key, digest(each.body), None) for each in run.others]
    assert seen["redriven"] >= IN_OUTAGE
    counts = trouble.counts()
    assert counts["functions killed"] >= 1
    assert all(counts[kind] for kind in ("throttled", "failed", "cut off", "answer cut off", "answer lost to an error"))
