"""PartiQL statements that write one item each, with their conditions; up to 25 of them go in one request.

Texts have names of ours only, quoted; whatever is a value is a parameter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item, to_wire, wire_value
from orders.adapters.outbound.dynamodb.keys import Key

MAX_STATEMENTS = 25
"""DynamoDB's limit of one BatchExecuteStatement."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and its parameters, as requests have them."""

    text: str
    parameters: tuple[Any, ...] = field(repr=False)

    def as_request(self) -> dict[str, Any]:
        """Returns the member of a request's ``Statements``."""
        return {
            "Statement": self.text,
            "Parameters": list(self.parameters),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement of a batch was not done.

    Attributes:
        code: DynamoDB's for statements, such as ``DuplicateItem``; ``NO_ANSWER`` if there was none for it.
        found: the existing item at that moment; empty if there was none, or DynamoDB did not say.
    """

    code: str
    found: Item = field(default_factory=dict, repr=False)


NO_ANSWER = "NoAnswer"
THROTTLED = frozenset({"ProvisionedThroughputExceeded", "RequestLimitExceeded", "ThrottlingError"})
PASSING = frozenset({"InternalServerError"})


@dataclass(slots=True)
class Parameters:
    """The parameters of a statement: each takes the next place in its text."""

    values: list[Any] = field(default_factory=list)

    def value(self, value: Any) -> str:
        """Returns the place of a plain value; to be called in the order of the text."""
        self.values.append(wire_value(value))
        return "?"


def insert(table: str, item: Mapping[str, Any]) -> Statement:
    """Writes the statement that adds an item if its key is free; otherwise it is refused as ``DuplicateItem``."""
    given = to_wire(item)
    members = ", ".join(f"'{name}': ?" for name in given)
    return Statement(f"INSERT INTO {path(table)} VALUE {{{members}}}", tuple(given.values()))


def update(table: str, key: Key, changes: Iterable[str], conditions: Iterable[str], given: Parameters) -> Statement:
    """Writes the statement that changes an existing item under conditions.

    ``changes`` are clauses, each with its ``SET`` or ``REMOVE``; ``given`` has the parameters of changes and
    conditions, in this order.
    """
    where = " AND ".join((*conditions, *(f"{path(name)} = ?" for name in key)))
    parameters = (*given.values, *to_wire(key).values())
    return Statement(f"UPDATE {path(table)} {' '.join(changes)} WHERE {where}", parameters)


def path(*names: str) -> str:
    """Writes the path of an attribute, or with further names of one inside maps; also the name of a table."""
    return ".".join(f'"{name}"' for name in names)
