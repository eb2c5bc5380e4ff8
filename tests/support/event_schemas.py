"""Writes the JSON Schemas of docs/events/ from the definitions of the events: `make schemas`."""

import json
from typing import Any

from tests.support.template import ROOT
from unspread.stores.event_details import DETAILS

FOLDER = ROOT / "docs" / "events"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(detail_type: str) -> dict[str, Any]:
    """Return the JSON Schema of an event's detail. It takes unknown fields: later versions may add some."""
    return {"$schema": DIALECT, **_open(DETAILS[detail_type].model_json_schema())}


def _open(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _open(value) for name, value in part.items() if name != "additionalProperties"}
    return part


def file_name(detail_type: str) -> str:
    """Return the name of an event's file: `Match Found` is in `match-found.schema.json`."""
    return f"{detail_type.lower().replace(' ', '-')}.schema.json"


def written() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {file_name(each): json.dumps(schema(each), indent=2, ensure_ascii=False) + "\n" for each in DETAILS}


def main() -> None:
    """Write the files, and remove those of events that there are no longer."""
    FOLDER.mkdir(exist_ok=True)
    files = written()
    for old in FOLDER.glob("*.schema.json"):
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
