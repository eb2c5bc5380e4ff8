"""Licences: everything that is shipped may be shipped, and `make licences` says under what."""

import re

import pytest

from tests.support import licences

SHIPPED = licences.shipped()
ALLOWED = re.compile(r"MIT|MIT-CMU|MIT-0|0BSD|BSD-2-Clause|BSD-3-Clause|Apache-2\.0|PSF-2\.0|Zlib|CC0-1\.0|LGPL-3\.0")
"""None asks for more than its text being kept. The LGPL is libheif's, in the page, as a file of its own."""


def test_there_is_what_is_shipped() -> None:
    assert {"numpy", "pillow", "scipy", "pydantic", "libheif-js", "hash-wasm"} <= {each.name for each in SHIPPED}


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
def test_everything_shipped_may_be_shipped(shipped: licences.Shipped) -> None:
    parts = re.split(r" AND | OR |[()]", shipped.licence)
    assert shipped.licence
    assert [part for part in parts if part and not ALLOWED.fullmatch(part)] == []


@pytest.mark.parametrize("unclear", ["", "Proprietary", "UNKNOWN", "GPL-3.0-only", "AGPL-3.0-or-later", "MITX"])
def test_an_unclear_licence_is_not_allowed(unclear: str) -> None:
    assert not ALLOWED.fullmatch(unclear)


def test_they_are_printed_with_their_versions(capsys: pytest.CaptureFixture[str]) -> None:
    licences.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SHIPPED)
    assert any(re.match(r"numpy +\d+\.\d+\.\d+ +BSD-3-Clause", line) for line in lines)
