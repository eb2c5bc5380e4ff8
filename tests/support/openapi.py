"""Writes docs/openapi.json from the code: `make openapi`."""

import json

from tests.support.functions import load
from tests.support.template import ROOT

DOCUMENT = ROOT / "docs" / "openapi.json"


def main() -> None:
    """Write the document."""
    document = load("submit").application.document()
    DOCUMENT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
