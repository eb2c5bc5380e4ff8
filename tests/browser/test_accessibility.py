"""The page is for everyone: every screen is looked at, in the real page with the real functions behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import flow_service
from tests.browser.scenarios import BROWSERS, Browser, run
from tests.support import pictures

SCREENS = {
    "start",
    "age",
    "choose",
    "making",
    "review",
    "send",
    "code",
    "next",
    "help",
    "help-country",
    "case-malformed",
}
SCREENS |= {"case-unknown", "status", "status-added", "withdraw", "withdrawn"}


@pytest.fixture
def url(page_site: Path) -> Iterator[str]:
    """Serve the page as it is shipped."""
    with flow_service.serving(page_site) as address:
        yield address


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Make a file of each kind that leads to words of its own."""
    folder = tmp_path_factory.mktemp("files")
    contents = {
        "picture": pictures.jpeg(pictures.picture(71)),
        "other": pictures.jpeg(pictures.picture(72)),
        "video": b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40,
        "broken": pictures.jpeg(pictures.picture(73))[:2000],
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: str(folder / name) for name in contents}


@pytest.mark.parametrize("browser", BROWSERS)
def test_axe_finds_no_violation_on_any_screen_in_either_direction_and_scheme(
    url: str, files: dict[str, str], browser: Browser
) -> None:
    launch = {"preferences": {"layout.css.prefers-color-scheme.content-override": 0}}  # dark
    seen = run("axe", browser, url, files=files, launch=launch)
    assert set(seen["screens"]) == SCREENS
    assert seen["violations"] == []


@pytest.mark.parametrize("browser", BROWSERS)
def test_nothing_sticks_out_at_320_pixels_and_no_target_is_too_small_in_any_language(
    url: str, files: dict[str, str], browser: Browser
) -> None:
    seen = run("look_narrow", browser, url, files=files)
    assert set(seen["screens"]) == SCREENS
    assert seen["faults"] == []


def test_the_keyboard_is_enough_and_every_screen_begins_at_its_heading(url: str, files: dict[str, str]) -> None:
    seen = run("flow_keyboard", "chromium", url, files=[files["picture"]])
    assert set(seen["focused"]) == {"H1"}
    assert len(seen["code"]) == 23


@pytest.mark.parametrize("browser", BROWSERS)
def test_leaving_is_quick_and_only_a_code_that_was_not_kept_holds_up_closing(
    url: str, files: dict[str, str], browser: Browser
) -> None:
    seen = run("flow_exit", browser, url, files=[files["picture"]])
    for way in ("escape", "button"):
        left = seen["left"][way]
        assert left["there"] == "https://weather.com/", way
        assert left["referrers"] == [""], way
        assert left["dialogs"] == [], way
        assert left["back"] in (None, "about:blank"), way
    assert seen["closing"] == {"unkept": ["beforeunload"], "kept": []}
