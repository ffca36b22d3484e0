"""Represents a problem (RFC 9457)."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from orders.adapters.inbound.http.representations.values import Uri, UriReference
from orders.domain.lifecycle import Action


class Fault(TypedDict):
    """One thing that is wrong with a request."""

    pointer: str
    """JSON pointer (RFC 6901) to the wrong value in the body; `/query/NAME` or `/headers/NAME` for a parameter."""
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    """What is wrong, for programs."""
    message: str
    """What is wrong and what would be right, for people."""


class Problem(TypedDict):
    """An error, as a problem of RFC 9457."""

    type: Uri
    """The kind of problem; a stable URI, explained by the page that it leads to."""
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: UriReference
    """The path that was asked for."""
    request_id: str
    """What to tell support; also in `X-Request-Id`."""
    errors: NotRequired[list[Fault]]
    """All that is wrong with the body or the parameters."""
    allowed_actions: NotRequired[list[Action]]
    """With 409: what this caller may do to the order now."""
