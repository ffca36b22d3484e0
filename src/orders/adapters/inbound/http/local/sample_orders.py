"""Places sample orders, as a customer of a shop on this machine would."""

from itertools import count
from typing import Any

from orders.adapters.wire.drafts import read_draft
from orders.application.orders.place_order import PlaceOrder
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Role
from orders.domain.order import Order

CUSTOMER = "cust_test_001"

_ADDRESS = {
    "name": "Lerato Sample",
    "line1": "1 Sample Street",
    "city": "Cape Town",
    "postal_code": "8001",
    "country": "ZA",
}
# Whole amounts, which every currency has, and no discount, which only shops give.
_BASKETS: tuple[tuple[dict[str, Any], ...], ...] = (
    (
        {"product_id": "prod_beans", "name": "Coffee beans, 1 kg", "sku": "BEANS-1000", "quantity": 2, "price": 180},
        {"product_id": "prod_kettle", "name": "Gooseneck kettle", "sku": "KETTLE-07", "quantity": 1, "price": 1450},
    ),
    ({"product_id": "prod_filters", "name": "Paper filters, 100 pieces", "quantity": 3, "price": 40},),
    (
        {"product_id": "prod_mug", "name": "Enamel mug, 350 ml", "sku": "MUG-350", "quantity": 6, "price": 95},
        {"product_id": "prod_grinder", "name": "Hand grinder", "sku": "GRIND-2", "quantity": 1, "price": 890},
        {"product_id": "prod_beans", "name": "Coffee beans, 250 g", "sku": "BEANS-250", "quantity": 4, "price": 55},
    ),
)


class SampleOrders:
    """Places one sample order after the other; they differ in what is bought."""

    def __init__(self, place_order: PlaceOrder) -> None:
        self._place_order = place_order
        self._numbers = count()

    async def place(self, tenant_id: str) -> Order:
        """Places the next one with a shop, in its currency. Raises: as ``PlaceOrder.execute``."""
        address = f"{CUSTOMER}@customers.example"
        caller = Caller(tenant_id, CUSTOMER, frozenset({Role.CUSTOMER}), customer_id=CUSTOMER, email=address)
        return await self._place_order.execute(caller, read_draft(sample_body(next(self._numbers))))


def sample_body(number: int) -> dict[str, Any]:
    """Makes the body of a sample order; they repeat after a while."""
    items = _BASKETS[number % len(_BASKETS)]
    return {
        "customer_id": CUSTOMER,
        "items": list(items),
        "total": sum(item["price"] * item["quantity"] for item in items),
        "customer": {"name": "Lerato Sample", "email": "lerato@sample.example"},
        "shipping_address": _ADDRESS,
        "notes": "A sample order. Please ring twice.",
    }
