"""The main job, played aloud: a hash is submitted, an altered copy is uploaded, and taken into quarantine."""

import re
import subprocess
import tempfile
from pathlib import Path

from tests.local import watch
from tests.local.console import Console
from tests.local.emulator import Emulator, clean_environment
from tests.local.paths import LocalError, developer_tool
from tests.local.stack import Stack
from tests.support import pictures

CASE_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){3}\b")
EVENTS = {"Match Found", "Object Quarantined"}
COMMAND_SECONDS = 240


def play(console: Console, emulator: Emulator, stack: Stack) -> None:
    """Play one case from submission to quarantine.

    Raises:
        LocalError: something did not happen as it should.
        TimeoutError: something did not happen in time.
    """
    secret, innocent = pictures.picture(seed=1), pictures.picture(seed=2)
    secure_api = stack.api.replace(emulator.endpoint, emulator.tls_endpoint)
    with tempfile.TemporaryDirectory(dir=emulator.folder) as folder:
        with console.step("A person submits the hash of a picture, over HTTPS. The picture stays on the device"):
            original = Path(folder, "picture.jpg")
            original.write_bytes(pictures.jpeg(secret))
            answer = unspread(emulator, "submit", str(original), "--api", secure_api)
            code = case_code(answer)
            console.detail(f"submitted; the case code, known to that person alone: {code}")
        with (
            console.step("Somebody uploads a copy, smaller and encoded anew"),
            watch.listening(stack, {"source": ["unspread"]}) as listener,
        ):
            copy = watch.upload(stack, "holiday/beach.jpg", pictures.altered(secret))
            expect(watch.verdict(stack, copy), "match", "the verdict on the copy")
            expect(watch.quarantined(stack, copy), copy.body, "the copy in quarantine")
            expect(watch.in_place(stack, copy), None, "the copy in the upload bucket")
            console.detail(f"s3://{stack.uploads}/{copy.key}: gone")
            console.detail(f"s3://{stack.quarantine}/{watch.quarantine_key(copy)}: byte for byte")
            for kind, detail in watch.events_of(listener, copy, EVENTS).items():
                console.detail(f"event: {kind} (key {detail['key']}, version {detail['version'][:8]}...)")
        with console.step("Somebody else uploads an innocent picture"):
            other = watch.upload(stack, "holiday/harbour.jpg", pictures.jpeg(innocent))
            expect(watch.verdict(stack, other), "clean", "the verdict on the innocent picture")
            expect(watch.in_place(stack, other), other.body, "the innocent picture")
            console.detail(f"s3://{stack.uploads}/{other.key}: untouched")
        with console.step("The person asks for the case's status"):
            console.detail(unspread(emulator, "status", code, "--api", secure_api).strip())


def unspread(emulator: Emulator, *arguments: str) -> str:
    """Run the unspread command line as a person would and return what it prints."""
    done = subprocess.run(
        [str(developer_tool("unspread")), *arguments],
        env=clean_environment() | {"SSL_CERT_FILE": str(emulator.certificate)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if done.returncode:
        message = f"unspread {arguments[0]} failed with status {done.returncode}:\n{done.stdout}{done.stderr}"
        raise LocalError(message)
    return done.stdout


def case_code(text: str) -> str:
    """Find the case code in what `unspread submit` printed."""
    found = CASE_CODE.search(text)
    if not found:
        message = f"unspread submit printed no case code:\n{text}"
        raise LocalError(message)
    return found[0]


def expect(actual: object, wanted: object, what: str) -> None:
    """Raise LocalError unless the two are equal."""
    if actual != wanted:
        message = f"Expected {what} to be {_short(wanted)}, but it is {_short(actual)}."
        raise LocalError(message)


def _short(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return "gone" if value is None else repr(value)
