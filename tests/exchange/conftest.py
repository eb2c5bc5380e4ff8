"""The reference client's environment, and an exchange behind HTTP for it to talk to."""

from collections.abc import Iterator

import pytest

from tests.exchange.world import ExchangeWorld, an_emulated_exchange
from tests.local import venv
from tests.local.paths import ROOT


@pytest.fixture(scope="session")
def client_python() -> str:
    """The interpreter of an environment with `threatexchange`; made if need be, which takes a compiler."""
    folder = ROOT / ".local" / "venvs" / "exchange"
    venv.make(folder, ROOT / "tests" / "exchange" / "requirements.txt", editable=False)
    return str(folder / "bin" / "python")


@pytest.fixture
def exchange() -> Iterator[ExchangeWorld]:
    """An exchange in the emulator, where a test may ask as often as it likes."""
    with an_emulated_exchange(EXCHANGE_RATE="1000", EXCHANGE_BURST="10000") as made:
        yield made
