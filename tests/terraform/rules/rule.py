"""A rule of AWS on planned resources: what the provider's schema does not say and its stand-in does not check."""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple, TypeAlias

Resource: TypeAlias = Mapping[str, Any]
Everything: TypeAlias = Mapping[str, list[Resource]]
"""All planned resources of an environment, by their type."""
Check: TypeAlias = Callable[[Resource, Everything], Iterator[str]]

JSON_ATTRIBUTES = ("assume_role_policy", "container_definitions", "event_pattern", "policy", "redrive_policy")
NOTHING = object()


class Rule(NamedTuple):
    """One rule.

    Attributes:
        name: what it is about.
        kind: type of the resources that it holds for.
        page: the page of AWS that says so.
        check: yields what is wrong with a resource, among all that are planned beside it.
        broken: attributes and wrong values of them that the rule refuses.
    """

    name: str
    kind: str
    page: str
    check: Check
    broken: tuple[tuple[str, Any], ...]


RULES: list[Rule] = []


def rule(kind: str, *broken: tuple[str, Any]) -> Callable[[Check], Check]:
    """Registers a function as a rule; its docstring's last line is the page."""

    def register(check: Check) -> Check:
        page = (check.__doc__ or "").strip().splitlines()[-1].strip()
        RULES.append(Rule(check.__name__, kind, page, check, broken))
        return check

    return register


def between(kind: str, page: str, **ranges: tuple[float, float]) -> None:
    """Registers that numbers lie in ranges; in names of attributes ``__`` leads into blocks."""
    for name, (least, most) in ranges.items():
        path = name.replace("__", ".")

        def check(resource: Resource, _: Everything, path: str = path, bounds: Any = (least, most)) -> Iterator[str]:
            for value in each(resource, path):
                if not bounds[0] <= float(value) <= bounds[1]:
                    yield f"{path} is {value}: from {bounds[0]} to {bounds[1]}"

        RULES.append(Rule(path, kind, page, check, ((path, least - 1), (path, most + 1))))


def one_of(kind: str, page: str, path: str, *known: Any) -> None:
    """Registers that an attribute has one of some values."""

    def check(resource: Resource, _: Everything) -> Iterator[str]:
        for value in each(resource, path):
            if value not in known:
                yield f"{path} is {value}: one of {known}"

    wrong = max(known) + 1 if all(isinstance(one, int) for one in known) else "UNKNOWN"
    RULES.append(Rule(path, kind, page, check, ((path, wrong),)))


def each(value: Any, path: str = "") -> list[Any]:
    """Returns what is at a path, through each element of lists on the way, and leaves out what is unknown or unset."""
    if isinstance(value, list):
        return [found for one in value for found in each(one, path)]
    if not path:
        return [] if value is None else [value]
    if not isinstance(value, Mapping):
        return []
    first, _, rest = path.partition(".")
    return each(value.get(first), rest)


def broken_copy(resource: Resource, path: str, wrong: Any) -> Resource | None:
    """Returns a copy with a wrong value where the path leads first; None where it leads nowhere."""
    copy = deepcopy(dict(resource))
    *way, last = path.split(".")
    parents = [found for found in each(copy, ".".join(way)) if isinstance(found, dict)] if way else [copy]
    having = [parent for parent in parents if parent.get(last) is not None] or parents
    if not having:
        return None
    having[0][last] = wrong(having[0].get(last)) if callable(wrong) else wrong
    return copy


def decoded(resource: Resource) -> Resource:
    """Returns a resource with its JSON read."""
    texts = {key: json.loads(resource[key]) for key in JSON_ATTRIBUTES if isinstance(resource.get(key), str)}
    return {**resource, **texts}
