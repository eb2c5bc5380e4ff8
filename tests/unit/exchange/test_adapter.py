"""The adapter for subscribers, looked at without their library: one file, for old Pythons too."""

import ast

from tests.support.template import ROOT

SOURCE = (ROOT / "docs" / "unspread_exchange.py").read_text(encoding="utf-8")


def test_it_is_python_3_9() -> None:
    assert ast.parse(SOURCE, feature_version=(3, 9)).body


def test_it_needs_nothing_but_the_library_of_its_users() -> None:
    modules = {
        node.module.partition(".")[0]
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert modules <= {"__future__", "collections", "dataclasses", "threatexchange", "typing"}


def test_the_documentation_tells_how_to_use_it() -> None:
    text = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
    assert "unspread_exchange.py" in text
    assert "TX_UNSPREAD_KEYS" in text
    assert "TX_UNSPREAD_KEYS" in SOURCE
