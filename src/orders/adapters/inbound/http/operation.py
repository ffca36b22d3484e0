"""What is said of an operation beside its handler, as ``operation=ApiOperation(...)`` of the route's decorator.

The API's description, the audit trail, and who may reach an order are made from it. Method and path are the handler's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler

from orders.application.policy.caller import Operation
from orders.domain.lifecycle import Action

if TYPE_CHECKING:
    # The first is only built for the document; the second imports the middleware that reads this module.
    from orders.adapters.inbound.http.openapi.examples import Life
    from orders.adapters.inbound.http.problems import Kind

JSON = "application/json"
HTML = "text/html"
_OPT = "operation"


@dataclass(frozen=True, slots=True)
class Example:
    """A value that stands in the document as an example: JSON, decimals included, made when the document is."""

    summary: str
    value: "Callable[[Life], Any]"


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes.

    Attributes:
        schema: the model that reads it, or the name of a component that is made of several.
        required: when not, an empty body is taken as ``{}``.
    """

    schema: type[Any] | str
    examples: Mapping[str, Example]
    media_types: tuple[str, ...] = (JSON,)
    required: bool = True


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """One way in which an operation answers when all is well, or as well as can be.

    Attributes:
        schemas: the typed dictionaries that its body is one of, or names of components; none when it has no body, or
            none in JSON.
        headers: names of the components, beyond those that every response carries.
        links: names of the components: what can be done next with what was answered.
    """

    status: int
    description: str
    schemas: tuple[type[Any] | str, ...] = ()
    headers: tuple[str, ...] = ()
    examples: Mapping[str, Example] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    media_type: str = JSON


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One method of one path.

    Attributes:
        operation_id: its name in the document and in the audit trail.
        parameters: names of the components, beyond those that every operation takes.
        problems: kinds of problems, beyond those that every operation can have.
        permissions: what a caller must have by the policy (``policy/caller.py``); one of several where the body says
            which. None where no token is needed.
    """

    operation_id: str
    tag: str
    summary: str
    description: str
    responses: tuple[DocumentedResponse, ...]
    parameters: tuple[str, ...] = ()
    body: Body | None = None
    problems: "tuple[Kind, ...]" = ()
    permissions: tuple[Operation | Action, ...] = ()

    @property
    def secured(self) -> bool:
        """Whether a token is needed."""
        return bool(self.permissions)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an operation is: its method in small letters, its path as in OpenAPI."""

    method: str
    path: str
    operation: ApiOperation


def operation_of(handler: BaseRouteHandler) -> ApiOperation:
    """What is said of the handler's operation. Raises: LookupError: nothing."""
    found: ApiOperation | None = handler.opt.get(_OPT)
    if found is None:
        raise LookupError(f"{handler.handler_name} has no operation=ApiOperation(...) beside it")
    return found


def endpoints(handlers: Iterable[HTTPRouteHandler], prefix: str = "") -> list[Endpoint]:
    """The handlers' operations, in their order. Raises: LookupError: nothing is said of one of them."""
    return [
        Endpoint(method.lower(), _documented(f"{prefix}{path}"), operation_of(handler))
        for handler in handlers
        for path in sorted(handler.paths)
        for method in sorted(handler.http_methods)
    ]


def _documented(path: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path).rstrip("/")
