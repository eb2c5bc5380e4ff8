"""CloudWatch's alarms, evaluated as AWS documents it: what an emulator does not do.

An alarm is that of the expanded template. Metrics are given by namespace, name and dimensions, for each period of the
alarm in turn, the oldest first; None stands for a period without data. The dimensions of resources stay as the
template has them, such as `{"Ref": "ScanFunction"}`.

Source: "Using Amazon CloudWatch alarms" (M out of N, missing data) and "Using metric math" of the CloudWatch user
guide. Of expressions, what the template uses: numbers, metrics' identifiers, + - * /, comparisons, AND, IF, FILL.
"""

import ast
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from tests.support.template import Json, raw

type Points = Sequence[float | None]
type Data = Mapping["Metric", Sequence[Sequence[float]]]
"""For each metric, the values of each period."""

_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
    "Average": fmean,
    "SampleCount": len,
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_OPERATIONS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


@dataclass(frozen=True)
class Metric:
    """A metric by its namespace, name and dimensions, the values of these as JSON."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


def metrics(alarm: Json) -> list[Metric]:
    """Return the metrics that an alarm looks at."""
    return [_metric(stat["Metric"]) for stat in _stats(alarm).values()]


def state(alarm: Json, data: Data) -> str:
    """Return what state an alarm is in, OK or ALARM, after periods with these values."""
    periods = int(alarm["EvaluationPeriods"])
    points = _told(alarm, data, periods)[-periods:]
    treated = [_treated(alarm, point) for point in points]
    return "ALARM" if sum(treated) >= int(alarm.get("DatapointsToAlarm", periods)) else "OK"


def threshold(alarm: Json) -> float:
    """Return an alarm's threshold; where a parameter gives it, that parameter's default."""
    return float(str(_number(alarm["Threshold"])))


def _treated(alarm: Json, point: float | None) -> bool:
    if point is None:
        return {"breaching": True, "notBreaching": False}[str(alarm["TreatMissingData"])]
    return _COMPARISONS[alarm["ComparisonOperator"]](point, threshold(alarm))


def _told(alarm: Json, data: Data, periods: int) -> list[float | None]:
    """Return the values, one for each period, that the alarm compares."""
    points = {name: _points(stat, data, periods) for name, stat in _stats(alarm).items()}
    if "Metrics" not in alarm:
        return list(points[""])
    (expression,) = (each["Expression"] for each in alarm["Metrics"] if each.get("ReturnData", True))
    tree = parsed(text(expression))
    return [_evaluated(tree, {name: values[at] for name, values in points.items()}) for at in range(periods)]


def _points(stat: Json, data: Data, periods: int) -> list[float | None]:
    values = list(data.get(_metric(stat["Metric"]), []))[-periods:]
    statistic = _STATISTICS[stat["Stat"]]
    found = [float(statistic(each)) if each else None for each in values]
    return [None] * (periods - len(found)) + found


def _stats(alarm: Json) -> dict[str, Json]:
    if "Metrics" in alarm:
        return {each["Id"]: each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each}
    return {"": {"Metric": alarm, "Stat": alarm["Statistic"], "Period": alarm["Period"]}}


def _metric(named: Json) -> Metric:
    dimensions = frozenset(
        (each["Name"], value if isinstance(value := each["Value"], str) else json.dumps(value, sort_keys=True))
        for each in named["Dimensions"]
    )
    return Metric(named["Namespace"], named["MetricName"], dimensions)


def _number(value: object) -> object:
    return raw()["Parameters"][value["Ref"]]["Default"] if isinstance(value, dict) else value


def text(expression: object) -> str:
    """Return an expression with the parameters' defaults, and conditions' first choices, in it."""
    if isinstance(expression, str):
        return expression
    assert isinstance(expression, dict)
    pattern, given = expression["Fn::Sub"]

    def value(match: re.Match[str]) -> str:
        chosen = given[match[1]] if match[1] in given else {"Ref": match[1]}
        return str(chosen["Fn::If"][1] if "Fn::If" in chosen else _number(chosen))

    return re.sub(r"\$\{(\w+)\}", value, pattern)


def parsed(expression: str) -> ast.expr:
    """Parse an expression of metric math; Python's own grammar is near enough."""
    words = {"AND": "and", "OR": "or"}
    return ast.parse(re.sub(r"\b(AND|OR)\b", lambda match: words[match[1]], expression), mode="eval").body


def _evaluated(node: ast.expr, values: Mapping[str, float | None]) -> float | None:
    """Evaluate for one period. A value that is missing makes everything missing that it is part of, but for FILL."""
    match node:
        case ast.Constant(value=(int() | float()) as number):
            return float(number)
        case ast.Name(id=name):
            return values[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[what, ast.Constant(value=(int() | float()) as filling)]):
            found = _evaluated(what, values)
            return float(filling) if found is None else found
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            decided = _evaluated(condition, values)
            return None if decided is None else _evaluated(then if decided else otherwise, values)
    parts = [_evaluated(part, values) for part in _parts(node)]
    known = [part for part in parts if part is not None]
    return None if len(known) < len(parts) else _combined(node, known)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right) | ast.Compare(left=left, comparators=[right]):
            yield from (left, right)
        case ast.BoolOp(values=parts):
            yield from parts
        case _:
            raise ValueError(f"This is no metric math that is known here: {ast.unparse(node)}")


def _combined(node: ast.expr, parts: Sequence[float]) -> float | None:
    match node:
        case ast.BoolOp(op=ast.And()):
            return float(all(parts))
        case ast.BinOp(op=ast.Div()) if not parts[1]:
            return None
        case ast.BinOp(op=operation) | ast.Compare(ops=[operation]):
            return float(_OPERATIONS[type(operation)](*parts))
    raise ValueError(f"This is no metric math that is known here: {ast.unparse(node)}")
