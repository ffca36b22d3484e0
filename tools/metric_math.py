"""Evaluates expressions of CloudWatch's metric math, as far as alarms and dashboards of this repository use it.

Rules and examples are those of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html,
which tests/unit/test_metric_math.py holds this against. What is not known is refused.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Series: TypeAlias = tuple[float | None, ...]
"""Values in the order of time, one a period; None where there is none."""
Value: TypeAlias = float | Series | list[Series]
"""A scalar, a time series, or an array of them."""

TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|<=|>=|==|!=|&&|\|\||[-+*/<>(),\[\]])")
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip
# What binds weakest comes first.
LEVELS: Sequence[Sequence[str]] = (("OR", "||"), ("AND", "&&"), tuple(COMPARISONS), ("+", "-"), ("*", "/"))


class NotMetricMathError(ValueError):
    """The expression is wrong, or uses what is not known here."""


def evaluate(expression: str, metrics: Mapping[str, Series]) -> Series:
    """Returns the series that an expression makes of metrics, by their ids. Raises: NotMetricMathError."""
    reader = _Reader(_tokens(expression), metrics)
    found = reader.level(0)
    if reader.rest:
        raise NotMetricMathError(f"{expression}: {' '.join(reader.rest)} is left")
    if not isinstance(found, tuple):
        raise NotMetricMathError(f"{expression} is no single time series")
    return found


def _tokens(expression: str) -> list[str]:
    found, place = [], 0
    while place < len(expression.rstrip()):
        token = TOKEN.match(expression, place)
        if token is None:
            raise NotMetricMathError(f"{expression[place:]} is not understood")
        found.append(token[1])
        place = token.end()
    return found


@dataclass(slots=True)
class _Reader:
    """Reads an expression from the left and evaluates it on the way."""

    rest: list[str]
    metrics: Mapping[str, Series]

    def level(self, level: int) -> Value:
        """Reads operands of one strength of binding, and what is between them."""
        if level == len(LEVELS):
            return self.operand()
        left = self.level(level + 1)
        while self.rest and self.rest[0] in LEVELS[level]:
            how = self.rest.pop(0)
            left = _combined(how, left, self.level(level + 1))
        return left

    def operand(self) -> Value:
        """Reads a number, a metric, a call, an array, or what is in parentheses."""
        word = self.next()
        if word == "(":
            found = self.level(0)
            self.expect(")")
            return found
        if word == "[":
            return [_series(each) for each in self.arguments("]")]
        if word == "-":
            return _combined("-", 0.0, self.operand())
        if word[0].isdigit():
            return float(word)
        if word in self.metrics:
            return self.metrics[word]
        if self.rest[:1] == ["("] and (word == "METRICS" or word in FUNCTIONS):
            self.expect("(")
            given = self.arguments(")")
            return list(self.metrics.values()) if word == "METRICS" else FUNCTIONS[word](*given)
        raise NotMetricMathError(f"{word} is no metric and no function that is known here")

    def arguments(self, end: str) -> list[Value]:
        """Reads what is between commas, and the end."""
        found: list[Value] = []
        while self.rest[:1] != [end]:
            found.append(self.level(0))
            if self.rest[:1] != [end]:
                self.expect(",")
        self.expect(end)
        return found

    def next(self) -> str:
        """Takes the next token."""
        if not self.rest:
            raise NotMetricMathError("the expression ends too early")
        return self.rest.pop(0)

    def expect(self, token: str) -> None:
        """Takes a token that has to be there."""
        if (found := self.next()) != token:
            raise NotMetricMathError(f"{token} is expected, not {found}")


def _combined(how: str, left: Value, right: Value) -> Value:
    """Applies an operator: to each of an array, to each point of a series."""
    if isinstance(left, list) or isinstance(right, list):
        array = left if isinstance(left, list) else right
        assert isinstance(array, list)
        pairs = [(each, right) if array is left else (left, each) for each in array]
        return [_series(_combined(how, *pair)) for pair in pairs]
    if isinstance(left, tuple) and isinstance(right, tuple):
        # What one of them lacks counts as 0.
        return tuple(
            None if (one, other) == (None, None) else _point(how, one or 0.0, other or 0.0)
            for one, other in zip(left, right, strict=True)
        )
    if isinstance(left, tuple):
        return tuple(None if one is None else _point(how, one, _scalar(right)) for one in left)
    if isinstance(right, tuple):
        return tuple(None if other is None else _point(how, _scalar(left), other) for other in right)
    found = _point(how, left, right)
    if found is None:
        raise NotMetricMathError("a scalar is divided by 0")
    return found


def _point(how: str, left: float, right: float) -> float | None:
    """Combines two points. One that would be divided by 0 is dropped."""
    if how in COMPARISONS:
        return float(COMPARISONS[how](left, right))
    if how in ARITHMETIC:
        return None if how == "/" and right == 0 else ARITHMETIC[how](left, right)
    return float(bool(left and right) if how in LEVELS[1] else bool(left or right))


def _if(condition: Value, then: Value, otherwise: Value | None = None) -> Value:
    """Chooses point by point; a point without a condition is dropped, a missing one that is chosen first is 0."""
    if not isinstance(condition, tuple):
        raise NotMetricMathError("IF is known of time series only")
    found: list[float | None] = []
    for place, one in enumerate(condition):
        if one is None:
            found.append(None)
        elif one:
            found.append(_at(then, place) or 0.0)
        else:
            found.append(None if otherwise is None else _at(otherwise, place))
    return tuple(found)


def _fill(filled: Value, filler: Value) -> Value:
    """Puts a number wherever there is none."""
    if isinstance(filled, list):
        return [_series(_fill(each, filler)) for each in filled]
    number = _scalar(filler)
    return tuple(number if one is None else one for one in _series(filled))


def _sum(summed: Value) -> Value:
    """Adds up an array's series; of one series it is a scalar."""
    if isinstance(summed, list):
        return tuple(
            None if all(one is None for one in points) else sum(one or 0.0 for one in points)
            for points in zip(*summed, strict=True)
        )
    return sum(one or 0.0 for one in _series(summed))


FUNCTIONS: Mapping[str, Callable[..., Value]] = {"IF": _if, "FILL": _fill, "SUM": _sum}


def _at(value: Value, place: int) -> float | None:
    return value[place] if isinstance(value, tuple) else _scalar(value)


def _series(value: Value) -> Series:
    if not isinstance(value, tuple):
        raise NotMetricMathError("a time series is needed")
    return value


def _scalar(value: Value) -> float:
    if isinstance(value, list | tuple):
        raise NotMetricMathError("a number is needed")
    return value
