"""`python -m tests.local`: run, demo, build, upload. The Makefile calls it."""

import argparse
import signal
import sys
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

from tests.local import demo, deploy, emulator, processes, watch
from tests.local.console import Console
from tests.local.emulator import Emulator
from tests.local.paths import ROOT, STACK_FILE, LocalError, developer_tool
from tests.local.stack import Stack

HIGHEST_PORT = 65535


class StopError(BaseException):
    """SIGTERM arrived: unwind, and clean up on the way."""


def main() -> int:
    """Do what the arguments ask for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, description in (
        ("run", "deploy, play the main job, serve until Ctrl-C"),
        ("demo", "deploy, play the main job, exit"),
    ):
        command = commands.add_parser(name, help=description)
        command.add_argument("--port", type=_port, default=0, help="port on 127.0.0.1; any free one by default")
    commands.add_parser("build", help="build functions and layers for this machine")
    upload = commands.add_parser("upload", help="upload files to the running stack and tell their verdicts")
    upload.add_argument("files", nargs="+", type=Path)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs start with it ignored
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        match arguments.command:
            case "run" | "demo":
                _run(arguments.port, serve=arguments.command == "run")
            case "build":
                with Console().step("Building functions and layers") as progress:
                    deploy.build(progress.note)
            case "upload":
                return _upload(arguments.files)
    except (LocalError, TimeoutError) as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except (KeyboardInterrupt, StopError):
        sys.stderr.write("\nStopped; nothing is left behind.\n")
        return 130
    return 0


def _run(port: int, *, serve: bool) -> None:
    console = Console()
    console.say("Unspread on this machine: template.yaml, deployed into an AWS emulator on 127.0.0.1.\n")
    with ExitStack() as undo:
        with console.step("Starting the emulator"):
            emulated = undo.enter_context(emulator.running(port))
            console.detail(f"{emulated.endpoint} for browsers and scripts, {emulated.tls_endpoint} with TLS")
        with console.step("Building functions and layers (the first time takes a minute or two)") as progress:
            deploy.build(progress.note)
        with console.step("Deploying template.yaml") as progress:
            stack = deploy.deploy(emulated, progress.note)
        try:
            demo.play(console, emulated, stack)
        except (LocalError, TimeoutError) as error:
            raise LocalError(f"{error}\n\n{_logs(emulated, stack)}") from error
        console.say("\nThe main job works.\n")
        if serve:
            stack.save()
            undo.callback(stack.forget)
            _serve(console, emulated, stack)


def _logs(emulated: Emulator, stack: Stack) -> str:
    functions = "\n".join(list(watch.log_lines(stack))[-processes.TAIL_LINES :])
    return (
        f"The end of the functions' logs:\n{functions}\n\n"
        f"The end of the emulator's log:\n{processes.tail(emulated.log, 15)}"
    )


def _serve(console: Console, emulated: Emulator, stack: Stack) -> None:
    python = Path(sys.executable).relative_to(ROOT, walk_up=True)
    program = developer_tool("unspread").relative_to(ROOT, walk_up=True)
    console.say(f"""Page     {stack.page}
API      {stack.api}
Bucket   {stack.uploads} (quarantine: {stack.quarantine})
Scripts  {STACK_FILE.relative_to(ROOT)} holds these addresses

Try, in another terminal:
  {program} submit PICTURE --api {stack.api}
  {python} -m tests.local upload PICTURE
  {program} status CODE --api {stack.api}
  {program} withdraw CODE --api {stack.api}
  curl {stack.api}/openapi.json

Serving until Ctrl-C.""")
    pause = threading.Event()
    with suppress(KeyboardInterrupt, StopError):
        while not pause.wait(1):
            emulated.check()
    console.say("\nStopping; nothing is left behind.")


def _upload(files: list[Path]) -> int:
    stack = Stack.load()
    for file in files:
        try:
            body = file.read_bytes()
        except OSError as error:
            message = f"{file} cannot be read: {error.strerror}"
            raise LocalError(message) from error
        uploaded = watch.upload(stack, file.name, body)
        verdict = watch.verdict(stack, uploaded)
        if watch.in_place(stack, uploaded) is None:
            place = f"moved to s3://{stack.quarantine}/{watch.quarantine_key(uploaded)}"
        else:
            place = f"left at s3://{stack.uploads}/{uploaded.key}"
        Console().say(f"{file}: {verdict}, {place}")
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= HIGHEST_PORT:
        message = f"{text!r} is not a port"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise StopError


if __name__ == "__main__":
    sys.exit(main())
