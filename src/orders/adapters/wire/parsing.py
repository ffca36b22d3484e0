"""Parses the bytes of a body to a request model, or reports all their faults."""

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import takewhile
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from orders.adapters.privacy.masking import as_name, is_name
from orders.adapters.wire import json_body
from orders.adapters.wire.fields import PATTERNS, RequestModel
from orders.adapters.wire.json_body import MalformedJson
from orders.adapters.wire.media_types import JSON, check_media_type
from orders.adapters.wire.pointers import pointer_of
from orders.adapters.wire.unknown_names import model_in, without_the_rest
from orders.domain.errors import Fault, Path

MAX_FAULTS = 100
MAX_NAME = 64
"""The most characters of a member's name that are compared with known names."""
Model = TypeVar("Model", bound=BaseModel)


class InvalidBody(Exception):
    """A body is JSON but not valid for the operation.

    Attributes:
        faults: the first ``MAX_FAULTS`` faults.
        found: the number of all faults.
        errors: the model's errors, for reports to others than the body's sender (``pointer_in``).
    """

    def __init__(self, faults: Sequence[Fault], found: int = 0, errors: Sequence[ErrorDetails] = ()) -> None:
        self.faults = tuple(faults[:MAX_FAULTS])
        self.found = max(found, len(faults))
        self.errors = tuple(errors)
        super().__init__(f"{self.found} faults in the body")

    def along_with(self, amounts: Sequence[Fault]) -> "InvalidBody":
        """Adds the faults of amounts whose paths have no fault yet."""
        known = {fault.path for fault in self.faults}
        more = [fault for fault in amounts if fault.path not in known]
        return InvalidBody([*self.faults, *more], self.found + len(more))


class Faults:
    """Collects faults: counts all of them, and creates the first ``MAX_FAULTS``.

    Attributes:
        told: the created faults.
        found: the number of all faults.
    """

    def __init__(self) -> None:
        self.told: list[Fault] = []
        self.found = 0

    def add(self, fault: Callable[[], Fault]) -> None:
        """Counts a fault; calls ``fault`` only while fewer than ``MAX_FAULTS`` were created."""
        self.found += 1
        if len(self.told) < MAX_FAULTS:
            self.told.append(fault())


class ClientGone(Exception):
    """The client disconnected before its body was complete; nobody is left to get a response."""

    def __init__(self) -> None:
        super().__init__("the connection ended before the body was whole")


def parse_body(model: type[Model], body: bytes, content_type: str, *, optional: bool = False) -> Model:
    """Parses the body as that model.

    Args:
        optional: whether an empty body is taken, as ``{}``.

    Raises:
        UnsupportedMediaType: it is not declared as JSON.
        MalformedJson: it is empty, not JSON, too deep or too large.
        InvalidBody: it is JSON with invalid content.
    """
    return validate(model, parse_object(body, content_type, optional=optional))


def parse_object(
    body: bytes, content_type: str, *, optional: bool = False, media_types: Sequence[str] = JSON
) -> dict[str, Any]:
    """Parses a body as a JSON object, declared as one of those types. Args and Raises: as ``parse_body``."""
    if not body.strip():
        if optional:
            return {}
        raise MalformedJson(f"the body is empty; send a JSON object, as {' or '.join(media_types)}")
    check_media_type(content_type, media_types)
    value = decoded(body)
    if not isinstance(value, dict):
        raise InvalidBody([Fault((), "object_type", "the body must be a JSON object")])
    return value


def decoded(body: bytes) -> Any:
    """Decodes a body as JSON; an empty one as ``{}``. Raises: MalformedJson."""
    return json_body.decode(body) if body.strip() else {}


def validate(model: type[Model], value: Mapping[str, Any]) -> Model:
    """Validates the value as that model. Raises: InvalidBody with every fault."""
    bounded, untold = without_the_rest(model, value, MAX_FAULTS)
    try:
        return model.model_validate(bounded)
    except ValidationError as error:
        # Without the values, which may be personal.
        told = error.errors(include_url=False, include_input=False)[:MAX_FAULTS]
        raise InvalidBody([_fault(model, each) for each in told], error.error_count() + untold, told) from None


def path_to(location: Sequence[int | str]) -> Path:
    """Returns the path to a place in a document.

    It ends before a name that isn't a technical one: that may be personal text, which is never repeated.
    """
    return tuple(takewhile(lambda part: is_name(str(part)), location))


def unknown_field(name: str, known: Collection[str], set_by_service: Collection[str] = ()) -> str:
    """Makes the message for an unknown field, with the name that was probably meant.

    Args:
        set_by_service: names that responses have and requests don't.
    """
    if name in set_by_service:
        return "this is set by the service; leave it out"
    close = difflib.get_close_matches(name[:MAX_NAME].lower(), [*known, *sorted(set_by_service)], n=1, cutoff=0.6)
    hint = ""
    if close and close[0] in known:
        hint = f"; did you mean {close[0]!r}?"
    elif close:
        hint = f"; {close[0]!r}, if you mean that, is set by the service: leave it out"
    return f"there is no field {as_name(name)}{hint}"


def pointer_in(model: type[BaseModel], error: ErrorDetails) -> str:
    """Returns a JSON pointer to an error's place, for others than the body's sender.

    It ends before a name of metadata, which its sender chose; an unknown field is named.
    """
    location = error["loc"]
    own = list(takewhile(lambda depth: _is_own(model, location[: depth + 1]), range(len(location))))
    if error["type"] == "extra_forbidden" and len(own) == len(location) - 1:
        return pointer_of(path_to(location))
    return pointer_of(path_to(location[: len(own)]))


def _is_own(model: type[BaseModel], location: Sequence[int | str]) -> bool:
    return isinstance(location[-1], int) or location[-1] in _fields_of(_model_at(model, location[:-1]))


_MESSAGES: Mapping[str, str] = {
    "missing": "this field is required",
    "string_type": "this must be a text",
    "int_type": "this must be a whole number",
    "list_type": "this must be a list",
    "dict_type": "this must be an object",
    "model_type": "this must be an object",
    "model_attributes_type": "this must be an object",
    "finite_number": "this must be a finite number",
    "greater_than_equal": "this must be {ge} or more",
    "less_than_equal": "this must be {le} or less",
    "string_too_long": "this has at most {max_length} characters",
    "string_too_short": "this must not be empty",
    "too_long": "there are at most {max_length} of these",
    "too_short": "there must be at least {min_length} of these",
    "literal_error": "this must be {expected}",
}


def _fault(model: type[BaseModel], error: ErrorDetails) -> Fault:
    location = [part for part in error["loc"] if part != "[key]"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown_member(model, location)
    if kind == "string_pattern_mismatch":
        what = "a key of it" if "[key]" in error["loc"] else "this"
        asked_for = PATTERNS.get(context["pattern"], context["pattern"])
        return Fault(path_to(location), "pattern", f"{what} must be {asked_for}")
    message = _MESSAGES.get(kind)
    return Fault(path_to(location), kind, error["msg"] if message is None else message.format(**context))


def unknown_member(model: type[BaseModel], location: Sequence[int | str]) -> Fault:
    """Makes the fault of a field that the model does not have at that place."""
    holder = _model_at(model, location[:-1])
    set_by_service = holder.SET_BY_SERVICE if holder is not None and issubclass(holder, RequestModel) else ()
    message = unknown_field(str(location[-1]), _fields_of(holder), set_by_service)
    return Fault(path_to(location), "unknown_field", message)


def _fields_of(model: type[BaseModel] | None) -> Sequence[str]:
    return () if model is None else list(model.model_fields)


def _model_at(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        field = None if current is None else current.model_fields.get(part)
        current = None if field is None else model_in(field.annotation)
    return current
