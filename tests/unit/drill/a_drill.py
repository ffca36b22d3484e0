"""A drill in which all went well, to be spoilt by tests."""

from dataclasses import replace
from typing import Any

from tests.chaos.load import Story
from tests.drill.dns import Answered
from tests.drill.journal import Entry, Operation, Outcome
from tests.drill.verdict.facts import ControlSeen, EventSeen, Facts, MailSeen, OrderSeen, Times, WriteSeen

A, B = "af-south-1", "eu-west-1"
KILLED, TAKEN_OVER, RETURNED, ARRIVED, BACK, FAILED_BACK = 1000.0, 1020.0, 1100.0, 1108.0, 1200.0, 1240.0
TIMES = Times(KILLED, TAKEN_OVER, RETURNED, ARRIVED, BACK, FAILED_BACK)


def event_id(order_id: str, event: EventSeen) -> str:
    return f"{order_id}.{event.epoch}.{event.sequence}"


def entry(operation: Operation, number: int, at: float, region: str = A, **more: Any) -> Entry:
    """An acknowledged request about order ``number``."""
    key = f"key-{number}" if operation in {Operation.CREATE, Operation.ACCEPT} else f"key-{number}-{operation}"
    return replace(
        Entry(operation, key, region, Outcome.ACKNOWLEDGED, at - 0.1, at, f"ord_{number}", f"N{number}", 201), **more
    )


def mail(template: str, sequence: int = 1) -> MailSeen:
    return MailSeen(template, f"{sequence:010d}#{template}#x", "sent", 1)


def an_order(number: int, **more: Any) -> OrderSeen:
    """A placed order, with its document and mails, untouched since."""
    events = (EventSeen(1, 1, "created"), EventSeen(1, 2, "document_ready"))
    mails = (mail("order_confirmation", 2), mail("staff_new_order"))
    return replace(
        OrderSeen(f"ord_{number}", f"N{number}", "pending", f"prod_{number}", 1, 2, events=events, mails=mails), **more
    )


def a_cancelled_order(number: int) -> OrderSeen:
    """An order of A's, cancelled in B after the takeover."""
    placed = an_order(number)
    return replace(
        placed,
        status="cancelled",
        epoch=2,
        sequence=4,
        events=(*placed.events, EventSeen(2, 3, "cancelled"), EventSeen(2, 4, "document_ready")),
        mails=(*placed.mails, mail("order_cancelled", 3), mail("staff_order_cancelled", 3)),
    )


def good_facts() -> Facts:
    """Order 1 placed in A, order 2 placed in A and cancelled in B, order 3 placed in B."""
    orders = {order.order_id: order for order in (an_order(1), a_cancelled_order(2), an_order(3))}
    return Facts(
        primary=A,
        secondary=B,
        times=TIMES,
        entries=(
            entry(Operation.CREATE, 1, 900.0),
            entry(Operation.CREATE, 2, 990.0),
            entry(Operation.CREATE, 3, KILLED + 5, region=A, outcome=Outcome.UNKNOWN, order_id=None, status=None),
            entry(Operation.CANCEL, 2, TAKEN_OVER + 40, region=B),
            entry(Operation.CREATE, 3, TAKEN_OVER + 45, region=B),
        ),
        stories={"key-1": Story.PLACED, "key-2": Story.CANCELLED, "key-3": Story.PLACED},
        orders={A: orders, B: dict(orders)},
        survived={"ord_1": an_order(1), "ord_2": an_order(2)},
        control=(
            ControlSeen(0.0, 1, A),
            ControlSeen(TAKEN_OVER, 2, B, frozenset({A})),
            ControlSeen(BACK, 2, B, frozenset({A, B})),
            ControlSeen(FAILED_BACK, 3, A),
        ),
        writes=(
            WriteSeen(900.0, A, "PutItem", "api"),
            WriteSeen(TAKEN_OVER + 40, B, "UpdateItem", "api"),
            WriteSeen(FAILED_BACK + 36, A, "PutItem", "api"),
        ),
        answers=(Answered(0.0, A), Answered(KILLED + 6, B), Answered(FAILED_BACK + 8, A)),
        mails={(order.number, each.template, "x@y"): 1 for order in orders.values() for each in order.mails},
        published={event_id(order.order_id, each): 1 for order in orders.values() for each in order.events},
    )


def with_order(facts: Facts, order: OrderSeen | None, order_id: str = "") -> Facts:
    """The same with another order in both regions; ``None`` removes the one with this id."""
    changed = {region: dict(orders) for region, orders in facts.orders.items()}
    for orders in changed.values():
        if order is None:
            del orders[order_id]
        else:
            orders[order.order_id] = order
    return replace(facts, orders=changed)
