"""What unit tests are given."""

from collections.abc import Iterator

import pytest

from tests.support.reviews import Desk
from tests.support.world import World, a_world, direct_bands


@pytest.fixture
def world() -> Iterator[World]:
    """AWS as moto plays it, with the template's tables and buckets."""
    with a_world() as made:
        yield made


@pytest.fixture(name="direct_bands")
def _direct_bands() -> Iterator[None]:
    """Bands are looked up in moto's own store; that the client finds the same is tested with the index."""
    with direct_bands():
        yield


@pytest.fixture
def desk(world: World) -> Desk:
    """Where people decide on what is reviewed."""
    return Desk(world)
