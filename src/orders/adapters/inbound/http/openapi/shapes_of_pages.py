"""What the API answers with, continued: pages of orders, of history and of events."""

from typing import Annotated, Literal

from pydantic import Field

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS, Schema
from orders.adapters.inbound.http.openapi.shapes import (
    Count,
    OrderSummary,
    Shape,
    Time,
)
from orders.adapters.inbound.http.routes.parameters import MAX_CURSOR_CHARACTERS
from orders.contracts.cloud_event import cloud_event_type
from orders.contracts.event_schema import event_schema
from orders.domain.events import EventType
from orders.ports.mail import MailState, MailTemplate

NextCursor = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR_CHARACTERS)]


class OrderPage(Shape):
    """A page of orders. It may be short, or even empty, and go on: the end is where `next_cursor` is `null`."""

    items: list[OrderSummary]
    next_cursor: NextCursor | None
    unreadable: Annotated[int, Field(ge=1)] | None = None
    """How many orders that may belong on this page can't be read and are left out; told to who acts for the shop."""


class Actor(Shape):
    """Who did it."""

    principal: str
    """Subject of the token, or name of a worker; to customers, of others than themselves only the role."""
    role: str


class HistoryEvent(Shape):
    """A change of the order, or of its document."""

    kind: Literal["event"]
    at: Time
    sequence: Annotated[int, Field(ge=1)]
    """1, 2, 3, … per order, without gaps."""
    version: Annotated[int, Field(ge=1)]
    """The order's version after it."""
    type: EventType
    actor: Actor
    reason: str | None = None
    changed: list[str]
    """JSON pointers of the fields that changed."""


class HistoryMailFeedback(Shape):
    """What came back of a mail: a bounce that may pass (`delayed`), one that will not, or a complaint.

    After `bounced` and `complained` the shop writes to this address no more.
    """

    kind: Literal["delayed", "bounced", "complained"]
    at: Time
    detail: str | None = None
    """The mail service's words for what kind of it, such as `Permanent/NoEmail`."""


class HistoryMail(Shape):
    """What became of a mail about the order."""

    kind: Literal["mail"]
    at: Time
    about_sequence: Annotated[int, Field(ge=1)]
    """The event that the mail tells of."""
    template: MailTemplate
    state: MailState
    recipient: str | None = None
    """Only a hint, such as `t…@example.com`."""
    attempts: Count
    detail: str | None = None
    feedback: HistoryMailFeedback | None = None


class HistoryPage(Shape):
    """A page of an order's history, oldest first; a mail stands on the page of the event that it tells of."""

    items: list[Annotated[HistoryEvent | HistoryMail, Field(discriminator="kind")]]
    next_cursor: NextCursor | None
    unreadable: Annotated[int, Field(ge=1)] | None = None
    """How many entries of this page can't be read and are left out."""


def event_schemas() -> dict[str, Schema]:
    """An event of each type as other systems get it, and a page of them."""
    names = {type_: f"Event{type_.name.title().replace('_', '')}" for type_ in EventType}
    parts = _EventParts()
    for type_, name in names.items():
        parts.take(name, event_schema(type_))
    return parts.schemas | {
        "CloudEvent": {
            "description": "An event of an order as other systems get it: CloudEvents 1.0, structured JSON.",
            "oneOf": [{"$ref": COMPONENTS + name} for name in names.values()],
            "discriminator": {
                "propertyName": "type",
                "mapping": {cloud_event_type(type_): COMPONENTS + name for type_, name in names.items()},
            },
        },
        "EventPage": {
            "type": "object",
            "description": "A page of an order's events, by sequence.",
            "properties": {
                "items": {"type": "array", "items": {"$ref": f"{COMPONENTS}CloudEvent"}},
                "next_cursor": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_CURSOR_CHARACTERS},
                "unreadable": {
                    "type": "integer",
                    "minimum": 1,
                    "description": "How many events of this page can't be read and are left out.",
                },
            },
            "required": ["items", "next_cursor"],
        },
    }


class _EventParts:
    """The schemas of events as components that share what they are made of.

    Each schema of an event is whole in its own file (``docs/events``). Written here as they are, each would bring its
    own actor, lines and statuses, which generators would have to number.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def take(self, name: str, event: Schema) -> None:
        """Add an event's schema under that name, and what it is made of."""
        whole = {key: value for key, value in event.items() if key not in {"$schema", "title"}}
        data = whole["properties"]["data"]
        fields = {field: self._shared(field, schema) for field, schema in data["properties"].items()}
        self.schemas[f"{name}Data"] = data | {"properties": fields}
        self.schemas[name] = whole | {"properties": whole["properties"] | {"data": {"$ref": f"{COMPONENTS}{name}Data"}}}

    def _shared(self, field: str, schema: Schema) -> Schema:
        if field in {"status", "previous_status"}:
            return {"$ref": f"{COMPONENTS}Status", "description": schema["description"]}
        if schema["type"] == "object":
            return self._component(f"Event{field.title()}", schema)
        if schema["type"] == "array" and schema["items"]["type"] == "object":
            # A parcel's lines have fewer fields than an order's.
            kind = "EventLine" if "product_id" in schema["items"]["properties"] else "EventParcelLine"
            return schema | {"items": self._component(kind, schema["items"])}
        return schema

    def _component(self, name: str, schema: Schema) -> Schema:
        assert self.schemas.setdefault(name, schema) == schema, f"two schemas want to be {name}"
        return {"$ref": f"{COMPONENTS}{name}"}
