"""Places a shop's order so that a lost answer can't place it twice: ``python checkout.py cart.json``.

``ORDERS_URL`` and ``ORDERS_TOKEN`` say where and as whom. A cart is ``{"cart_id": ..., "customer_id": ..., "currency":
..., "items": [{"product_id": ..., "quantity": ..., "price": ...}]}``. Run again, it prints the same order.
"""

import os
import sys
import time
from decimal import Decimal
from pathlib import Path

import httpx
import msgspec

PAUSES = (0.5, 1.0, 2.0, 4.0)  # seconds before each further attempt, where the service asks for no others
TRY_AGAIN = frozenset({408, 429, 500, 503})  # any other refusal would be the same again
encode = msgspec.json.Encoder(decimal_format="number").encode  # exact: a price never becomes a binary float


class Item(msgspec.Struct):
    product_id: str
    quantity: int
    price: Decimal


class Cart(msgspec.Struct):
    cart_id: str
    customer_id: str
    currency: str
    items: list[Item]


class Order(msgspec.Struct):
    order_number: str
    status: str
    total: Decimal


class Problem(msgspec.Struct):
    """Why the service refused: programs go by ``type`` and the ``code`` of each error, people read the rest."""

    type: str
    detail: str
    errors: list[dict[str, str]] = []  # msgspec copies it for each


def place(client: httpx.Client, cart: Cart, pauses: tuple[float, ...] = PAUSES) -> Order | Problem:
    """Places a cart once, however often it is tried. Raises: httpx.TransportError if no answer ever came."""
    total = sum((item.price * item.quantity for item in cart.items), Decimal(0))
    fields = {"customer_id": cart.customer_id, "currency": cart.currency, "items": cart.items, "total": total}
    # The key is the cart's, not the attempt's: asked again, the service answers with the order that it has.
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"checkout-{cart.cart_id}"}
    try:
        answer = client.post("/v1.0/orders", content=encode(fields), headers=headers)
    except httpx.TransportError:
        if not pauses:
            raise
        pause = pauses[0]  # whether it was placed nobody knows here: the next attempt finds out
    else:
        if answer.status_code == 201:
            return msgspec.json.decode(answer.content, type=Order)
        if not pauses or answer.status_code not in TRY_AGAIN:
            return msgspec.json.decode(answer.content, type=Problem)
        pause = float(answer.headers.get("Retry-After", pauses[0]))
    time.sleep(pause)
    return place(client, cart, pauses[1:])


if __name__ == "__main__":
    authorization = {"Authorization": f"Bearer {os.environ['ORDERS_TOKEN']}"}
    with httpx.Client(base_url=os.environ["ORDERS_URL"], headers=authorization, timeout=35) as service:
        placed = place(service, msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Cart))
    if isinstance(placed, Problem):
        faults = [f"{each['pointer']}: {each['message']}" for each in placed.errors]
        sys.exit("\n".join([placed.detail, *faults]))
    print(placed.order_number, placed.status, placed.total)
