"""Every figure of the operating plan, and where it is found in what is planned.

``deploy/environments.yaml`` says the figures. A reader (``tests/terraform/readers``) says what Terraform plans, or what
the service or a page says where no resource has it; it doesn't look at the figure.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.terraform.plans import ENVIRONMENTS, EnvironmentPlan

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "deploy" / "environments.yaml"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the operating plan.

    Attributes:
        path: its keys, joined by dots, with ENV in the place of an environment's name: ``ENV.table.pitr_days``.
        environment: the environment that it is of; one that holds in all has one of these for each.
        value: what it says.
    """

    path: str
    environment: str
    value: Any

    @property
    def keys(self) -> list[str]:
        """The path's parts."""
        return self.path.split(".")

    def __str__(self) -> str:
        return self.path.replace("ENV", self.environment) if "ENV" in self.path else f"{self.path}@{self.environment}"


Reader: TypeAlias = Callable[[EnvironmentPlan, Figure], Any]
NOT_HERE: Any = object()
"""What a reader returns where an environment has nothing of the kind, which it has made sure of; production has all."""
READERS: list[tuple[str, Reader]] = []


def figure(*patterns: str) -> Callable[[Reader], Reader]:
    """Registers a reader for the paths that match one of these patterns."""

    def register(reader: Reader) -> Reader:
        READERS.extend((pattern, reader) for pattern in patterns)
        return reader

    return register


def reader_of(path: str) -> list[Reader]:
    """Returns the readers for a path: one, or the operating plan has a line that nothing compares."""
    return [reader for pattern, reader in READERS if fnmatchcase(path, pattern)]


def chosen(name: str, readers: Mapping[str, Callable[[], Any]]) -> Any:
    """Returns what the reader of a name reads; the others don't look."""
    return readers[name]()


def figures() -> list[Figure]:
    """Returns every line of the operating plan, once for each environment that it holds in."""
    found = []
    for keys, value in _lines(yaml.safe_load(PLAN.read_text()), ()):
        named = [key for key in keys if key in ENVIRONMENTS]
        path = ".".join("ENV" if key in ENVIRONMENTS else key for key in keys)
        found += [Figure(path, environment, value) for environment in (named or ENVIRONMENTS)]
    return found


def _lines(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _lines(inner, (*keys, str(key).replace(".", "_")))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        # A list of named things; alarms have names in common, and are told apart by their place.
        for place, inner in enumerate(value):
            yield from _lines(inner, (*keys, str(place)))
    else:
        yield keys, value
