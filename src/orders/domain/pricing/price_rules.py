"""Checks prices, discounts, tax rates and shipping that a customer gives against the shop's rules ([SEC-10])."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from orders.domain.errors import Fault, Path
from orders.domain.lifecycle import SHOP, Role
from orders.domain.parts import Line
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import Offer

MAX_NAMED = 10
"""The most listed rates or amounts that a fault's message names."""


@dataclass(frozen=True, slots=True)
class PriceRules:
    """A shop's rules for prices, taxes and shipping in its customers' orders.

    Attributes:
        as_ordered: whether the shop takes prices as they are ordered where no product service checks them.
        tax_rates: the allowed rates; ``None`` where the shop lists none, and any is taken.
        shipping_amounts: the allowed amounts, in every currency that the shop ships for; ``None`` where it lists none.
        free_products: product ids that may have the price 0 where no product service gives their price.
    """

    as_ordered: bool = False
    tax_rates: frozenset[Decimal] | None = None
    shipping_amounts: frozenset[Money] | None = None
    free_products: frozenset[str] = frozenset()


STRICTEST = PriceRules()
"""The rules of a shop that configured none: it lists no rates and amounts, and gives nothing away."""


def rules_for(roles: Collection[Role], rules: PriceRules) -> PriceRules | None:
    """Returns the rules if they bind a caller of these roles; ``None`` for one who acts for the shop."""
    return None if SHOP & frozenset(roles) else rules


def order_faults(
    discount: Money, shipping: Money, rules: PriceRules, lines: Sequence[Line], before: Sequence[Line] = ()
) -> list[Fault]:
    """Finds the faults of amounts that belong to the order as a whole: discount and shipping.

    Args:
        before: the lines of the existing order. Its amounts were agreed on for those as a whole, and stay allowed as
            long as exactly those lines come back unchanged.
    """
    known = {line.line_id: line for line in before}
    if known and len(lines) == len(known) and all(line.comes_back_as(known.get(line.line_id)) for line in lines):
        return []
    faults = []
    if discount.minor:
        code = discount.currency.code
        kept = f"the shop gave {discount} {code} off the items as they are: {_AS_THEY_ARE}" if known else None
        faults.append(_given_by_the_shop(("discount",), kept))
    listed = rules.shipping_amounts
    if listed is not None and shipping not in listed:
        message = _shipping_message(shipping, listed) + (f": {_AS_THEY_ARE}" if known else "")
        faults.append(Fault(("shipping",), "shipping_not_listed", message))
    return faults


def line_faults(
    lines: Sequence[Line], rules: PriceRules, offers: Mapping[str, Offer] | None, before: Sequence[Line] = ()
) -> list[Fault]:
    """Finds the faults of lines against the rules, each under the path of the request's field.

    Args:
        offers: the product service's offers; ``None`` where it wasn't asked or didn't answer. Where it did, its answer
            decides about prices (``offer_faults``), a price of 0 included.
        before: the lines of the existing order. Their amounts were accepted for just that product, quantity and
            price: a line may come back unchanged, and is held to the rules otherwise.
    """
    known = {line.line_id: line for line in before}
    faults: list[Fault] = []
    for index, line in enumerate(lines):
        at, was = ("items", index), known.get(line.line_id)
        if line.comes_back_as(was):
            continue
        if line.discount.minor:
            faults.append(_given_by_the_shop((*at, "discount"), _discount_message(was)))
        listed = rules.tax_rates
        if listed is not None and line.tax_rate not in listed:
            message = _rate_message(line.tax_rate, listed) + _instead(
                was_so=was is not None and was.tax_rate == line.tax_rate
            )
            faults.append(Fault((*at, "tax_rate"), "tax_rate_not_listed", message))
        if offers is None and not line.price.minor and line.product_id not in rules.free_products:
            message = f"{line.product_id} is not free: nobody but the shop can say so; give its price"
            message += _instead(was_so=was is not None and not was.price.minor)
            faults.append(Fault((*at, "price"), "zero_price", message))
    return faults


_AS_THEY_ARE = "leave the items as they are, or ask the shop"
_AS_IT_IS = "leave the line as it is, or ask the shop"


def _given_by_the_shop(path: Path, kept: str | None) -> Fault:
    message = "a customer can't give a discount: it comes from the shop or a campaign; leave it out"
    return Fault(path, "discount_not_allowed", kept or message)


def _discount_message(was: Line | None) -> str | None:
    if was is None or not was.discount.minor:
        return None
    given = f"{was.discount} {was.discount.currency.code}"
    return f"the shop gave {given} off {was.quantity} of {was.product_id} at {was.price}; leave it out" + _instead(
        was_so=True
    )


def _instead(*, was_so: bool) -> str:
    """Adds to a message that the line may stay unchanged, if it was so before."""
    return f"; else {_AS_IT_IS}" if was_so else ""


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
