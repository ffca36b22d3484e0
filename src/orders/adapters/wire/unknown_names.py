"""Limits the unknown names in a body to as many as its sender gets faults for.

The fault for each (an error, its place, a suggestion) costs a hundred times what it takes to send one.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from orders.domain.placing import MAX_LINES


def without_the_rest(model: type[BaseModel], value: Mapping[str, Any], told: int) -> tuple[Mapping[str, Any], int]:
    """Keeps the first ``told`` names that the model does not have; returns the value and the number of names removed.

    The order is that of validation: an object's own names come after those of the objects in it.
    """
    counted = _Counted(told)
    return counted.bounded(model, value), counted.left_out


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Finds the model that a field's type is, or contains."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)


@cache
def _models_in(model: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    """Finds the models in the model's own fields, in the order of the fields."""
    found = {name: model_in(field.annotation) for name, field in model.model_fields.items()}
    return {name: inner for name, inner in found.items() if inner is not None}


class _Counted:
    def __init__(self, room: int) -> None:
        self._room = room
        self.left_out = 0

    def bounded(self, model: type[BaseModel], value: Any) -> Any:
        if isinstance(value, list):
            # A longer list is refused as such, and its entries are not checked.
            return value if len(value) > MAX_LINES else [self.bounded(model, each) for each in value]
        if not isinstance(value, Mapping):
            return value
        known = model.model_fields
        held = dict(self._held(model, value))
        unknown = [name for name in value if name not in known]
        if held or len(unknown) > self._room:
            gone = set(unknown[self._room :])
            value = {name: held.get(name, each) for name, each in value.items() if name not in gone}
            self.left_out += len(gone)
        self._room = max(0, self._room - len(unknown))
        return value

    def _held(self, model: type[BaseModel], value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yields the value's own objects and lists from which names were removed."""
        for name, inner in _models_in(model).items():
            below = value.get(name)
            if isinstance(below, list | Mapping):
                before = self.left_out
                bounded = self.bounded(inner, below)
                if self.left_out > before:
                    yield name, bounded
