"""The sample orders as data: `orders.yaml`, read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from orders.domain.identity import derived_order_id
from orders.ports.mail import FeedbackKind

DEAD_LETTERS_PRINCIPAL = "seed"
"""In whose name the order of the dead letter would have been placed."""


class Action(StrEnum):
    """A step in a sample order's life, by its name in the file."""

    PROCESS = "process"
    REJECT = "reject"
    CANCEL = "cancel"
    CANCEL_AS_CUSTOMER = "cancel_as_customer"
    FULFIL = "fulfil"
    DELIVER = "deliver"
    COMPLETE = "complete"
    UPDATE = "update"
    DELETE = "delete"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Step:
    """A change of an order, which is one event; ``given`` is a reason, a parcel or a body, as the action needs."""

    action: Action
    given: Any = None


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """An order of a shop, and what happens to it.

    Attributes:
        key: its name in the file, from which its idempotency key is made.
        body: the request that its customer places it with.
        feedback: what comes back of its confirmation.
        after: the key of the order whose feedback comes before this one is placed.
    """

    key: str
    shop: str
    customer_id: str
    body: Mapping[str, Any]
    steps: tuple[Step, ...] = ()
    feedback: FeedbackKind | None = None
    after: str | None = None

    @property
    def idempotency_key(self) -> str:
        """The key that it is placed with, by which a second attempt places nothing."""
        return f"seed-{self.key}"

    @property
    def order_id(self) -> str:
        """Its id: the same on every machine, for it derives from shop, customer and key."""
        return derived_order_id(tenant_id=self.shop, principal=self.customer_id, key=self.idempotency_key)

    @property
    def email(self) -> str:
        """Its customer's address, which leads nowhere."""
        return f"{self.customer_id}@customers.example"


@dataclass(frozen=True, slots=True)
class Samples:
    """All sample orders, and the one that was never placed, about which there is a dead letter."""

    orders: tuple[SampleOrder, ...]
    lost_shop: str
    lost_order_id: str

    @property
    def shops(self) -> tuple[str, ...]:
        """The shops in the order of their first order."""
        return tuple(dict.fromkeys(order.shop for order in self.orders))


_FEEDBACK = {"bounce": FeedbackKind.BOUNCED, "complaint": FeedbackKind.COMPLAINED}
_OF_BODY = ("items", "total", "shipping", "discount", "currency")


@cache
def packaged_samples() -> Samples:
    """Returns the packaged sample orders."""
    text = files(__package__).joinpath("orders.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    lost = content["dead_letter"]
    return Samples(
        orders=tuple(_order(entry, content["customers"]) for entry in content["orders"]),
        lost_shop=lost["shop"],
        lost_order_id=derived_order_id(
            tenant_id=lost["shop"], principal=DEAD_LETTERS_PRINCIPAL, key=f"seed-{lost['key']}"
        ),
    )


def _order(entry: Mapping[str, Any], customers: Mapping[str, Mapping[str, Any]]) -> SampleOrder:
    customer = customers[entry["shop"]][entry["customer"]]
    address = {"name": customer["name"], **customer["address"]}
    body = {name: entry[name] for name in _OF_BODY if name in entry}
    return SampleOrder(
        key=entry["key"],
        shop=entry["shop"],
        customer_id=customer["customer_id"],
        body=body
        | {
            "customer_id": customer["customer_id"],
            "customer": {"name": customer["name"]},
            "billing_address": address,
            "shipping_address": address,
            "locale": customer["locale"],
        },
        steps=_steps(entry.get("steps", ())),
        feedback=_FEEDBACK[entry["mail"]] if "mail" in entry else None,
        after=entry.get("after"),
    )


def _steps(entries: Sequence[Any]) -> tuple[Step, ...]:
    """Reads steps: a word, or a word with what is given with it."""
    pairs = [(each, None) if isinstance(each, str) else next(iter(each.items())) for each in entries]
    return tuple(Step(Action(name), given) for name, given in pairs)
