"""The keys of every item and index, and the listing positions made of them.

A tenant's id is part of every key of the table, and ``#`` appears in keys only as a separator.
"""

import re
from datetime import datetime
from typing import TypeAlias
from zlib import crc32

from orders.adapters.outbound.dynamodb.items.instants import instant_text, parse_instant
from orders.domain.errors import InvalidIdentifier
from orders.domain.identity import check_order_id
from orders.ports.mail import MailReference

Key: TypeAlias = dict[str, str]

ORDER_SORT_KEY = "ORDER"
ACCEPTANCE_SORT_KEY = "ACCEPTED"
EVENT_PREFIX = "EVENT#"
EVENT_END = EVENT_PREFIX + "9999999999"

DAY_SHARDS = 8
"""Over how many hash keys a day's orders and a tenant's day of events are spread: one hash key takes about 1,000
writes a second. Readers of a day ask all of them. Raising it is safe for what is written after; for what was
written before, readers must go on asking the shards there were, which are among the new ones."""

BEFORE_ALL, AFTER_ALL = "0", "~"
"""Texts before and after every position, and after every character that one is made of."""

_POSITION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#(ord_[0-9A-Z]{26})", re.ASCII)
_ORDER_PARTITION = re.compile(r"TENANT#([^#]+)#ORDER#([^#]+)")


def shard_of(order_id: str, shards: int) -> int:
    """Returns an order's shard out of ``shards``; the same in every process."""
    return crc32(order_id.encode()) % shards


def order_partition(tenant_id: str, order_id: str) -> str:
    """Returns the partition key of an order and its events."""
    return f"TENANT#{tenant_id}#ORDER#{order_id}"


def order_key(tenant_id: str, order_id: str) -> Key:
    """Returns the key of an order's item."""
    return {"PK": order_partition(tenant_id, order_id), "SK": ORDER_SORT_KEY}


def acceptance_key(tenant_id: str, order_id: str) -> Key:
    """Returns the key of an acceptance's item."""
    return {"PK": order_partition(tenant_id, order_id), "SK": ACCEPTANCE_SORT_KEY}


def order_of_partition(partition: str) -> tuple[str, str]:
    """Parses tenant and order id from an order's partition key. Raises: ValueError."""
    found = _ORDER_PARTITION.fullmatch(partition)
    if not found:
        raise ValueError(f"{partition!r} is no order's partition")
    return found[1], found[2]


def event_sort_key(sequence: int) -> str:
    """Returns the sort key of a published event: text order is the order of events."""
    return f"{EVENT_PREFIX}{sequence_text(sequence)}"


def sequence_text(sequence: int) -> str:
    """Formats a sequence for keys and for names in the map of waiting events."""
    return f"{sequence:010d}"


def event_key(tenant_id: str, order_id: str, sequence: int) -> Key:
    """Returns the key of a published event."""
    return {"PK": order_partition(tenant_id, order_id), "SK": event_sort_key(sequence)}


def position_of(created_at: datetime, order_id: str) -> str:
    """Returns an order's position in every listing by date (``createdAtId``): creation time, then id."""
    return f"{instant_text(created_at)}#{order_id}"


def check_position(text: str) -> str:
    """Returns the text if it is a position. Raises: ValueError."""
    found = _POSITION.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:80]!r} is no position in a listing")
    try:
        parse_instant(text.partition("#")[0])
        check_order_id(found[1])
    except (ValueError, InvalidIdentifier) as error:
        raise ValueError(f"{text[:80]!r} is no position in a listing") from error
    return text


def is_position(text: str) -> bool:
    """Returns whether the text is a position."""
    try:
        check_position(text)
    except ValueError:
        return False
    return True


def just_below(position: str) -> str:
    """Returns the highest text below the position that is above every position below it."""
    return position[:-1] + chr(ord(position[-1]) - 1) + AFTER_ALL


def just_above(position: str) -> str:
    """Returns the lowest text above the position. Positions all have one length, so none lies between."""
    return position + AFTER_ALL


def customer_key(tenant_id: str, customer_id: str) -> str:
    """Returns the hash key of ``OrdersByCustomer``."""
    return f"{tenant_id}#{customer_id}"


def status_key(tenant_id: str, status: str) -> str:
    """Returns the hash key of ``OrdersByStatus``."""
    return f"{tenant_id}#{status}"


def number_key(tenant_id: str, order_number: str) -> str:
    """Returns the hash key of ``OrderByNumber``."""
    return f"{tenant_id}#{order_number}"


def day_shard(at: datetime, shard: int) -> str:
    """Returns the hash key of ``OrdersByDate``: all tenants' orders of that instant's UTC day, in one shard."""
    day, _, _ = instant_text(at).partition("T")
    return f"{day}#{shard}"


def event_day_shard(tenant_id: str, at: datetime, shard: int) -> str:
    """Returns the hash key of ``EventsByTenantAndTime``: a tenant's published events of a UTC day, in one shard."""
    return f"{tenant_id}#{day_shard(at, shard)}"


def event_time_key(at: datetime, order_id: str, sequence: int) -> str:
    """Returns the range key of ``EventsByTenantAndTime``."""
    return f"{instant_text(at)}#{order_id}#{sequence_text(sequence)}"


def outbox_shard(region: str, shard: int) -> str:
    """Returns the hash key of ``OutboxPending``: one shard of the orders that a region's relay publishes."""
    return f"{region}#{shard}"


def outbox_markers(region: str, other_region: str | None, shards: int) -> tuple[str, ...]:
    """Returns the hash keys of all shards that a relay of the region reads: its own first, then the other region's."""
    regions = [region] if other_region is None else [region, other_region]
    return tuple(outbox_shard(each, shard) for each in regions for shard in range(shards))


def mail_partition(tenant_id: str, order_id: str) -> str:
    """Returns the partition key of an order's mail intents: separate, so that a role can be restricted to it."""
    return f"TENANT#{tenant_id}#MAIL#{order_id}"


def mail_key(mail: MailReference) -> Key:
    """Returns the key of a mail intent, with only a case-insensitive hash of the recipient."""
    return {
        "PK": mail_partition(mail.tenant_id, mail.order_id),
        "SK": f"{sequence_text(mail.sequence)}#{mail.template}#{mail.recipient_hash or 'none'}",
    }


def suppression_partition(tenant_id: str) -> str:
    """Returns the partition key of a tenant's suppressed addresses."""
    return f"TENANT#{tenant_id}#SUPPRESSION"


def suppression_key(tenant_id: str, recipient_hash: str) -> Key:
    """Returns the key of a suppressed address."""
    return {"PK": suppression_partition(tenant_id), "SK": recipient_hash}
