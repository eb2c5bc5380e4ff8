"""What tests of the pulling are given."""

import pytest

from tests.exchange.pull_world import PullWorld, a_puller
from tests.support.world import World


@pytest.fixture
def platform(world: World) -> PullWorld:
    """A platform that pulls lists, on AWS as moto plays it."""
    return a_puller("HashTable")
