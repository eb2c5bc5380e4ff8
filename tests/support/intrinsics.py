"""CloudFormation's functions, worked out for given parameters: what a template becomes when it is deployed."""

import re
from collections.abc import Mapping
from typing import Any

from tests.support.template import ACCOUNT, REGION, Json, part, properties

NO_VALUE = object()
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "unspread",
    "AWS::NoValue": NO_VALUE,
}
PLACEHOLDER = re.compile(r"\$\{([\w:.]+)\}")


def resource(name: str, parameters: Mapping[str, str]) -> Json:
    """Return a resource's properties, as deployed with these parameters and the defaults of the others.

    A resource's `Ref` becomes `<name>`, and its attribute `<name>.<attribute>`.
    """
    template = {each: part(each) for each in ("Conditions", "Parameters")}
    return Deployment(template, parameters).value(properties(name))  # type: ignore[no-any-return]


class Deployment:
    """A template with its parameters."""

    def __init__(self, template: Json, parameters: Mapping[str, str]) -> None:
        self._conditions = template["Conditions"]
        self._names: dict[str, Any] = dict(PSEUDO)
        for name, definition in template["Parameters"].items():
            text = str(parameters.get(name, definition.get("Default", "")))
            self._names[name] = text.split(",") if definition["Type"] == "CommaDelimitedList" else text

    def value(self, wanted: Any) -> Any:
        """Work out a value."""
        if isinstance(wanted, list):
            found = [self.value(each) for each in wanted]
            return [each for each in found if each is not NO_VALUE]
        if not isinstance(wanted, dict):
            return wanted
        if len(wanted) == 1:
            ((name, argument),) = wanted.items()
            if name == "Ref":
                return self._names.get(argument, self.named(argument))
            if name.startswith("Fn::"):
                return getattr(self, f"_{name[4:].lower()}")(argument)
        found_items = {name: self.value(each) for name, each in wanted.items()}
        return {name: each for name, each in found_items.items() if each is not NO_VALUE}

    def condition(self, wanted: Any) -> bool:
        """Work out a condition."""
        ((name, argument),) = wanted.items()
        match name:
            case "Fn::Not":
                return not self.condition(argument[0])
            case "Fn::And":
                return all(map(self.condition, argument))
            case "Fn::Equals":
                return bool(self.value(argument[0]) == self.value(argument[1]))
            case "Condition":
                return self.condition(self._conditions[argument])
        raise NotImplementedError(name)

    def named(self, name: str, attribute: str = "") -> str:
        """Return what stands for a resource, or for an attribute of it."""
        return f"<{name}.{attribute}>" if attribute else f"<{name}>"

    def _getatt(self, argument: list[str]) -> str:
        return self.named(*argument)

    def _if(self, argument: list[Any]) -> Any:
        name, then, otherwise = argument
        return self.value(then if self.condition({"Condition": name}) else otherwise)

    def _join(self, argument: list[Any]) -> str:
        return str(argument[0].join(self.value(argument[1])))

    def _split(self, argument: list[Any]) -> list[str]:
        return str(self.value(argument[1])).split(argument[0])

    def _sub(self, argument: Any) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})
        names = {name: self.value(each) for name, each in own.items()}

        def put(found: re.Match[str]) -> str:
            name = found[1]
            if name in names:
                return str(names[name])
            return str(self._names[name]) if name in self._names else self.named(*name.split("."))

        return PLACEHOLDER.sub(put, text)
