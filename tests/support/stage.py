"""A stage on which several threads take their steps in the order that a schedule says."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.polling import PATIENCE

"""Seconds after which a thread that does not come to its next step counts as stuck."""


@dataclass
class Stage:
    """Threads that take their steps when they are told to."""

    turns: dict[str, threading.Semaphore] = field(default_factory=dict)
    arrived: dict[str, threading.Semaphore] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    history: list[tuple[str, str]] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    _local: threading.local = field(default_factory=threading.local)

    def step(self, name: str) -> None:
        """Stop before a step, if this thread is on the stage."""
        actor = getattr(self._local, "actor", None)
        if actor is None:
            return
        self.arrived[actor].release()
        assert self.turns[actor].acquire(timeout=PATIENCE), f"{actor} is stuck before: {name}"
        self.history.append((actor, name))

    def play(self, schedule: tuple[str, ...], **actors: Callable[[], object]) -> list[tuple[str, str]]:
        """Let the actors take their steps by the schedule, then run to their ends; return what happened."""
        self.history.clear()
        self.finished.clear()
        self.turns = {name: threading.Semaphore(0) for name in actors}
        self.arrived = {name: threading.Semaphore(0) for name in actors}
        threads = [threading.Thread(target=self._run, args=item) for item in actors.items()]
        for thread in threads:
            thread.start()
        for name in actors:
            self._await(name)
        for name in (*schedule, *(name for name in actors for _ in range(50))):
            if name not in self.finished:
                self.turns[name].release()
                self._await(name)
        for thread in threads:
            thread.join(PATIENCE)
        if self.faults:
            raise self.faults.pop()
        return list(self.history)

    def _await(self, name: str) -> None:
        assert self.arrived[name].acquire(timeout=PATIENCE), f"{name} did not come to its next step"

    def _run(self, name: str, action: Callable[[], object]) -> None:
        self._local.actor = name
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - told by play
            self.faults.append(error)
        finally:
            self.finished.add(name)
            self.arrived[name].release()


def stopping(stage: Stage, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that stops before it does what the real one does."""

    def stops_first(*arguments: Any, **named: Any) -> Any:
        stage.step(name)
        return real(*arguments, **named)

    return stops_first


def merges(**steps: int) -> list[tuple[str, ...]]:
    """Return every order of the steps of several actors."""
    if not any(steps.values()):
        return [()]
    return [(name, *rest) for name, left in steps.items() if left for rest in merges(**(steps | {name: left - 1}))]
