"""What a deployed stack says of itself, for the operators' commands."""

from unspread import aws
from unspread.cli.errors import CommandError


class StackError(CommandError):
    """The stack is not one of this version. The message says what to do."""


def outputs(stack: str, *needed: str) -> dict[str, str]:
    """Return a stack's outputs. Raises StackError if one that is needed is not there."""
    told = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
    found = {output["OutputKey"]: output["OutputValue"] for output in told}
    for name in needed:
        if name not in found:
            raise StackError(f"The stack {stack} has no output {name}. Deploy this version of Unspread first.")
    return found


def parameters(stack: str) -> dict[str, str]:
    """Return what a stack's parameters are set to."""
    told = aws.cloudformation().describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", [])
    return {parameter["ParameterKey"]: parameter.get("ParameterValue", "") for parameter in told}
