"""Makes messages safe to show: their structure, and only values that can't hold user input.

A value is shown if its member is known, in its known position, and the value has the expected form or is one of the
expected words: a name in the place of a status, or among a caller's own metadata, is not shown.
"""

import json
import re
from collections.abc import Callable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Any

from orders.contracts import commands
from orders.contracts.cloud_event import EVENT_SOURCE, cloud_event_type
from orders.contracts.message_text import parse_text
from orders.domain.events import EventType
from orders.domain.identity import KEY_PATTERN, ORDER_ID_PATTERN, ORDER_NUMBER_PATTERN
from orders.domain.lifecycle import Role, Status
from orders.domain.pricing.currencies import CURRENCIES
from orders.domain.reports import SOURCES, ReportType

COMMANDS = frozenset({commands.PLACE_ACCEPTED, commands.CREATE_ORDER, commands.RENDER_DOCUMENT, commands.SCRUB_ORDER})
EVENT_TYPES = frozenset({*map(cloud_event_type, EventType), *map(str, ReportType)})
FEEDBACK_TYPES = frozenset(
    {
        "Bounce", "Complaint", "Click", "Delivery", "DeliveryDelay", "Open", "Reject", "Rendering Failure", "Send",
        "Subscription",
    }
)  # fmt: skip

Shown = Callable[[str], bool]
"""Predicate: true for a text, or a number in its notation, that holds nothing personal."""


def _form(pattern: str) -> Shown:
    compiled = re.compile(pattern, re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _one_of(*words: str) -> Shown:
    return frozenset(words).__contains__


_KEY = _form(KEY_PATTERN)
_ORDER_ID = _form(ORDER_ID_PATTERN)
_SHORT_NUMBER = _form(r"\d{1,10}")
_AMOUNT = _form(r"-?\d{1,7}(\.\d{1,8})?")
"""Longer ones could be a telephone's, or a card's."""
_MOMENT = _form(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
_SOURCE = _form(r"/tenants/[A-Za-z0-9_.-]{1,64}/orders/ord_[0-9A-Z]{26}")
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_FEEDBACK_ID = _form(rf"[0-9a-f]{{16}}-{_UUID}(-[0-9]{{6}})?|[0-9a-f]{{16}}-[0-9a-f]{{8}}-{_UUID}(-[0-9]{{6}})?")
_BOUNCE = ("General", "NoEmail", "Suppressed", "OnAccountSuppressionList", "MailboxFull", "MessageTooLarge")

_VALUES: Mapping[str, Shown] = MappingProxyType(
    {
        "command": COMMANDS.__contains__,
        "detail-type": EVENT_TYPES.__contains__,
        "type": EVENT_TYPES.__contains__,
        "source": lambda text: text in {EVENT_SOURCE, *SOURCES.values()} or _SOURCE(text),
        "id": _form(rf"ord_[0-9A-Z]{{26}}(-|\.\d{{1,9}}\.)\d{{1,12}}|{_UUID}"),
        "event_id": _form(rf"ord_[0-9A-Z]{{26}}(-|\.\d{{1,9}}\.)\d{{1,12}}|{_UUID}"),
        # Operators need the identifiers of shops, customers and products, here as in the logs.
        "tenant_id": _KEY,
        "customer_id": _KEY,
        "product_id": _KEY,
        "order_id": _ORDER_ID,
        "subject": _ORDER_ID,
        "order_number": _form(ORDER_NUMBER_PATTERN),
        "line_id": _form(r"line_\d{1,6}"),
        "parcel_id": _form(r"par_\d{1,6}"),
        "status": _one_of(*Status),
        "previous_status": _one_of(*Status),
        "role": _one_of(*Role, "none"),
        "currency": CURRENCIES.__contains__,
        "quantity": _form(r"\d{1,7}"),
        "sequence": _SHORT_NUMBER,
        "version": _SHORT_NUMBER,
        "document_version": _SHORT_NUMBER,
        "size_bytes": _SHORT_NUMBER,
        "specversion": _one_of("1.0"),
        "datacontenttype": _one_of("application/json"),
        "traceparent": _form(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
        **dict.fromkeys(("time", "occurred_at", "timestamp", "Timestamp"), _MOMENT),
        **dict.fromkeys(("price", "total", "shipping", "discount", "tax_rate", "campaign_discount"), _AMOUNT),
        "eventType": FEEDBACK_TYPES.__contains__,
        "notificationType": FEEDBACK_TYPES.__contains__,
        "bounceType": _one_of("Undetermined", "Permanent", "Transient"),
        "bounceSubType": _one_of("Undetermined", "ContentRejected", "AttachmentRejected", *_BOUNCE),
        "complaintFeedbackType": _one_of("abuse", "auth-failure", "fraud", "not-spam", "other", "virus"),
        "complaintSubType": _one_of("OnAccountSuppressionList"),
        "messageId": _FEEDBACK_ID,
        "feedbackId": _FEEDBACK_ID,
    }
)

_WITHIN = frozenset(
    {
        "detail", "data", "order", "items", "lines", "previous_lines", "actor", "mail", "bounce", "complaint",
        "deliveryDelay",
    }
)  # fmt: skip
"""Members whose own members are ours too."""

_OTHER_NAMES = frozenset(
    {
        "account", "address", "addresses", "billing_address", "bouncedRecipients", "brand", "campaign_code", "carrier",
        "changed", "city", "commonHeaders", "complainedRecipients", "country", "customer", "destination", "email",
        "headers", "idempotency_key", "last4", "line1", "line2", "locale", "Message", "MessageId", "metadata", "method",
        "name", "notes", "partial", "all_delivered", "payment", "phone", "postal_code", "printed", "reason",
        "reason_code", "region", "replayed", "replaymails", "resources", "sha256", "shipping_address", "sku", "tags",
        "token", "TopicArn", "Type", "tracking_number", "tracking_url",
    }
)  # fmt: skip
"""Names of members whose values are not shown."""

_NAMES = frozenset(chain(_VALUES, _WITHIN, _OTHER_NAMES))
_CHOSEN_NAMES = frozenset({"metadata"})
"""Members whose own members are named by the sender."""

HIDDEN = "…"


def outline(body: str) -> str:
    """Returns a message's body, safe to show."""
    try:
        return json.dumps(_outlined(parse_text(body), ours=True), indent=2, ensure_ascii=False)
    except ValueError:
        return f"no JSON: {len(body)} characters"


def known_kind(text: str | None) -> str | None:
    """Returns the name of a command, event type or feedback type, if it is a known one."""
    return text if text in COMMANDS or text in EVENT_TYPES or text in FEEDBACK_TYPES else None


def _outlined(value: Any, *, ours: bool, names: bool = True, shown: Shown | None = None) -> Any:
    if isinstance(value, dict):
        return {
            name if names and name in _NAMES else f"{HIDDEN}{number}": _outlined(
                each,
                ours=ours and name in _WITHIN,
                names=names and name not in _CHOSEN_NAMES,
                shown=_VALUES.get(name) if ours else None,
            )
            for number, (name, each) in enumerate(value.items(), start=1)
        }
    if isinstance(value, list):
        return [_outlined(each, ours=ours, names=names, shown=shown) for each in value]
    if value is None or isinstance(value, bool):
        return value
    return value if shown is not None and shown(str(value)) else HIDDEN
