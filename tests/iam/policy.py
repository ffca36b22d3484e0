"""Decides requests by the identity policies of a role: the part of IAM's language that our policies are written in.

What isn't known here is refused with ``UnknownToEvaluator``, never passed over: an operator, an element, a policy
variable, a context key that the request says nothing of. The rules are those of the IAM User Guide, "Policy
evaluation logic", "Condition operators" and "Set operators for multivalued context keys".
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeAlias

Effect: TypeAlias = Literal["Allow", "Deny"]
Values: TypeAlias = tuple[str, ...]

_ELEMENTS = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})


class UnknownToEvaluator(Exception):
    """A policy has something that this evaluator can't judge; the message names it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that a role wants to do to one resource.

    Attributes:
        action: such as ``dynamodb:PutItem``.
        resource: an ARN; ``*`` where the action knows no resources.
        context: values of condition keys that come with it.
        absent: condition keys that it has been looked at for, and that don't come with it.
    """

    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def value(self, key: str) -> Values | None:
        """Returns a condition key's values, ``None`` where it comes without. Raises: UnknownToEvaluator."""
        # Names of keys are not case-sensitive.
        for name, values in self.context.items():
            if name.lower() == key.lower():
                return values
        if key.lower() in {name.lower() for name in self.absent}:
            return None
        raise UnknownToEvaluator(f"the key {key}, which nobody says anything of in {self.action}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a statement's conditions: an operator, a key and the values that it may have."""

    operator: str
    key: str
    values: Values


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy; where ``inverted``, it is about all but the actions or resources named."""

    sid: str
    effect: Effect
    actions: Values
    resources: Values
    conditions: tuple[Condition, ...] = ()
    inverted_actions: bool = False
    inverted_resources: bool = False

    def applies(self, request: Request) -> bool:
        """Returns whether the statement is about the request. Raises: UnknownToEvaluator."""
        if not self.names(request.action):
            return False
        resource = any(arn_like(pattern, request.resource) for pattern in self.resources)
        if resource is self.inverted_resources:
            return False
        return all(_holds(condition, request) for condition in self.conditions)

    def names(self, action: str) -> bool:
        """Returns whether the statement is about the action, on whatever resource."""
        return any(_like(pattern.lower(), action.lower()) for pattern in self.actions) is not self.inverted_actions

    def parts(self) -> Iterator[tuple[str, "Statement"]]:
        """Each action and each resource by name, with what is left of the statement without it."""
        for name in ("actions", "resources"):
            every: Values = getattr(self, name)
            if len(every) > 1:
                for each in every:
                    yield each, replace(self, **{name: tuple(other for other in every if other != each)})  # type: ignore[arg-type]


def parse_policy(text: str) -> tuple[Statement, ...]:
    """Parses a policy's JSON. Raises: UnknownToEvaluator."""
    policy = json.loads(text)
    if policy.keys() - {"Version", "Id", "Statement"} or policy.get("Version") != "2012-10-17":
        raise UnknownToEvaluator(f"a policy with {sorted(policy)} of version {policy.get('Version')}")
    statements = policy["Statement"]
    return tuple(map(_parsed, statements if isinstance(statements, list) else [statements]))


def is_allowed(statements: Collection[Statement], request: Request) -> bool:
    """Decides: a Deny that applies wins, otherwise an Allow has to apply. Raises: UnknownToEvaluator."""
    applying = {statement.effect for statement in statements if statement.applies(request)}
    return "Allow" in applying and "Deny" not in applying


def arn_like(pattern: str, arn: str) -> bool:
    """Compares ARNs part by part: a wildcard stands for anything within its part, of which the last has any colons."""
    if pattern == "*" or arn == "*":
        return pattern == "*"
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    if len(patterns) < 6 or len(parts) < 6:
        raise UnknownToEvaluator(f"{pattern} beside {arn}: not both are ARNs")
    return all(_like(wanted, part) for wanted, part in zip(patterns, parts, strict=True))


def _parsed(statement: Mapping[str, Any]) -> Statement:
    if unknown := statement.keys() - _ELEMENTS:
        raise UnknownToEvaluator(f"the elements {sorted(unknown)} in {statement.get('Sid')}")
    if len(statement.keys() & {"Action", "NotAction"}) != 1 or len(statement.keys() & {"Resource", "NotResource"}) != 1:
        raise UnknownToEvaluator(f"{statement.get('Sid')}: it needs one of Action and NotAction, likewise of Resource")
    if statement["Effect"] not in {"Allow", "Deny"}:
        raise UnknownToEvaluator(f"the effect {statement['Effect']}")
    return Statement(
        sid=statement.get("Sid", ""),
        effect=statement["Effect"],
        actions=_values(statement.get("Action", statement.get("NotAction"))),
        resources=_values(statement.get("Resource", statement.get("NotResource"))),
        conditions=tuple(
            Condition(operator, key, _values(values))
            for operator, lines in statement.get("Condition", {}).items()
            for key, values in lines.items()
        ),
        inverted_actions="NotAction" in statement,
        inverted_resources="NotResource" in statement,
    )


def _values(given: Any) -> Values:
    values = tuple(given) if isinstance(given, list) else (given,)
    for value in values:
        if not isinstance(value, str) or "${" in value:
            raise UnknownToEvaluator(f"the value {value!r}")
    return values


def _holds(condition: Condition, request: Request) -> bool:
    """Says whether one line of conditions holds: any of its values will do; if the operator negates, none may."""
    operator, key = condition.operator, condition.key
    found = request.value(key)
    if operator == "Null":
        # "true": the key must be missing.
        return (found is None) is _truth(condition.values)
    quantifier, colon, compared = operator.rpartition(":")
    if_exists = compared.endswith("IfExists")
    negated, matches = _operator(compared.removesuffix("IfExists"))

    def one(value: str) -> bool:
        return any(matches(wanted, value) for wanted in condition.values) is not negated

    if colon:
        if if_exists or quantifier not in {"ForAllValues", "ForAnyValue"}:
            raise UnknownToEvaluator(f"the operator {operator}")
        # Of a missing key "for all" holds, and "for any" doesn't.
        return all(map(one, found or ())) if quantifier == "ForAllValues" else any(map(one, found or ()))
    if found is None:
        return if_exists or negated
    if len(found) != 1:
        raise UnknownToEvaluator(f"{operator} of {key}, which has several values: it needs ForAllValues or ForAnyValue")
    return one(found[0])


def _operator(name: str) -> tuple[bool, Callable[[str, str], bool]]:
    """Returns whether an operator negates, and its comparison of a policy's value with a request's."""
    negated = "Not" in name
    try:
        return negated, _OPERATORS[name.replace("Not", "")]
    except KeyError:
        raise UnknownToEvaluator(f"the operator {name}") from None


def _truth(values: Sequence[str]) -> bool:
    (value,) = values
    if value.lower() not in {"true", "false"}:
        raise UnknownToEvaluator(f"{value} where true or false is needed")
    return value.lower() == "true"


def _like(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    signs = {"*": ".*", "?": "."}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in pattern), re.DOTALL)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": _like,
    # The two are the same: "ArnEquals and ArnLike behave identically".
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, value: _truth((wanted,)) is _truth((value,)),
}
