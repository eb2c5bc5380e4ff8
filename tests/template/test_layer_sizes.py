"""Lambda unpacks a function and its layers into 250 MB at most."""

import pytest

from tests.support import wheels
from tests.support.template import ROOT, properties, raw, resources

LIMIT = 262_144_000
LOCKS = {layer: ROOT / "layers" / layer / "requirements.txt" for layer in ("imaging", "unspread")}


def layers_of(function: str) -> list[str]:
    """Return the folders of a function's layers."""
    layers = raw()["Resources"]
    return [
        layers[layer["Ref"]]["Properties"]["ContentUri"].removeprefix("layers/")
        for layer in layers[function]["Properties"].get("Layers", [])
    ]


@pytest.mark.parametrize("architecture", sorted(wheels.MACHINES))
@pytest.mark.parametrize("function", sorted(resources("AWS::Lambda::Function")))
def test_a_function_and_its_layers_fit(function: str, architecture: str, capsys: pytest.CaptureFixture[str]) -> None:
    total = wheels.source_bytes(ROOT / raw()["Resources"][function]["Properties"]["CodeUri"])
    for layer in layers_of(function):
        total += wheels.source_bytes(ROOT / "layers" / layer)
        total += sum(map(wheels.unzipped, wheels.fetched(LOCKS[layer], architecture)))
    with capsys.disabled():
        print(f"\n{function} and its layers on {architecture}: {total:,} of {LIMIT:,} bytes", end="")
    assert properties(function)["Runtime"] == "python3.13"
    assert total < LIMIT


@pytest.mark.parametrize("architecture", sorted(wheels.MACHINES))
@pytest.mark.parametrize("layer", sorted(LOCKS))
def test_every_package_of_a_layer_has_a_wheel(layer: str, architecture: str) -> None:
    assert len(wheels.fetched(LOCKS[layer], architecture)) == wheels.pinned(LOCKS[layer])
