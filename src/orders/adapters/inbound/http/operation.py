"""Describes an operation beside its handler, as ``operation=ApiOperation(...)`` of the route's decorator.

The OpenAPI document, the audit trail and the permissions are made from it. Method and path are the handler's.
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
    """An example in the document: a JSON value, decimals included, that is made when the document is built."""

    summary: str
    value: "Callable[[Life], Any]"


@dataclass(frozen=True, slots=True)
class Body:
    """The body that an operation takes.

    Attributes:
        schema: the model that reads it, or the name of a component that is made of several.
        required: if not, an empty body is taken as ``{}``.
    """

    schema: type[Any] | str
    examples: Mapping[str, Example]
    media_types: tuple[str, ...] = (JSON,)
    required: bool = True


@dataclass(frozen=True, slots=True)
class DocumentedResponse:
    """A response of an operation that is not a problem.

    Attributes:
        schemas: the typed dictionaries that its body is one of, or names of components; none for no body, or one that
            is not JSON.
        headers: names of the components, beyond those that every response carries.
        links: names of the components: the operations that can follow, with values of this response.
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
    """An operation of the API: one method of one path.

    Attributes:
        operation_id: its name in the document and in the audit trail.
        parameters: names of the components, beyond those that every operation takes.
        problems: kinds of problems, beyond those that every operation can have.
        permissions: the permissions needed by the policy (``policy/caller.py``); if there are several, the body
            decides which of them. None if no token is needed.
        keeps_nothing: whether it changes nothing although its method is one of those that do: then it is answered in a
            region that takes no changes, too.
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
    keeps_nothing: bool = False

    @property
    def secured(self) -> bool:
        """Tells whether a token is needed."""
        return bool(self.permissions)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation with its method in lower case and its path as in OpenAPI."""

    method: str
    path: str
    operation: ApiOperation


def is_operation(handler: BaseRouteHandler) -> bool:
    """Tells whether the handler is an operation of the API; pages for people are none."""
    return _OPT in handler.opt


def operation_of(handler: BaseRouteHandler) -> ApiOperation:
    """Returns the description of the handler's operation. Raises: LookupError: there is none."""
    found: ApiOperation | None = handler.opt.get(_OPT)
    if found is None:
        raise LookupError(f"{handler.handler_name} has no operation=ApiOperation(...) beside it")
    return found


def endpoints(handlers: Iterable[HTTPRouteHandler], prefix: str = "") -> list[Endpoint]:
    """Lists the handlers' operations, in their order. Raises: LookupError: one of them has no description."""
    return [
        Endpoint(method.lower(), _documented(f"{prefix}{path}"), operation_of(handler))
        for handler in handlers
        for path in sorted(handler.paths)
        for method in sorted(handler.http_methods)
    ]


def _documented(path: str) -> str:
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path).rstrip("/")
