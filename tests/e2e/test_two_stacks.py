"""Two platforms, each deployed by itself: what is submitted at one is caught at the other; the submitter is told."""

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import aloud
from tests.e2e import operators, people
from tests.e2e.conftest import DEAD_LETTERS, Secret
from tests.e2e.people import Person
from tests.local import deploy, emulator, hashes, watch
from tests.local.console import Console
from tests.local.stack import Stack
from tests.support import polling


@pytest.fixture(scope="module")
def other(pytestconfig: pytest.Config, stack: Stack) -> Iterator[Stack]:
    """A second platform, in an emulator of its own: both pull the other's list, and report to it."""
    with emulator.running() as emulated:
        with aloud(pytestconfig), Console().step("Deploying a second platform") as progress:
            deployed = deploy.deploy(emulated, progress.note)
        subscribe(deployed, stack)
        subscribe(stack, deployed)
        pull(deployed)
        backlog = hashes.unswept(deployed)  # very many at once are left to the reconciler, a quarter of an hour later
        yield deployed
        polling.until("every listing to be swept", lambda: not hashes.unswept(deployed) - backlog)
        assert {queue: watch.waiting(deployed, queue) for queue in DEAD_LETTERS} == dict.fromkeys(DEAD_LETTERS, 0)
        unsubscribe(stack)
        deployed.close()


def subscribe(subscriber: Stack, publisher: Stack) -> None:
    """Have one platform pull the other's list, with keys that the other's operator hands out."""
    keys = operators.participant(publisher).keys
    asked = f"{keys['x-functions-key']}\n{keys['Ocp-Apim-Subscription-Key']}\n"
    options = ("--kind", "stopncii", "--address", f"{publisher.api}/v1", "--category", "adult", "--feedback")
    operators.command(subscriber, "lists", "add", "other", *options, asked=asked)


def unsubscribe(subscriber: Stack) -> None:
    """Have a platform let go of the other's list: the next run does, or the one that is at it just now."""
    operators.command(subscriber, "lists", "remove", "other")

    def gone() -> bool:
        watch.invoke(subscriber, "PullFunction")
        return not operators.command(subscriber, "lists", "list")

    polling.until("the list to be let go of", gone)


def pull(stack: Stack) -> None:
    """Let the pull function have a run that reads the list to its end."""
    outcomes: list[dict[str, int]] = []

    def run() -> bool:
        outcomes.append(watch.invoke(stack, "PullFunction"))
        return outcomes[-1]["complete"] == 1  # not yet, if the schedule's own run is at it

    polling.until("the list to be pulled", run)
    assert [(each["failing"], each["fault"]) for each in outcomes] == [(0, 0)] * len(outcomes)


def counted(person: Person, code: str) -> list[tuple[int, int]]:
    return [(item["found"], item["removed"]) for item in person.status(code)["items"]]


def test_what_is_submitted_at_one_is_caught_at_the_other_until_it_is_withdrawn(
    stack: Stack, other: Stack, person: Person, draw: Callable[[], Secret]
) -> None:
    secret = draw()
    code = secret.submit(stack)
    pull(other)
    copy = watch.upload(other, "two/copy.jpg", secret.copy)
    assert watch.verdict(other, copy) == "match"
    assert watch.quarantined(other, copy) == secret.copy
    assert watch.in_place(other, copy) is None
    pull(stack)  # what the other has from here does not come back: it would keep both from letting go of it
    assert counted(person, code) == [(0, 0)]
    for _ in range(2):  # what is told again counts once
        pull(other)
        assert counted(person, code) == [(1, 1)]

    people.command(stack, "withdraw", code)
    pull(stack)
    at_home = watch.upload(stack, "two/home.jpg", secret.copy)
    assert watch.verdict(stack, at_home) == "clean"
    pull(other)
    again = watch.upload(other, "two/again.jpg", secret.copy)
    assert watch.verdict(other, again) == "clean"
    assert watch.in_place(other, again) == secret.copy
    assert watch.quarantined(other, again) is None


def test_a_copy_that_the_other_had_before_is_found_when_it_pulls(
    stack: Stack, other: Stack, person: Person, draw: Callable[[], Secret], innocent: bytes
) -> None:
    secret = draw()
    copy = watch.upload(other, "two/past.jpg", secret.copy)
    beside = watch.upload(other, "two/beside.jpg", innocent)
    assert [watch.verdict(other, upload) for upload in (copy, beside)] == ["clean", "clean"]
    code = secret.submit(stack)
    pull(other)
    watch.becomes(other, copy, "match")
    assert watch.quarantined(other, copy) == secret.copy
    assert watch.in_place(other, copy) is None
    assert watch.in_place(other, beside) == innocent
    pull(other)
    assert counted(person, code) == [(1, 1)]
