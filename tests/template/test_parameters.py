"""Parameters and outputs: each is described, used, and safe as it is."""

import json

import pytest

from tests.support.template import raw

TEMPLATE = raw()
PARAMETERS = sorted(TEMPLATE["Parameters"])
OUTPUTS = sorted(TEMPLATE["Outputs"])


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_described_used_and_have_a_default(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    assert len(parameter["Description"]) > 20
    assert "Default" in parameter, "`sam deploy` must work without an answer"
    elsewhere = json.dumps({part: TEMPLATE[part] for part in TEMPLATE if part not in {"Parameters", "Metadata"}})
    assert f'"{name}"' in elsewhere or f"${{{name}}}" in elsewhere


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_say_what_they_take(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    if parameter["Type"] == "Number":
        bounds = {"MinValue", "MaxValue"} <= parameter.keys()
        assert bounds or "AllowedValues" in parameter
    else:
        assert "AllowedPattern" in parameter or "AllowedValues" in parameter


def test_every_parameter_has_its_place_in_the_console() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == PARAMETERS


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_are_described(name: str) -> None:
    assert len(TEMPLATE["Outputs"][name]["Description"]) > 10


def test_outputs_name_what_a_platform_needs() -> None:
    assert {"ApiUrl", "ApiId", "UploadBucketName", "QuarantineBucketName"} <= set(OUTPUTS)
