"""The one way tests wait: look, pause, look again, until a deadline."""

import threading
import time
from collections.abc import Callable

STEP_SECONDS = 0.2
PATIENCE = 240.0
"""Seconds that anything may take, on a machine that has other work: to hang is a failure, to be slow is none."""


def until[T](what: str, look: Callable[[], T | None], seconds: float = PATIENCE, step: float = STEP_SECONDS) -> T:
    """Return the first answer of `look` that is neither None nor False.

    Raises:
        TimeoutError: there was none within `seconds`; the message says what was waited for.
    """
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        answer = look()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() >= deadline:
            message = f"Waited {seconds:.0f} s in vain for {what} (last answer: {answer!r})."
            raise TimeoutError(message)
        pause.wait(step)
