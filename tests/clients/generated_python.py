"""A shop's program over the generated Python client: ``ORDERS_URL``, ``ORDERS_TOKEN`` and ``STAFF_TOKEN`` say where.

Prints what it has seen as JSON, for its test. It is run in the environment of the generator, which has what the client
needs, and mypy reads it against the generated types.
"""

import json
import os
import sys

from bbws_orders_client import AuthenticatedClient
from bbws_orders_client.api.life_cycle import cancel_order
from bbws_orders_client.api.orders import create_order, get_order, list_orders, patch_order
from bbws_orders_client.models import CancelBody, CreateOrderBody, ItemBody, Order, OrderPatch, Problem
from bbws_orders_client.types import UNSET, Unset

client = AuthenticatedClient(base_url=os.environ["ORDERS_URL"], token=os.environ["ORDERS_TOKEN"])
staff = AuthenticatedClient(base_url=os.environ["ORDERS_URL"], token=os.environ["STAFF_TOKEN"])


class Refused(Exception):
    """The service refused a request. ``problem.type_`` says why, for programs."""

    def __init__(self, problem: Problem | None) -> None:
        super().__init__(problem.detail if problem else "an answer that is not in the document")
        self.problem = problem


def place(product: str, quantity: int, price: float, total: float, key: str) -> Order:
    body = CreateOrderBody(
        customer_id="cust_test_001",
        items=[ItemBody(product_id=product, quantity=quantity, price=price)],
        total=total,
    )
    placed = create_order.sync(client=client, body=body, idempotency_key=key)
    if not isinstance(placed, Order):
        raise Refused(placed if isinstance(placed, Problem) else None)
    return placed


def all_ids() -> list[str]:
    found: list[str] = []
    cursor: str | Unset = UNSET
    while True:
        page = list_orders.sync(client=client, limit=2, cursor=cursor)
        if page is None or isinstance(page, Problem):
            raise Refused(page)
        found += [order.order_id for order in page.items]
        if page.next_cursor is None:
            return found
        cursor = page.next_cursor


def main() -> None:
    placed = [place("prod_001", 2, 29.99, 59.98, f"python-{each}") for each in range(5)]
    first = placed[0]
    again = place("prod_001", 2, 29.99, 59.98, "python-0")
    read = get_order.sync_detailed(first.order_id, client=client)
    assert isinstance(read.parsed, Order)
    unchanged = get_order.sync_detailed(first.order_id, client=client, if_none_match=read.headers["etag"])
    changed = patch_order.sync(first.order_id, client=client, body=OrderPatch(notes="Ring once."))
    assert isinstance(changed, Order)
    cancelled = cancel_order.sync(first.order_id, client=staff, body=CancelBody(reason="out_of_stock"))
    assert isinstance(cancelled, Order)
    late = patch_order.sync(first.order_id, client=client, body=OrderPatch(notes="Too late."))
    assert isinstance(late, Problem)
    try:
        place("prod_001", 2, 29.99, 60.0, "python-wrong")
        wrong = None
    except Refused as refused:
        wrong = refused.problem
    missing = get_order.sync(f"ord_{'0' * 26}", client=client)
    seen = {
        "placed": [order.order_id for order in placed],
        "again": again.order_id,
        "total": read.parsed.total,
        "unchanged": unchanged.status_code,
        "changed": [changed.version, changed.notes],
        "cancelled": cancelled.status,
        "late": [late.status, late.type_.rpartition("/")[2], late.allowed_actions or []],
        "wrong": [[fault.pointer, fault.code] for fault in (wrong.errors if wrong else None) or []],
        "missing": missing.status if isinstance(missing, Problem) else None,
        "listed": all_ids(),
    }
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
