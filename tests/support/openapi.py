"""Writes the OpenAPI documents of docs/ from the code: `make openapi`."""

import json
from typing import Any

from tests.support.functions import load
from tests.support.template import ROOT

DOCUMENTS = {
    "submit": ROOT / "docs" / "openapi.json",
    "exchange": ROOT / "docs" / "openapi-exchange.json",
    "check": ROOT / "docs" / "openapi-check.json",
    "review": ROOT / "docs" / "openapi-review.json",
}
"""The document of each function behind the HTTPS API."""


def document(function: str) -> dict[str, Any]:
    """Return the document of a function's routes, from its code."""
    made: dict[str, Any] = load(function).application.document()
    return made


def main() -> None:
    """Write the documents."""
    for function, path in DOCUMENTS.items():
        text = json.dumps(document(function), indent=2, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
