"""JSON Schemas (2020-12) of the events that other systems receive: the contract with consumers ([PIPE-2]).

Consumers must accept unknown members: adding one is a compatible change. Existing members keep type and meaning until
a new type (``.v2``) replaces them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from orders.contracts.cloud_event import SEQUENCE_DIGITS, cloud_event_type
from orders.domain.events import EventType
from orders.domain.identity import KEY_PATTERN, ORDER_ID_PATTERN, ORDER_NUMBER_PATTERN
from orders.domain.lifecycle import Role, Status

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SEQUENCE = f"[0-9]{{{SEQUENCE_DIGITS}}}"
_EPOCH = "[1-9][0-9]*"
_POINTER = r"^(/([^~/]|~[01])*)*$"
_WORKER = "none"


def _text(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **more}


def _whole(description: str, minimum: int = 1) -> dict[str, Any]:
    return {"type": "integer", "minimum": minimum, "description": description}


def _flag(description: str, **more: Any) -> dict[str, Any]:
    return {"type": "boolean", "description": description, **more}


def _object(properties: Mapping[str, Any], optional: frozenset[str] = frozenset()) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": dict(properties)}


def _list(items: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": dict(items), "description": description}


_LINE_ID = _text("the line, unique within the order", pattern=KEY_PATTERN)
_QUANTITY = _whole("units")
_LINES = _list(
    _object(
        {"line_id": _LINE_ID, "product_id": _text("the shop's product", pattern=KEY_PATTERN), "quantity": _QUANTITY}
    ),
    "the order's lines",
)
_PARCEL_LINES = _list(_object({"line_id": _LINE_ID, "quantity": _QUANTITY}), "what the parcel carries")
_STATUS = _text("the order's status after the event", enum=[str(status) for status in Status])
_PREVIOUS = _text("its status before", enum=[str(status) for status in Status])
_TOTAL = _text("what the order comes to, a decimal with the currency's digits", pattern=r"^[0-9]+(\.[0-9]+)?$")
_CAMPAIGN_CODE = _text("the campaign that gave the order a discount", pattern=KEY_PATTERN)
_CAMPAIGN_DISCOUNT = _text("what it gave, a decimal with the currency's digits", pattern=r"^[0-9]+(\.[0-9]+)?$")
_CURRENCY = _text("ISO 4217 code", pattern="^[A-Z]{3}$")
_PARCEL_ID = _text("the parcel, unique within the order", pattern=KEY_PATTERN)
_REASON = _text(
    "a code such as out_of_stock, or other where somebody wrote a sentence", pattern="^[a-z][a-z0-9_]{0,63}$"
)
_CALLED_OFF = {"status": _STATUS, "previous_status": _PREVIOUS, "reason_code": _REASON, "lines": _LINES}
_DOCUMENT_VERSION = _whole("the version of the order that the document shows")

_OF_CAMPAIGNS = frozenset({"campaign_code", "campaign_discount"})

DATA: Mapping[EventType, Mapping[str, Any]] = MappingProxyType(
    {
        EventType.CREATED: {
            "status": _STATUS,
            "currency": _CURRENCY,
            "total": _TOTAL,
            "lines": _LINES,
            "campaign_code": _CAMPAIGN_CODE,
            "campaign_discount": _CAMPAIGN_DISCOUNT,
        },
        EventType.UPDATED: {
            "printed": _flag("whether the document shows any of what changed"),
            "currency": _CURRENCY,
            "total": _TOTAL,
            "lines": _LINES,
            "previous_lines": _list(_LINES["items"], "the lines before"),
            "campaign_code": _CAMPAIGN_CODE,
            "campaign_discount": _CAMPAIGN_DISCOUNT
            | {"type": ["string", "null"], "description": "what it gives now; null where it gave something before"},
        },
        EventType.PROCESSING: {"status": _STATUS, "previous_status": _PREVIOUS},
        EventType.REJECTED: _CALLED_OFF,
        EventType.CANCELLED: _CALLED_OFF,
        EventType.FULFILLED: {
            "status": _STATUS,
            "partial": _flag("whether some quantity is still open"),
            "parcel_id": _PARCEL_ID,
            "carrier": _text("who carries it", maxLength=100),
            "tracking_number": _text("the carrier's number of it", maxLength=100),
            "lines": _PARCEL_LINES,
        },
        EventType.DELIVERED: {
            "parcel_id": _PARCEL_ID,
            "all_delivered": _flag("whether everything has shipped and every parcel has arrived"),
        },
        EventType.COMPLETED: {"status": _STATUS, "previous_status": _PREVIOUS},
        EventType.DELETED: {},
        EventType.ERASED: {},
        EventType.DOCUMENT_READY: {
            "document_version": _DOCUMENT_VERSION,
            "sha256": _text("hex digest of the PDF", pattern="^[0-9a-f]{64}$"),
            "size_bytes": _whole("its length in bytes", 0),
        },
        EventType.DOCUMENT_FAILED: {"document_version": _DOCUMENT_VERSION},
    }
)
"""Members of ``data`` by event type, beyond those of every event."""

OPTIONAL: Mapping[EventType, frozenset[str]] = MappingProxyType(
    {
        EventType.CREATED: _OF_CAMPAIGNS,
        # Only there where lines were changed.
        EventType.UPDATED: _OF_CAMPAIGNS | {"currency", "total", "lines", "previous_lines"},
    }
)

WHEN: Mapping[EventType, str] = MappingProxyType(
    {
        EventType.CREATED: "An order was placed.",
        EventType.UPDATED: "Editable fields of an order were changed.",
        EventType.PROCESSING: "An order was confirmed and is being worked on.",
        EventType.REJECTED: "An order was refused by the shop, a payment or a check.",
        EventType.CANCELLED: "An order was called off before anything shipped.",
        EventType.FULFILLED: "A parcel of an order was shipped.",
        EventType.DELIVERED: "A parcel of an order arrived.",
        EventType.COMPLETED: "An order was delivered and closed.",
        EventType.DELETED: "An order was deleted, softly.",
        EventType.ERASED: "Personal data of an order was erased.",
        EventType.DOCUMENT_READY: "The PDF of an order is on record.",
        EventType.DOCUMENT_FAILED: "The PDF of an order can't be rendered.",
    }
)


def event_schema(type_: EventType) -> dict[str, Any]:
    """Returns the schema of an event type."""
    data = {
        "order_id": _text("the order", pattern=ORDER_ID_PATTERN),
        "order_number": _text("the number that people read aloud", pattern=ORDER_NUMBER_PATTERN),
        "tenant_id": _text("the shop", pattern=KEY_PATTERN),
        "customer_id": _text("whose order it is, by the shop's id", pattern=KEY_PATTERN),
        "version": _whole("the order's version after the event"),
        "actor": _object({"role": _text("in which role it was done", enum=[*map(str, Role), _WORKER])}),
        "changed": _list(
            _text("a JSON pointer (RFC 6901)", pattern=_POINTER), "where the order changed; never what to"
        ),
        **DATA[type_],
    }
    attributes = {
        "specversion": {"type": "string", "const": "1.0"},
        "id": _text(
            "the same however often the event is delivered: the order, the writer's epoch, the sequence",
            pattern=rf"^ord_[0-9A-Z]{{26}}\.{_EPOCH}\.{_SEQUENCE}$",
        ),
        "source": _text("the shop and the order", pattern="^/tenants/[^/]+/orders/[^/]+$"),
        "type": {"type": "string", "const": cloud_event_type(type_)},
        "subject": _text("the order", pattern=ORDER_ID_PATTERN),
        "time": _text("when it happened: UTC, RFC 3339, milliseconds", format="date-time"),
        "datacontenttype": {"type": "string", "const": "application/json"},
        "sequence": _text("1, 2, 3 ... per order without gaps; it alone defines the order", pattern=f"^{_SEQUENCE}$"),
        "traceparent": _text("W3C trace context of what caused it"),
        "replayed": _flag("it is sent again from the log", const=True),
        "replaymails": _flag("although replayed, it may send mails that were never sent", const=True),
        "data": _object(data, OPTIONAL.get(type_, frozenset())),
    }
    optional = frozenset({"traceparent", "replayed", "replaymails"})
    return {
        "$schema": DIALECT,
        "title": cloud_event_type(type_),
        "description": WHEN[type_],
        **_object(attributes, optional),
    }
