"""docs/hashing.md names what the code has."""

import dataclasses
from pathlib import Path

from unspread.hashing import Limits, Reason, Variant
from unspread.hashing.windows import WINDOW_DISTANCE
from unspread.verdict import Distances

TEXT = (Path(__file__).parents[3] / "docs" / "hashing.md").read_text()


def test_every_reason_variant_and_limit_is_documented() -> None:
    names = [*Reason, *Variant, *(field.name for field in dataclasses.fields(Limits))]
    assert [name for name in names if f"`{name}`" not in TEXT] == []


def test_the_documented_defaults_are_the_codes() -> None:
    limits = Limits()
    rows = {line.split("|")[1].strip(" `"): line.split("|")[2] for line in TEXT.splitlines() if line.startswith("| `")}
    mib = 1024 * 1024
    expected = {
        "bytes": f"{limits.bytes // mib} MiB",
        "pixels": f"{limits.pixels:,}",
        "memory": f"{limits.memory // mib} MiB",
        "metadata": f"{limits.metadata // mib} MiB",
        "walk": f"{limits.walk:,}",
        "frames": str(limits.frames),
        "seconds": f"{limits.seconds:g}",
    }
    assert {name: rows[name].strip().startswith(value) for name, value in expected.items()} == dict.fromkeys(
        expected, True
    )
    assert Distances().suspect == WINDOW_DISTANCE, "windows are searched at the suspect distance"
