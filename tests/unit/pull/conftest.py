"""What tests of the pulling are given."""

from collections.abc import Iterator

import pytest

from tests.exchange.pull_world import PullWorld, a_puller
from tests.support.world import World


@pytest.fixture
def platform(world: World) -> Iterator[PullWorld]:
    """A platform that pulls lists, on AWS as moto plays it."""
    with a_puller("HashTable") as made:
        yield made
