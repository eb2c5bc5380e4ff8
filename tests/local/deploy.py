"""`sam build` and `sam deploy` of the same template.yaml as on AWS, for this machine's processor."""

import fcntl
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.local import processes
from tests.local.emulator import REGION, Emulator, clean_environment
from tests.local.paths import BUILD, BUILD_CACHE, BUILDING, BUILT_TEMPLATE, LOCAL, ROOT, LocalError, tool
from tests.local.stack import Stack
from tests.support import template

STACK_NAME = "unspread-local"
SCAN_CONCURRENCY = 2  # more would only take turns on two cores
EXISTING_BUCKETS = ("existing-versioned", "existing-unversioned")  # whoever needs them makes them
BACKFILL_AHEAD = 20  # so that a small backfill has a middle to be stopped in
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def architecture() -> str:
    """Return the `Architecture` parameter that fits this machine."""
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        message = f"This machine's processor ({machine}) is neither arm64 nor x86_64."
        raise LocalError(message)
    return ARCHITECTURES[machine]


@contextmanager
def alone(note: Callable[[str], None]) -> Iterator[None]:
    """Keep other runs in this checkout from building meanwhile, for they build into the same folder."""
    BUILD.parent.mkdir(parents=True, exist_ok=True)
    with (BUILD.parent / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("waiting for another run in this folder to build or deploy")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(note: Callable[[str], None]) -> None:
    """Build functions and layers into .local/sam/build, apart from what you build for AWS.

    sam empties its folder first: a build that is stopped half-way must not take away the one before.
    """
    with alone(note):
        shutil.rmtree(BUILDING, ignore_errors=True)
        _build(note)
        shutil.rmtree(BUILD, ignore_errors=True)
        BUILDING.rename(BUILD)


def _build(note: Callable[[str], None]) -> None:
    environment = clean_environment()
    # sam wants a real python3.13 on PATH; shims of version managers will not do.
    environment["PATH"] = f"{tool('sam', 'python3.13').parent}{os.pathsep}{environment['PATH']}"
    processes.run(
        [
            tool("sam", "sam"),
            "build",
            "--template-file",
            ROOT / "template.yaml",
            "--build-dir",
            BUILDING,
            "--cache-dir",
            BUILD_CACHE,
            "--cached",
            "--parallel",
            "--parameter-overrides",
            f"Architecture={architecture()}",
            "--region",
            REGION,
        ],
        LOCAL / "sam" / "build.log",
        environment,
        note,
    )


def deploy(emulator: Emulator, note: Callable[[str], None], name: str = STACK_NAME, **parameters: str) -> Stack:
    """Deploy the built template into an emulator, with these of its parameters."""
    total = len(template.expanded()["Resources"])
    created = 0

    def count(line: str) -> None:
        nonlocal created
        if line.startswith("CREATE_COMPLETE"):
            created += 1
            note(f"{min(created, total)} of {total} resources created")
        elif found := re.search(r"\((\d+)[.\d]*%\)", line):
            note(f"uploading, {found[1]} %")

    command: list[str | Path] = [
        tool("sam", "sam"),
        "deploy",
        "--template-file",
        BUILT_TEMPLATE,
        "--stack-name",
        name,
        "--resolve-s3",
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_AUTO_EXPAND",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--region",
        REGION,
        "--parameter-overrides",
        *(f"{key}={value}" for key, value in (_parameters() | parameters).items()),
    ]
    with alone(note):
        processes.run(command, emulator.folder / "deploy.log", emulator.environment(), count)
    stack = Stack.find(emulator.endpoint, name)
    _complete(stack)
    return stack


def _parameters() -> dict[str, str]:
    return {
        "Architecture": architecture(),
        "DeletionProtection": "false",
        "ScanConcurrency": str(SCAN_CONCURRENCY),
        "ExistingBuckets": ",".join(EXISTING_BUCKETS),
        "BackfillAhead": str(BACKFILL_AHEAD),
    }


def _complete(stack: Stack) -> None:
    """Do what the emulator's CloudFormation leaves out: expiry of items, and numbers given as parameters."""
    for logical_id, mapping in template.resources("AWS::Lambda::EventSourceMapping").items():
        if "ScalingConfig" in mapping["Properties"]:
            stack.functions.update_event_source_mapping(
                UUID=stack.resources[logical_id], ScalingConfig={"MaximumConcurrency": SCAN_CONCURRENCY}
            )
    for logical_id, table in template.resources("AWS::DynamoDB::Table").items():
        if "TimeToLiveSpecification" in table["Properties"]:
            stack.dynamodb.update_time_to_live(
                TableName=stack.resources[logical_id],
                TimeToLiveSpecification=table["Properties"]["TimeToLiveSpecification"],
            )
