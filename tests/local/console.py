"""Calm output: numbered steps with their times, and one line of progress while a step lasts."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

QUIET_SECONDS = 5.0


@dataclass
class Progress:
    """One line that is rewritten on a terminal, and repeated every few seconds in a log file."""

    last: float = field(default_factory=time.monotonic)
    shown: bool = False

    def note(self, text: str) -> None:
        """Say what is going on just now."""
        if sys.stdout.isatty():
            sys.stdout.write(f"\r\033[K      {text[:100]}")
            self.shown = True
        elif time.monotonic() - self.last >= QUIET_SECONDS:
            self.last = time.monotonic()
            sys.stdout.write(f"      {text[:100]}\n")
        sys.stdout.flush()

    def clear(self) -> None:
        """Take the line away again."""
        if self.shown:
            sys.stdout.write("\r\033[K")
            sys.stdout.flush()
            self.shown = False


@dataclass
class Console:
    """Prints steps; `Console(quiet=True)` prints nothing."""

    quiet: bool = False
    steps: int = 0

    @contextmanager
    def step(self, title: str) -> Iterator[Progress]:
        """Number and name a step, then say how long it took, or that it failed."""
        self.steps += 1
        progress = Progress()
        start = time.monotonic()
        self.say(f"{self.steps:>3}  {title}")
        try:
            yield progress
        except BaseException:
            progress.clear()
            self.say(f"      stopped after {time.monotonic() - start:.1f} s")
            raise
        progress.clear()
        self.say(f"      done in {time.monotonic() - start:.1f} s")

    def detail(self, text: str) -> None:
        """Print something that a step found, indented below it."""
        self.say("      " + text.replace("\n", "\n      "))

    def say(self, text: str = "") -> None:
        """Print a line."""
        if not self.quiet:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
