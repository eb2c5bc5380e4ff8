"""What the end-to-end tests share."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e import people
from tests.e2e.people import Person
from tests.local import deploy, emulator, hashes, watch
from tests.local.emulator import Emulator
from tests.local.stack import Stack
from tests.support import pictures, polling

DEAD_LETTERS = (
    "ScanDeadLetterQueueUrl",
    "RuleDeadLetterQueueUrl",
    "SweepFailureQueueUrl",
    "ForgetDeadLetterQueueUrl",
    "BackfillDeadLetterQueueUrl",
)
_seeds = itertools.count(1000)


@dataclass(frozen=True)
class Secret:
    """A picture, and the same as it comes back from elsewhere."""

    original: bytes
    copy: bytes
    file: Path

    def submit(self, stack: Stack) -> str:
        """List it as one more person; return the case code."""
        return people.submit(stack, self.file)


@dataclass(frozen=True)
class Listed:
    """A picture that a person has submitted, and the same as it comes back from elsewhere."""

    code: str
    original: bytes
    copy: bytes


@pytest.fixture(scope="session")
def strict(built: None, emulated: Emulator | None) -> Iterator[Stack]:
    """A stack of its own, beside the other: it serves only what is clean, and its reviews take two people."""
    with ExitStack() as undo:
        place = emulated or undo.enter_context(emulator.running())
        found = deploy.deploy(place, lambda _: None, "unspread-strict", ServeOnlyClean="true", ReviewersNeeded="2")
        undo.callback(found.close)
        yield found


@pytest.fixture
def person(stack: Stack) -> Person:
    """Somebody who submits."""
    return Person(stack)


@pytest.fixture
def innocent() -> bytes:
    """A picture that nobody has listed."""
    return pictures.jpeg(pictures.picture(next(_seeds)))


@pytest.fixture
def draw(tmp_path: Path) -> Callable[[], Secret]:
    """Draw a picture that nobody has listed yet."""

    def new() -> Secret:
        seed = next(_seeds)
        image = pictures.picture(seed)
        file = tmp_path / f"{seed}" / "picture.jpg"
        file.parent.mkdir()
        file.write_bytes(pictures.jpeg(image))
        return Secret(file.read_bytes(), pictures.altered(image), file)

    return new


@pytest.fixture
def listing(stack: Stack, draw: Callable[[], Secret]) -> Callable[[], Listed]:
    """Submit a new picture by the command line."""

    def submit() -> Listed:
        secret = draw()
        return Listed(secret.submit(stack), secret.original, secret.copy)

    return submit


@pytest.fixture(autouse=True)
def no_message_is_lost(stack: Stack) -> Iterator[None]:
    """After every test the dead-letter queues, and those of what could not be seen to, are empty."""
    yield
    assert {queue: watch.waiting(stack, queue) for queue in DEAD_LETTERS} == dict.fromkeys(DEAD_LETTERS, 0)


@pytest.fixture(scope="module", autouse=True)
def no_listing_is_left_unswept(stack: Stack) -> Iterator[None]:
    """After the tests of a module every listed hash was looked for among past uploads, as the functions' roles let."""
    yield
    polling.until("every listing to be swept", lambda: not hashes.unswept(stack))
