"""What the scenarios share: the built pages."""

from pathlib import Path

import pytest

from tests.browser import scenarios


@pytest.fixture(scope="session")
def hasher_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the test page that exposes the Hasher."""
    return scenarios.build(tmp_path_factory.mktemp("hasher"), page="hasher_page")


@pytest.fixture(scope="session")
def page_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page as it is shipped."""
    return scenarios.build(tmp_path_factory.mktemp("page"))
