"""Makes the schemas of events as other systems get them, and of a page of them, from the events' own schemas."""

from orders.adapters.inbound.http.openapi.json_schema import COMPONENTS, Schema
from orders.adapters.inbound.http.requests.parameters import MAX_CURSOR_CHARACTERS
from orders.contracts.cloud_event import cloud_event_type
from orders.contracts.event_schema import event_schema
from orders.domain.events import EventType


def event_schemas() -> dict[str, Schema]:
    """Makes the schemas of an event of each type, and of a page of them."""
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
    """The schemas of events as components that share their parts.

    Each event's schema is complete in its own file (``docs/events``). Copied here unchanged, each would bring its own
    actor, lines and statuses, which generators of clients would have to number.
    """

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def take(self, name: str, event: Schema) -> None:
        """Adds an event's schema under that name, and the schemas of its parts."""
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
