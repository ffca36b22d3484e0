"""What the document says of one operation, as data; ``document.py`` writes it in OpenAPI's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS
from orders.adapters.inbound.http.problems import Kind

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Example:
    """A value that stands in the document as an example; ``value`` is JSON, decimals included."""

    summary: str
    value: Any


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes.

    Attributes:
        schema: name of the component.
        required: when not, an empty body is taken as ``{}``.
    """

    schema: str
    examples: Mapping[str, Example]
    media_types: tuple[str, ...] = (JSON,)
    required: bool = True


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """One way in which an operation answers when all is well, or as well as can be.

    Attributes:
        schemas: names of the components that its body is one of; none when it has no body, or none in JSON.
        headers: names of the components, beyond those that every response carries.
        links: names of the components: what can be done next with what was answered.
    """

    status: int
    description: str
    schemas: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    examples: Mapping[str, Example] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class DocumentedOperation:
    """One method of one path.

    Attributes:
        path: as in OpenAPI, such as ``/v1.0/orders/{order_id}``.
        parameters: names of the components, beyond those that every operation takes.
        problems: kinds of problems, beyond those that every operation can have.
        secured: whether a token is needed.
    """

    operation_id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    answers: tuple[DocumentedResponse, ...]
    parameters: tuple[str, ...] = ()
    body: Body | None = None
    problems: tuple[Kind, ...] = ()
    secured: bool = True


def reference(name: str) -> dict[str, str]:
    """A reference to a schema among the components."""
    return {"$ref": COMPONENTS + name}
