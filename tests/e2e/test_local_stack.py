"""The local stack itself: a taken port is told; however it ends, nothing is left behind and nothing built is lost."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.local import processes
from tests.local.paths import BUILDING, BUILT_TEMPLATE, ROOT, RUNS
from tests.support import polling

RUNNING = re.compile(r"http://127\.0\.0\.1:(\d+) for browsers")


@contextmanager
def local(*arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start `python -m tests.local` as the Makefile does."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.local", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        processes.end(process)


def runs_of(process: subprocess.Popen[bytes]) -> list[Path]:
    return list(RUNS.glob(f"{process.pid}-*"))


def emulator_groups(folder: Path) -> list[int]:
    """Return the process groups that have this run's temporary folder in their environment."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"TMPDIR={folder}/tmp".encode() in environment.read_bytes():
                found.append(os.getpgid(int(environment.parent.name)))
        except OSError:
            continue
    return found


def test_a_busy_port_is_told_and_costs_no_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with local("demo", "--port", str(port), log=log) as process:
            assert process.wait(polling.PATIENCE) == 1
            assert f"Port {port} is in use" in log.read_text(encoding="utf-8")
            assert "Traceback" not in log.read_text(encoding="utf-8")
            assert runs_of(process) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_behind_when_it_is_stopped(number: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with local("run", log=log) as process:
        port = polling.until("the emulator", lambda: RUNNING.search(log.read_text(encoding="utf-8")))[1]
        (folder,) = runs_of(process)
        assert emulator_groups(folder)
        process.send_signal(number)
        assert process.wait(polling.PATIENCE) == 130
        assert runs_of(process) == []
        assert emulator_groups(folder) == []
        assert "Traceback" not in log.read_text(encoding="utf-8")
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", int(port)))


def test_no_process_is_left_behind_when_it_is_killed_and_what_was_built_before_stays(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with local("run", log=log) as process:
        polling.until("the emulator", lambda: RUNNING.search(log.read_text(encoding="utf-8")))
        (folder,) = runs_of(process)
        polling.until("the build", BUILDING.exists)
        process.kill()
        process.wait(polling.PATIENCE)
        polling.until("the emulator's end", lambda: not emulator_groups(folder))
    assert BUILT_TEMPLATE.exists()
