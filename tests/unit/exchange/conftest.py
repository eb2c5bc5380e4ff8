"""What tests of the exchange are given."""

from collections.abc import Iterator

import pytest

from tests.exchange.world import ExchangeWorld, an_exchange
from tests.unit.exchange.pulled import Pulled


@pytest.fixture
def exchange() -> Iterator[ExchangeWorld]:
    """AWS as moto plays it, with the exchange."""
    with an_exchange() as made:
        yield made


@pytest.fixture
def pulled(exchange: ExchangeWorld) -> Pulled:
    """A list with a subscriber."""
    return Pulled(exchange)
