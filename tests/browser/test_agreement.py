"""The page and the server make the same hashes of the same files, whatever their format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.browser import corpus, scenarios
from tests.support.page_server import serving
from unspread.cli.files import hash_file
from unspread.hashing import distance

# In bits: the page hashes what the browser decodes, the server what Pillow does.
PDQ_AT_MOST = 4
PHASH_AT_MOST = 2
WINDOWS_AT_MOST = 12


@dataclass
class Distances:
    """How far the page's hashes are from the server's."""

    pdq: list[int] = field(default_factory=list)
    phash: list[int] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)

    def add(self, page: dict[str, Any], server: dict[str, Any]) -> None:
        """Compare the hashes of one picture or frame."""
        self.pdq.append(bits(page["pdq"], server["pdq"]))
        self.phash.append(bits(page["phash"], server["phash"]))
        # Where a window's quality is about 50, one side may leave it out.
        others = server.get("windows", [])
        nearest = [min(bits(window, other) for other in others) for window in page.get("windows", []) if others]
        assert abs(len(page.get("windows", [])) - len(others)) <= 2
        self.windows += sorted(nearest)[: len(others)]


def bits(one: str, other: str) -> int:
    return distance(bytes.fromhex(one), bytes.fromhex(other))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return corpus.write(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def server(files: list[Path]) -> list[dict[str, Any]]:
    return [hash_file(file, windows=True).item() for file in files]


def hashed(answers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for answer in answers:
        assert "failed" not in answer, answer
        yield answer["hashed"]


@pytest.mark.parametrize("browser", scenarios.BROWSERS)
def test_page_and_server_agree_on_every_file(
    browser: scenarios.Browser, hasher_site: Path, files: list[Path], server: list[dict[str, Any]]
) -> None:
    assert len(files) >= 150
    with serving(hasher_site) as url:
        seen = scenarios.run("hash_files", browser, url, files=[str(file) for file in files])
    assert seen["complaints"] == []
    distances = Distances()
    for file, theirs, ours in zip(files, hashed(seen["answers"]), server, strict=True):
        assert {key: theirs[key] for key in ("kind", "sha256", "md5")} == {
            key: ours[key] for key in ("kind", "sha256", "md5")
        }
        assert len(theirs["hashes"]) == len(ours["hashes"]), file.name
        assert theirs["lowQuality"] == (not ours["hashes"])
        for hash_there, hash_here in zip(theirs["hashes"], ours["hashes"], strict=True):
            distances.add(hash_there, hash_here)
    assert (median(distances.pdq), median(distances.phash), median(distances.windows)) == (0, 0, 0)
    assert max(distances.pdq) <= PDQ_AT_MOST
    assert max(distances.phash) <= PHASH_AT_MOST
    assert max(distances.windows) <= WINDOWS_AT_MOST


def test_jpegs_agree_where_the_canvas_is_altered_and_other_pictures_are_refused(
    hasher_site: Path, files: list[Path], server: list[dict[str, Any]]
) -> None:
    chosen = [(file, item) for file, item in zip(files, server, strict=True) if "large" not in file.name]
    jpegs = [pair for pair in chosen if pair[0].suffix == ".jpg" and pair[1]["hashes"]]
    jpegs = [(file, item) for file, item in jpegs if "cmyk" not in file.name][::3]
    others = [file for file, _ in chosen if file.suffix in {".png", ".webp", ".gif"} or "cmyk" in file.name][::15]
    paths = [str(file) for file in [*(file for file, _ in jpegs), *others]]
    launch = {"preferences": {"privacy.resistFingerprinting": True}}
    with serving(hasher_site) as url:
        answers = scenarios.run("hash_files", "firefox", url, files=paths, launch=launch)["answers"]
    assert len(jpegs) >= 15
    distances = Distances()
    for (_, item), theirs in zip(jpegs, hashed(answers[: len(jpegs)]), strict=True):
        distances.add(theirs["hashes"][0], item["hashes"][0])
    assert max(distances.pdq) <= PDQ_AT_MOST
    assert others
    for answer in answers[len(jpegs) :]:
        assert answer["failed"]["reason"] == "canvas_blocked"
        assert len(answer["failed"]["digests"]["sha256"]) == 64
