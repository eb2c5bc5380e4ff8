"""What unit tests are given."""

from collections.abc import Iterator

import pytest

from tests.support.world import World, a_world


@pytest.fixture
def world() -> Iterator[World]:
    """AWS as moto plays it, with the template's tables and buckets."""
    with a_world() as made:
        yield made
