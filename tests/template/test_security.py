"""What SECURITY.md promises of the template, and that the tests it names are there."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.policy import resolved
from tests.support.template import ROOT, Json, expanded, resources

SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"(tests/[\w/]+\.py)::(\w+)", SECURITY)))
THREATS = [
    "hash list theft",
    "inversion",
    "list poisoning",
    "tag forgery",
    "scan bypass by key encoding",
    "timing of case codes",
    "log leaks",
    "reviewer misuse",
    "hostile list",
    "page supply chain",
    "malformed pictures",
]


POLICIES = {
    "AWS::IAM::Role": "Policies",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::S3::BucketPolicy": "PolicyDocument",
}
EVERYTHING = {"ServeOnlyClean": "true", "ExistingBuckets": "one,two", "PulledFilesBucket": "files"}


def statements() -> Iterator[tuple[str, Json]]:
    """Yield every statement of every policy in the template, with all switched on that a parameter can switch on."""
    for name, resource in expanded()["Resources"].items():
        if resource["Type"] in POLICIES:
            found = resolved(name, POLICIES[resource["Type"]], **EVERYTHING)
            for document in [found] if isinstance(found, dict) else [policy["PolicyDocument"] for policy in found]:
                yield from ((name, statement) for statement in document["Statement"])


def test_every_kind_of_policy_is_looked_at() -> None:
    """A resource with a statement of its own that is not one of these would go unseen."""
    for name, resource in expanded()["Resources"].items():
        if "Effect" in str(resource.get("Properties", {}).keys()) or "PolicyDocument" in str(resource):
            assert resource["Type"] in POLICIES, name


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_there_are_statements_to_look_at() -> None:
    assert len(list(statements())) > 60


def test_nothing_is_allowed_on_everything_to_everybody() -> None:
    """A `*` stands only for the objects of a named bucket, the streams of a named table, and in denials."""
    for owner, statement in statements():
        if statement["Effect"] != "Allow":
            continue
        assert statement.get("Principal") != "*", owner
        assert "*" not in str(statement["Action"]), owner
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        for resource in listed(statement.get("Resource", [])):
            assert resource.removesuffix("/*").count("*") == 0, (owner, resource)
            assert not resource.startswith(("*", "/")), (owner, resource)


def readers_of(resource: str, actions: set[str]) -> set[str]:
    """Return the roles that may do one of these actions on a resource of this beginning."""
    return {
        role
        for role in resources("AWS::IAM::Role")
        for policy in resolved(role, "Policies", **EVERYTHING)
        for statement in policy["PolicyDocument"]["Statement"]
        if any(name.startswith(resource) for name in listed(statement["Resource"]))
        and actions & set(listed(statement["Action"]))
    }


def test_few_can_read_the_whole_list() -> None:
    """One look-up of known keys is not reading the list: page through it is what these can do."""
    paging = {"dynamodb:Query", "dynamodb:Scan", "dynamodb:GetRecords"}
    assert readers_of("HashTable.", paging) <= {
        "ScanRole", "CheckRole", "ExchangeRole", "GaugeRole", "PublishRole", "PullRole", "ReconcileRole", "SweepRole",
    }  # fmt: skip
    assert readers_of("arn:aws:s3:::listbucket", {"s3:GetObject"}) == {
        "ScanRole", "CheckRole", "PublishRole", "GaugeRole",
    }  # fmt: skip
    anonymous = {"SubmitRole", "PageRole", "SettleRole", "RotateRole"}
    assert not anonymous & readers_of("HashTable.", paging)
    assert not anonymous & readers_of("arn:aws:s3:::listbucket", {"s3:GetObject"})


def test_one_function_each_reads_a_secret() -> None:
    reading = {"secretsmanager:GetSecretValue"}
    assert readers_of("ProofSecret.", reading) == {"SubmitRole", "RotateRole"}
    assert readers_of("PullSecret.", reading) == {"PullRole"}


def test_the_secret_that_we_make_is_replaced_on_a_schedule() -> None:
    rules = resources("AWS::Events::Rule").values()
    scheduled = {
        rule["Properties"]["Targets"][0]["Arn"]["Fn::GetAtt"][0]: rule["Properties"]["ScheduleExpression"]
        for rule in rules
        if "ScheduleExpression" in rule["Properties"]
    }
    assert scheduled["RotateFunction"] == "rate(1 day)"


@pytest.mark.parametrize("threat", THREATS)
def test_every_threat_that_was_asked_about_has_its_row_and_a_test(threat: str) -> None:
    rows = [line for line in SECURITY.splitlines() if line.startswith("|") and threat in line.lower()]
    assert rows, threat
    assert all(re.search(r"tests/[\w/]+\.(py|ts|mjs)", row) for row in rows)


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_that_is_named_exists(file: str, test: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^def {test}\(", source, re.MULTILINE)


def test_it_says_how_to_report() -> None:
    assert "## Reporting" in SECURITY
    assert len(NAMED) > 25
