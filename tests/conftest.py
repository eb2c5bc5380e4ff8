"""The local stack that the artefact tests and the end-to-end tests share: built and deployed once.

With UNSPREAD_STACK=running the stack that `make run` serves is used instead. With UNSPREAD_BUILT=1 what was built just
before is deployed: of two runs in one checkout, neither must build while the other deploys.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import cast

import pytest
from hypothesis import HealthCheck, settings

from tests.local import deploy, emulator
from tests.local.console import Console
from tests.local.emulator import Emulator
from tests.local.stack import Stack

# A busy machine is no fault of the code.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(scope="session")
def built(pytestconfig: pytest.Config) -> None:
    """Functions and layers, built for this machine as they are now."""
    if os.environ.get("UNSPREAD_BUILT"):
        return
    with aloud(pytestconfig), Console().step("Building functions and layers") as progress:
        deploy.build(progress.note)


@pytest.fixture(scope="session")
def emulated() -> Iterator[Emulator | None]:
    """An emulator of our own; None where the stack of `make run` is used."""
    if os.environ.get("UNSPREAD_STACK") == "running":
        yield None
        return
    with emulator.running() as running:
        yield running


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config, built: None, emulated: Emulator | None) -> Iterator[Stack]:
    """The deployed stack."""
    if emulated is None:
        found = Stack.load()
    else:
        with aloud(pytestconfig), Console().step("Deploying template.yaml") as progress:
            found = deploy.deploy(emulated, progress.note)
    yield found
    found.close()


def aloud(config: pytest.Config) -> AbstractContextManager[None]:
    """Let a block write to the screen, though output is captured."""
    capture = config.pluginmanager.getplugin("capturemanager")
    return cast("AbstractContextManager[None]", capture.global_and_fixture_disabled())
