"""Child processes that never outlive us, and what they said when they fail."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.local.paths import ROOT, LocalError

TAIL_LINES = 40
GRACE_SECONDS = 10


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log file."""
    if not log.exists():
        return "(no log was written)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def run(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str],
    note: Callable[[str], None],
) -> None:
    """Run a command to its end, its output in `log` and each line given to `note`.

    Raises:
        LocalError: it failed; the message holds the end of its output.
    """
    arguments = [str(part) for part in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                file.write(line)
                if line.strip():
                    note(line.strip())
            status = process.wait()
        except BaseException:
            end(process)
            raise
    if status:
        message = f"{Path(arguments[0]).name} {arguments[1]} failed with status {status}:\n{tail(log)}"
        raise LocalError(message)


def start(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str], inherited: Sequence[socket.socket] = ()
) -> subprocess.Popen[bytes]:
    """Start a process that runs until `end`, in a process group of its own, its output in `log`.

    Its standard input ends when we do, however we end. It has these sockets of ours too, by the same numbers.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=log.parent,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[each.fileno() for each in inherited],
        )


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process and all that it started: politely, then without asking."""
    _signal_group(process, signal.SIGTERM)
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process, signal.SIGKILL)
        process.wait()


def alive(number: int) -> bool:
    """Tell whether a process of this number exists."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _signal_group(process: subprocess.Popen[bytes] | subprocess.Popen[str], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
