"""What the API answers with, continued: what is accepted, status, parcels, documents, health, problems."""

from typing import Annotated, Literal

from pydantic import Field

from orders.adapters.inbound.http.openapi.shapes import (
    Accepted,
    Href,
    Link,
    OrderId,
    OrderNumber,
    Parcel,
    Shape,
    StatusOrAccepted,
    Time,
)
from orders.adapters.wire.fields import JsonSchemaExtra, Key
from orders.domain.lifecycle import Action


class Fault(Shape):
    """One thing that is wrong with a request."""

    pointer: str
    """JSON pointer (RFC 6901) to the wrong value in the body; `/query/NAME` or `/headers/NAME` for a parameter."""
    code: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    """What is wrong, for programs."""
    message: str
    """What is wrong and what would be right, for people."""


class AcceptedLinks(Shape):
    """Where the order is going to be."""

    self: Link
    status: Link | None = None


class AcceptedOrder(Shape):
    """An order that was accepted with `Prefer: respond-async` and is not placed yet, or could not be."""

    order_id: OrderId
    order_number: OrderNumber
    tenant_id: Key
    customer_id: Key
    status: Literal["accepted", "rejected"]
    allowed_actions: Annotated[list[str], Field(max_length=0)]
    reason: str | None = None
    """Why it was rejected."""
    errors: list[Fault] | None = None
    """The same, fault by fault."""
    created_at: Time
    links: Annotated[AcceptedLinks, Field(alias="_links")]


class Acceptance(Shape):
    """The order is durable under this id, and placed soon."""

    order_id: OrderId
    order_number: OrderNumber
    status: Accepted
    links: Annotated[AcceptedLinks, Field(alias="_links")]


class OrderStatus(Shape):
    """Where an order is in its life, and what may be done now."""

    order_id: OrderId
    order_number: OrderNumber
    status: StatusOrAccepted
    allowed_actions: list[Action]
    version: Annotated[int, Field(ge=1)] | None = None
    """Missing while the order is accepted and not placed."""
    reason: str | None = None
    """Why it was cancelled or rejected."""
    updated_at: Time


class ErasingLinks(Shape):
    """Where to look at what is left."""

    self: Link
    history: Link


class Erasing(Shape):
    """The order is erased; everything that was kept beside it is being."""

    order_id: OrderId
    order_number: OrderNumber
    status: Literal["erasing"]
    erased_at: Time
    """When the order itself was."""
    links: Annotated[ErasingLinks, Field(alias="_links")]


class OpenItem(Shape):
    """What of a line has not been shipped yet."""

    line_id: Key
    product_id: Key
    name: str | None = None
    open_quantity: Annotated[int, Field(ge=1)]


class Tracking(Shape):
    """Where an order's goods are."""

    order_id: OrderId
    order_number: OrderNumber
    status: StatusOrAccepted
    parcels: list[Parcel]
    open_items: list[OpenItem]
    updated_at: Time


class DocumentRendering(Shape):
    """The PDF is on its way."""

    order_id: OrderId
    document: Literal["rendering"]


class DocumentLink(Shape):
    """Where the PDF can be fetched, and until when."""

    url: Annotated[str, JsonSchemaExtra({"format": "uri"})]
    expires_at: Time


class Alive(Shape):
    """The process serves."""

    status: Literal["ok"]


class Health(Shape):
    """What the service depends on, and how each of it is."""

    status: Literal["ok", "unhealthy"]
    checks: dict[str, str]
    """`ok`, or what is wrong, by dependency."""


class Problem(Shape):
    """What went wrong, as RFC 9457 has it."""

    type: Annotated[str, JsonSchemaExtra({"format": "uri"})]
    """The kind of problem; a stable URI, explained on the reference page."""
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    instance: Href
    """The path that was asked for."""
    request_id: str
    """What to tell support; also in `X-Request-Id`."""
    errors: list[Fault] | None = None
    """All that is wrong with the body or the parameters."""
    allowed_actions: list[Action] | None = None
    """With 409: what this caller may do to the order now."""
