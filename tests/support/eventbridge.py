"""What EventBridge does on the way to a target, by its documentation.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

import json
import re
from typing import Any, cast

from tests.support.template import Json

PLACEHOLDER = re.compile(r'"(?:\\.|[^"\\])*"|<([A-Za-z0-9_]+)>')


def transformed(transformer: Json, event: Json) -> str:
    """Return the text that a target with this InputTransformer gets for an event.

    A placeholder outside quotes is replaced by its value as JSON, one inside quotes is not supported here:
    EventBridge escapes nothing there, so a template of ours must never need it.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            assert "<" not in match[0], "a placeholder inside quotes breaks on a key with quotes"
            return match[0]
        return json.dumps(at(event, transformer["InputPathsMap"][match[1]]))

    return PLACEHOLDER.sub(value, transformer["InputTemplate"])


def at(event: Json, path: str) -> Any:
    """Return what a JSON path such as `$.detail.object` points to."""
    found: Any = event
    for part in path.removeprefix("$.").split("."):
        found = found[part]
    return found


def matches(pattern: Json, event: Json) -> bool:
    """Tell whether an event pattern of plain value lists lets an event through."""
    return all(
        matches(cast("Json", wanted), event.get(name, {})) if isinstance(wanted, dict) else event.get(name) in wanted
        for name, wanted in pattern.items()
    )
