"""Reads what a region's table and bucket hold, in the verdict's terms."""

from collections.abc import Mapping
from typing import Any

from tests.chaos.stack import Emulated
from tests.chaos.verdict import Evidence, gathered
from tests.drill.verdict.facts import EventSeen, MailSeen, OrderSeen

FIRST_EPOCH = 1
"""That of items which say none."""


async def orders_of(region: Emulated) -> dict[str, OrderSeen]:
    """Returns every order of the region, by its id."""
    evidence = await gathered(region)
    return {order_id: seen(evidence, order_id) for order_id in evidence.orders}


def seen(evidence: Evidence, order_id: str) -> OrderSeen:
    """Returns the order with its events, waiting ones included, its mails and whether its document is there."""
    order = evidence.orders[order_id]
    published = [event_seen(event) for event in evidence.events.get(order_id, [])]
    waiting = [event_seen(event) for event in order["pending"].values()]
    document = order.get("document") or {}
    return OrderSeen(
        order_id=order_id,
        number=order["orderNumber"],
        status=order["status"],
        product=order["lines"][0]["productId"],
        epoch=int(order.get("epoch", FIRST_EPOCH)),
        sequence=int(order["sequence"]),
        waiting=len(waiting),
        has_document=document.get("status") == "ready" and document["key"] in evidence.documents.get(order_id, []),
        events=tuple(sorted({*published, *waiting})),
        mails=tuple(
            sorted(
                (mail_seen(item) for item in evidence.mails.get(order_id, [])),
                key=lambda mail: (mail.sort_key, mail.template),
            )
        ),
    )


def event_seen(item: Mapping[str, Any]) -> EventSeen:
    """Returns the event of its item, or of its place in an order's map of waiting events."""
    return EventSeen(int(item.get("epoch", FIRST_EPOCH)), int(item["sequence"]), item["type"])


def mail_seen(item: Mapping[str, Any]) -> MailSeen:
    """Returns the mail intent of its item."""
    return MailSeen(item["template"], item["SK"], item["state"], int(item["attempts"]))
