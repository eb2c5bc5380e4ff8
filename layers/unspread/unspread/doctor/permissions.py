"""What roles may do: simulated by IAM for what their own policies grant, so that what takes it away is seen."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from unspread import aws
from unspread.doctor.deployed import Deployed, Finding, Health, Resource, ok, wrong

_NOT_THERE = {"AccessDenied", "NotImplemented", "InvalidAction", "UnknownOperationException"}


def permissions(stack: Deployed) -> Iterator[Finding]:
    """Look whether each role may do what its policy grants: a boundary or an organisation's policy may forbid it."""
    roles = stack.of("AWS::IAM::Role")
    granted = 0
    for role in roles:
        statements = list(_statements(role))
        if not statements:
            yield wrong("permissions", f"{role.name} has no policy", "Deploy again: somebody has changed it by hand.")
        try:
            for statement in statements:
                granted += len(_listed(statement["Action"]))
                yield from _denied(role, statement)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in _NOT_THERE:
                raise
            yield Finding("permissions", Health.SKIPPED, f"iam:SimulatePrincipalPolicy: {code}")
            return
    yield ok("permissions", f"simulated {granted} rights of {len(roles)} roles")


def _statements(role: Resource) -> Iterator[dict[str, Any]]:
    names = aws.iam().list_role_policies(RoleName=role.id)["PolicyNames"]
    for name in names:
        document: Any = aws.iam().get_role_policy(RoleName=role.id, PolicyName=name)["PolicyDocument"]
        yield from (each for each in _listed(document["Statement"]) if each["Effect"] == "Allow")


def _denied(role: Resource, statement: dict[str, Any]) -> Iterator[Finding]:
    arn = aws.iam().get_role(RoleName=role.id)["Role"]["Arn"]
    context: Any = [
        {"ContextKeyName": key, "ContextKeyValues": _listed(value), "ContextKeyType": "string"}
        for tests in statement.get("Condition", {}).values()
        for key, value in tests.items()
    ]
    for resource in _listed(statement["Resource"]):
        told = aws.iam().simulate_principal_policy(
            PolicySourceArn=arn,
            ActionNames=_listed(statement["Action"]),
            ResourceArns=[resource],
            ContextEntries=context,
        )
        for each in told["EvaluationResults"]:
            if each["EvalDecision"] != "allowed":
                do = "Look for a permissions boundary, or a policy of the organisation, that forbids it."
                yield wrong("permissions", f"{role.name} may not {each['EvalActionName']} ({each['EvalDecision']})", do)


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]
