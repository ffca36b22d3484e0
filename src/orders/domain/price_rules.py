"""Who may say what things cost ([SEC-10]): what an order may say of it when no one but a customer stands behind it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.domain.consulting import Offer, to_be_checked
from orders.domain.errors import Fault
from orders.domain.lifecycle import SHOP, Role
from orders.domain.money import Money
from orders.domain.parts import Line

MAX_NAMED = 10
"""Rates and amounts that are repeated to whoever named another."""


@dataclass(frozen=True, slots=True)
class PriceRules:
    """What a shop says of prices, taxes and shipping in its customers' orders.

    Attributes:
        as_ordered: the shop takes prices as they are ordered where no product service checks them.
        tax_rates: those that there are; ``None`` where the shop lists none, and any is taken.
        shipping_amounts: the same for what shipping costs, in every currency that the shop ships for.
        free_products: product ids that may have the price 0 where no product service says what they cost.
    """

    as_ordered: bool = False
    tax_rates: frozenset[Decimal] | None = None
    shipping_amounts: frozenset[Money] | None = None
    free_products: frozenset[str] = frozenset()


STRICTEST = PriceRules()
"""The rules of a shop that says nothing: it lists no rates and amounts, and gives nothing away."""


def rules_for(roles: Collection[Role], rules: PriceRules) -> PriceRules | None:
    """The rules, where they bind a caller of these roles; ``None`` for whoever acts for the shop."""
    return None if SHOP & frozenset(roles) else rules


def order_faults(discount: Money, shipping: Money, rules: PriceRules) -> list[Fault]:
    """What is wrong with a new order's amounts that belong to none of its lines."""
    faults = []
    if discount.minor:
        faults.append(_given_by_the_shop("/discount"))
    listed = rules.shipping_amounts
    if listed is not None and shipping not in listed:
        faults.append(Fault("/shipping", "shipping_not_listed", _shipping_message(shipping, listed)))
    return faults


def line_faults(
    lines: Sequence[Line], rules: PriceRules, offers: Mapping[str, Offer] | None, before: Sequence[Line] = ()
) -> list[Fault]:
    """What is wrong with the lines, each fault under the JSON pointer of the request's field.

    Args:
        offers: what the product service says; ``None`` where it wasn't asked or didn't answer. Where it did, it is its
            word that decides about prices (``offer_faults``), that of 0 among them.
        before: the lines that the order has so far. What they say came from somebody who may say it, and may come
            back as it was.
    """
    known = {line.line_id: line for line in before}
    faults: list[Fault] = []
    for index, line in enumerate(lines):
        at, was = f"/items/{index}", known.get(line.line_id)
        same = was if was is not None and was.product_id == line.product_id else None
        if line.discount.minor and (same is None or line.discount != same.discount):
            faults.append(_given_by_the_shop(f"{at}/discount"))
        listed = rules.tax_rates
        if listed is not None and line.tax_rate not in listed and (same is None or line.tax_rate != same.tax_rate):
            faults.append(Fault(f"{at}/tax_rate", "tax_rate_not_listed", _rate_message(line.tax_rate, listed)))
        gift = offers is None and not line.price.minor and line.product_id not in rules.free_products
        if gift and to_be_checked(line, was):
            message = f"{line.product_id} is not free: nobody but the shop can say so; give its price"
            faults.append(Fault(f"{at}/price", "zero_price", message))
    return faults


def _given_by_the_shop(pointer: str) -> Fault:
    message = "a customer can't give a discount: it comes from the shop or a campaign; leave it out"
    return Fault(pointer, "discount_not_allowed", message)


def _rate_message(rate: Decimal, listed: frozenset[Decimal]) -> str:
    there_are = _some([f"{each:f}" for each in sorted(listed)])
    return f"{rate:f} is none of the shop's tax rates, which are {there_are}"


def _shipping_message(shipping: Money, listed: frozenset[Money]) -> str:
    code = shipping.currency.code
    same = sorted(each.minor for each in listed if each.currency == shipping.currency)
    if same:
        there_are = _some([str(Money(minor, shipping.currency)) for minor in same])
        return f"{shipping} {code} is none of the shop's shipping amounts, which are {there_are}"
    return f"the shop does not ship for {code}; it does for {_some(sorted({each.currency.code for each in listed}))}"


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:MAX_NAMED]) + (", …" if len(values) > MAX_NAMED else "")
