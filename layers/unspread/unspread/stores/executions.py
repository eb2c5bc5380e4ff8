"""The state machine that takes runs further, step by step."""

import json
from typing import Any, Protocol


class StepFunctions(Protocol):
    """What is used of the client for Step Functions."""

    def start_execution(self, **request: str) -> Any:  # noqa: ANN401 - its answer is not looked at
        """Start an execution; the request has stateMachineArn, name and input."""


class Executions:
    """The executions of one state machine."""

    def __init__(self, client: StepFunctions, state_machine: str) -> None:
        """Use the state machine with this ARN."""
        self._client = client
        self._state_machine = state_machine

    def start(self, name: str, state: dict[str, Any]) -> None:
        """Start an execution with a name of its own."""
        self._client.start_execution(stateMachineArn=self._state_machine, name=name, input=json.dumps(state))
