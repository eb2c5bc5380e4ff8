"""The page's build: the same everywhere, small at first load, and without types that do not fit."""

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from tests.browser import scenarios
from tests.support.page_server import serving
from tests.support.template import ROOT

FIRST_LOAD = 100_000  # bytes, gzipped
LATER = re.compile(r"manifest|assets/(heif-|jpeg-wasm|licences|messages-(?!en-))")


def contents(site: Path) -> dict[str, bytes]:
    return {str(file.relative_to(site)): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def test_two_builds_in_two_places_are_the_same_byte_for_byte(page_site: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another place" / "web"
    shutil.copytree(scenarios.WEB, elsewhere, ignore=shutil.ignore_patterns("node_modules"))
    (elsewhere / "node_modules").symlink_to(scenarios.WEB / "node_modules")
    out = tmp_path / "site"
    subprocess.run([scenarios.tool("node"), "build.mjs", out], cwd=elsewhere, check=True, capture_output=True)
    assert contents(out) == contents(page_site)


def test_the_digest_covers_every_file_and_is_shown_on_the_page(page_site: Path) -> None:
    files = contents(page_site)
    digest = scenarios.manifest(page_site)["digest"]
    page = files["index.html"].decode("utf-8")
    assert digest in page
    files["index.html"] = page.replace(digest, "{{digest}}").encode("utf-8")
    del files["manifest.json"]
    lines = "".join(f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))
    assert hashlib.sha256(lines.encode()).hexdigest() == digest


def test_no_path_or_address_of_the_builder_gets_into_the_site(page_site: Path) -> None:
    for path, body in contents(page_site).items():
        assert str(ROOT).encode() not in body, path
        assert b"node_modules" not in body, path


def test_the_first_load_is_small(page_site: Path) -> None:
    first = {path: body for path, body in contents(page_site).items() if not LATER.match(path)}
    assert any(path.startswith("assets/hashing-worker") for path in first)
    assert sum(len(gzip.compress(body, 6)) for body in first.values()) < FIRST_LOAD


def test_the_licences_of_what_is_inside_come_along(page_site: Path) -> None:
    (licences,) = page_site.glob("assets/licences-*.txt")
    text = licences.read_text(encoding="utf-8")
    parts, names = (
        ("libheif-js", "@jsquash/jpeg", "hash-wasm"),
        ("GNU LESSER GENERAL PUBLIC LICENSE", "Apache License", "MIT"),
    )
    for words in parts + names:
        assert words in text


def test_types_fit() -> None:
    scenarios.install(scenarios.WEB)
    done = subprocess.run(
        [scenarios.tool("node"), "node_modules/typescript/bin/tsc", "--noEmit"],
        cwd=scenarios.WEB,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""


def test_the_page_opens_under_its_headers_in_both_browsers_without_a_complaint(page_site: Path) -> None:
    with serving(page_site) as url:
        for browser in scenarios.BROWSERS:
            seen = scenarios.run("smoke", browser, url.removesuffix("/"))
            assert seen["address"] == url  # sent there by the redirect
            assert seen["isolated"] is True
            assert seen["complaints"] == []
