"""The functions' handlers, loaded as Lambda loads them."""

import importlib.util
import json
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests.support.template import ROOT


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler of its run."""

    function_name: str = "function"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    remaining: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left."""
        return self.remaining


def load(name: str) -> ModuleType:
    """Import functions/<name>/app.py afresh."""
    module_name = f"functions_{name}_app"
    spec = importlib.util.spec_from_file_location(module_name, ROOT / "functions" / name / "app.py")
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # Powertools resolves annotations through it
    spec.loader.exec_module(module)
    return module


def sample(name: str) -> dict[str, Any]:
    """Return a sample event of events/."""
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"))
    return event
