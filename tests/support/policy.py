"""Policies as IAM evaluates them: a small evaluator, for what no emulator knows of S3's conditions on tags.

It follows AWS's documents: an explicit deny wins; all conditions of a statement must hold; names of condition keys do
not tell capitals apart; a negated operator holds where the key is absent, any other does not; ForAnyValue does not hold
for no values. It knows the operators that the project's policies use, and raises KeyError at any other.

Which keys an action has is the Service Authorization Reference's:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.support.intrinsics import Deployment
from tests.support.template import ACCOUNT, Json, expanded

type Context = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Request:
    """One action on one resource. The principal's own policies allow it: the question is what denies it."""

    action: str
    resource: str
    context: Context = field(default_factory=dict)


def denied_by(document: Json, request: Request) -> set[str]:
    """Return the Sids of the statements that deny a request to anybody."""
    return {
        statement["Sid"]
        for statement in document["Statement"]
        if statement["Effect"] == "Deny" and statement["Principal"] == "*" and _applies(statement, request)
    }


def resolved(resource: str, path: str, **parameters: str) -> Any:
    """Return a part of the expanded template as CloudFormation would make it, with these parameters.

    Attributes `X.Arn` of roles and buckets become ARNs of things named like X; others become their own names.
    """
    template = expanded()
    part: Any = template["Resources"][resource]["Properties"]
    for name in path.split("."):
        part = part[name]
    return _Arns(template, parameters).value(part)


def role_arn(name: str) -> str:
    """Return the ARN that `resolved` gives a role."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def bucket_arn(name: str) -> str:
    """Return the ARN that `resolved` gives a bucket."""
    return f"arn:aws:s3:::{name.lower()}"


class _Arns(Deployment):
    """A deployment whose roles and buckets have ARNs, as policies need them."""

    def __init__(self, template: Json, parameters: Mapping[str, str]) -> None:
        super().__init__(template, parameters)
        self._resources = template["Resources"]

    def named(self, name: str, attribute: str = "") -> str:
        if attribute != "Arn":
            return f"{name}.{attribute}" if attribute else name
        make = {"AWS::IAM::Role": role_arn, "AWS::S3::Bucket": bucket_arn}.get(self._resources[name]["Type"])
        return make(name) if make else f"{name}.{attribute}"


def _applies(statement: Json, request: Request) -> bool:
    if not any(fnmatchcase(request.action, action) for action in _list(statement["Action"])):
        return False
    if not any(fnmatchcase(request.resource, resource) for resource in _list(statement["Resource"])):
        return False
    context = {name.lower(): value for name, value in request.context.items()}
    return all(
        _operator(operator, context.get(name.lower()), _list(wanted))
        for operator, keys in statement.get("Condition", {}).items()
        for name, wanted in keys.items()
    )


def _operator(operator: str, value: str | tuple[str, ...] | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return (value is None) == (wanted == ["true"])
    if operator.startswith("ForAnyValue:"):
        values = value if isinstance(value, tuple) else ()
        return any(_operator(operator.removeprefix("ForAnyValue:"), each, wanted) for each in values)
    positive: dict[str, Callable[[str, str], bool]] = {
        "StringEquals": lambda one, other: one == other,
        "StringEqualsIgnoreCase": lambda one, other: one.lower() == other.lower(),
        "Bool": lambda one, other: one.lower() == other.lower(),
        "ArnEquals": fnmatchcase,
    }
    if operator in positive:
        return isinstance(value, str) and any(positive[operator](value, each) for each in wanted)
    return not _operator({"StringNotEquals": "StringEquals", "ArnNotEquals": "ArnEquals"}[operator], value, wanted)


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
