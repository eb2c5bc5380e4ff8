"""ministack, an AWS emulator, as a process with ports and a temporary folder of its own, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import urllib3

from tests.local import certificate, ports, processes
from tests.local.paths import ROOT, RUNS, LocalError, tool

REGION = "us-east-1"
START_SECONDS = 180.0
POLL_SECONDS = 0.1
FOREIGN = ("AWS_", "LOCALSTACK_", "MINISTACK_", "SAM_", "PIP_REQUIRE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    endpoint: str  # plain HTTP, for browsers and scripts
    tls_endpoint: str  # for whoever trusts `certificate`
    certificate: Path
    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    def environment(self) -> dict[str, str]:
        """Return the environment for programs that talk to this emulator over TLS."""
        return clean_environment() | {
            "AWS_ENDPOINT_URL": self.tls_endpoint,
            "AWS_CA_BUNDLE": str(self.certificate),
        }

    def check(self) -> None:
        """Raise LocalError if the emulator has died."""
        if self.process.poll() is not None:
            message = f"The emulator ended with status {self.process.returncode}:\n{processes.tail(self.log)}"
            raise LocalError(message)


def clean_environment() -> dict[str, str]:
    """Return our environment without any AWS account, proxy or emulator setting of the person's own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name.lower() not in PROXIES
    }
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
    }


@contextmanager
def running(port: int = 0) -> Iterator[Emulator]:
    """Run an emulator behind a port of loopback (0: any free one) until the block ends, then wipe it."""
    with ExitStack() as undo:
        plain, tls = undo.enter_context(ports.claim(port)), undo.enter_context(ports.claim(0))
        plain_port, tls_port = plain.getsockname()[1], tls.getsockname()[1]
        folder = _new_folder()
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        own_temporary = folder / "tmp"
        own_temporary.mkdir()
        certificate_file, key_file = certificate.make(folder)
        log = folder / "ministack.log"
        process = processes.start(
            # Not by its own start script, which would listen on port 443 as well.
            [
                tool("ministack", "python"),
                "-P",
                ROOT / "tests" / "local" / "ministack_server.py",
                f"{ROOT / 'tests' / 'local' / 'server' / 'faulty_app.py'}:app",
                "--bind",
                f"fd://{tls.fileno()}",
                "--insecure-bind",
                f"fd://{plain.fileno()}",
                "--certfile",
                certificate_file,
                "--keyfile",
                key_file,
                "--keep-alive",
                "75",
            ],
            log,
            clean_environment()
            | {
                "PATH": f"{tool('ministack', 'python').parent}{os.pathsep}{os.environ['PATH']}",
                "TMPDIR": str(own_temporary),
                "GATEWAY_PORT": str(tls_port),
                "BIND_HOST": ports.LOOPBACK,
                "USE_SSL": "1",
                "MINISTACK_SSL_CERT": str(certificate_file),
                "MINISTACK_SSL_KEY": str(key_file),
                "AWS_CA_BUNDLE": str(certificate_file),
                "AUTH": "true",
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "PYTHONDONTWRITEBYTECODE": "",  # or every function instance would compile its layers' modules anew
            },
            [plain, tls],
        )
        undo.callback(processes.end, process)
        for listener in (plain, tls):
            listener.close()  # or callers would wait for an answer when the emulator, which has them too, has died
        emulator = Emulator(
            endpoint=f"http://{ports.LOOPBACK}:{plain_port}",
            tls_endpoint=f"https://{ports.LOOPBACK}:{tls_port}",
            certificate=certificate_file,
            folder=folder,
            log=log,
            process=process,
        )
        _await_health(emulator)
        yield emulator


def _new_folder() -> Path:
    """Make a folder for this run, after wiping those of runs that were killed before they could."""
    RUNS.mkdir(parents=True, exist_ok=True)
    for old in RUNS.iterdir():
        owner = old.name.partition("-")[0]
        if not owner.isdecimal() or not processes.alive(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=RUNS))


def _await_health(emulator: Emulator) -> None:
    deadline = time.monotonic() + START_SECONDS
    pause = threading.Event()
    with urllib3.PoolManager(retries=False, timeout=5) as http:
        while time.monotonic() < deadline:
            emulator.check()
            with suppress(urllib3.exceptions.HTTPError):
                if http.request("GET", f"{emulator.endpoint}/_ministack/health").status == 200:
                    return
            pause.wait(POLL_SECONDS)
    message = f"The emulator did not answer within {START_SECONDS:.0f} s:\n{processes.tail(emulator.log)}"
    raise LocalError(message)
