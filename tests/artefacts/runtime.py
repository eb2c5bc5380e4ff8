"""Runs a built function as Lambda does: AWS's own runtime client against a small Runtime API.

The function's process sees what it would see on Lambda and nothing else: its own folder, its layers, and the
packages that the Python runtime brings (the runtime client and boto3). What is missing there is missing here.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import importlib.metadata
import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.local import processes
from tests.local.paths import BUILD
from tests.support import polling

VERSION = "/2018-06-01/runtime"
BROUGHT_BY_LAMBDA = (
    "awslambdaric",
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "simplejson",
    "six",
    "snapshot-restore-py",
    "urllib3",
)


class FunctionError(Exception):
    """The function could not start, or raised; the message is what it told the Runtime API."""


@dataclass
class RuntimeApi:
    """One invocation at a time goes in, what the function says of it comes out."""

    invocations: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    answers: queue.Queue[tuple[str, Any]] = field(default_factory=queue.Queue)

    def server(self) -> ThreadingHTTPServer:
        """Return a server on a free port of loopback, not yet serving."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                event = api.invocations.get()
                self.answer(
                    200,
                    json.dumps(event).encode(),
                    {
                        "Content-Type": "application/json",
                        "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 300) * 1000)),
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                api.answers.put((self.path.rpartition("/")[2], json.loads(body or b"null")))
                self.answer(202, b'{"status": "OK"}', {})

            def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        return server


@dataclass(frozen=True)
class Function:
    """A function's process, waiting for events."""

    api: RuntimeApi
    process: subprocess.Popen[bytes]
    log: Path

    def __call__(self, event: dict[str, Any]) -> Any:
        """Invoke it and return its answer. Raises FunctionError."""
        self.api.invocations.put(event)
        try:
            kind, answer = polling.until("the function's answer", self._answer, step=0.02)
        except TimeoutError as error:
            message = f"{error}\n{processes.tail(self.log)}"
            raise FunctionError(message) from None
        if kind == "error":
            message = f"{answer}\n{processes.tail(self.log)}"
            raise FunctionError(message)
        return answer

    def _answer(self) -> tuple[str, Any] | None:
        status = self.process.poll()
        with suppress(queue.Empty):
            return self.api.answers.get_nowait()
        if status is not None:
            message = f"The function's process ended with status {status}:\n{processes.tail(self.log)}"
            raise FunctionError(message)
        return None


@contextmanager
def started(
    name: str, layers: Sequence[str], environment: Mapping[str, str], folder: Path, handler: str = "app.handler"
) -> Iterator[Function]:
    """Start a built function, such as "ScanFunction", with built layers, such as "UnspreadLayer"."""
    code = BUILD / name
    runtime = folder / "runtime"
    _lay_out_runtime(runtime)
    api = RuntimeApi()
    log = folder / f"{name}.log"
    paths = [code, *(BUILD / layer / "python" for layer in layers), runtime]
    with api.server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with log.open("wb") as output:
            process = subprocess.Popen(
                # -S: nothing of the interpreter's own packages; sys.base_prefix: nothing of our environment's.
                [Path(sys.base_prefix) / "bin" / "python3.13", "-S", "-s", "-m", "awslambdaric", handler],
                cwd=code,
                env={
                    "PATH": os.defpath,
                    "PYTHONPATH": os.pathsep.join(map(str, paths)),
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "LAMBDA_TASK_ROOT": str(code),
                    "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
                    "AWS_LAMBDA_FUNCTION_NAME": name,
                    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
                    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Function(api, process, log)
        finally:
            processes.end(process)
            server.shutdown()


def _lay_out_runtime(folder: Path) -> None:
    """Link the packages that Lambda's Python brings into a folder of their own."""
    folder.mkdir(exist_ok=True)
    for package in BROUGHT_BY_LAMBDA:
        distribution = importlib.metadata.distribution(package)
        for top in {Path(file).parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            link = folder / top
            if not link.exists():
                link.symlink_to(str(distribution.locate_file(top)))
