"""A deployed stack as CloudFormation describes it, and what a check finds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

from unspread import aws


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    FAILED = "failed"
    ADVICE = "advice"  # it works, and could be better
    SKIPPED = "skipped"  # it could not be looked at


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it."""

    check: str
    health: Health
    said: str
    do: str = ""


def ok(check: str, said: str) -> Finding:
    """Return what a check found in order."""
    return Finding(check, Health.OK, said)


def wrong(check: str, said: str, do: str) -> Finding:
    """Return what a check found out of order."""
    return Finding(check, Health.FAILED, said, do)


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of the stack: its name in the template, its type, its own name."""

    name: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack: its outputs, parameters and resources, and by how many seconds AWS's clock is ahead of this one."""

    name: str
    outputs: dict[str, str]
    parameters: dict[str, str]
    resources: tuple[Resource, ...]
    ahead: float

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of one type."""
        return [resource for resource in self.resources if resource.kind == kind]


def describe(name: str) -> Deployed:
    """Describe a stack. Raises botocore's ClientError if there is none."""
    client = aws.cloudformation()
    answer = client.describe_stacks(StackName=name)
    stack = answer["Stacks"][0]
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    ahead = (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds() if date else 0.0
    pages = client.get_paginator("list_stack_resources").paginate(StackName=name)
    return Deployed(
        name,
        {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])},
        tuple(
            Resource(each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"])
            for page in pages
            for each in page["StackResourceSummaries"]
            if "PhysicalResourceId" in each
        ),
        ahead,
    )
