"""What is wrong with the amounts of a body that has other faults too, so that callers hear of everything at once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from orders.domain.errors import Fault, InvalidOrder
from orders.domain.placing import MAX_LINES, MAX_QUANTITY, Draft, DraftLine, amount_faults, priced
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import MAX_UNIT_PRICE_MINOR
from orders.domain.pricing.price_rules import PriceRules

_ZERO = Decimal(0)
_ANY_PRODUCT = ""


def faults_of_amounts(
    body: Mapping[str, Any],
    known: Collection[str],
    currency: Any,
    rules: PriceRules | None = None,
    *,
    existing: bool = False,
) -> list[Fault]:
    """The faults that the currency and the reckoning find.

    Where all amounts and quantities can be read the order is reckoned as a whole, its total included; else each amount
    is looked at by itself.

    Args:
        known: JSON pointers at which faults have been found.
        currency: the order's, as the order, the body or the shop has it; nothing is judged by one that is no text.
        rules: what the caller may say of what things cost; ``None`` for anything.
        existing: whether it is of an order that is there, whose currency may have been withdrawn since.
    """
    if not isinstance(currency, str):
        return []
    draft, in_currency = _draft(body, currency), Currency.of(currency) if existing else None
    if draft is None:
        return _one_by_one(body, known, currency, in_currency)
    try:
        # What is free is not looked at: the catalogue has the last word on that, and isn't asked about such a body.
        free = rules and replace(rules, free_products=frozenset({_ANY_PRODUCT}))
        priced(draft, rules=free, in_currency=in_currency)
    except InvalidOrder as error:
        return [fault for fault in error.faults if fault.pointer not in known]
    return []


def _draft(body: Mapping[str, Any], currency: str) -> Draft | None:
    """An order of these amounts and nothing else; ``None`` where one of them, or a quantity, can't be read."""
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_LINES:
        return None
    lines = [_line(item) for item in items]
    total, shipping, discount = (_number(body.get(name, default)) for name, default in _OF_THE_WHOLE)
    if total is None or shipping is None or discount is None or None in lines:
        return None
    return Draft("", tuple(line for line in lines if line is not None), total, currency, shipping, discount)


_OF_THE_WHOLE: tuple[tuple[str, Decimal | None], ...] = (("total", None), ("shipping", _ZERO), ("discount", _ZERO))


def _line(item: Any) -> DraftLine | None:
    if not isinstance(item, dict):
        return None
    quantity = item.get("quantity")
    if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= MAX_QUANTITY:
        return None
    price, discount, rate = (
        _number(item.get("price")),
        _number(item.get("discount", _ZERO)),
        _number(item.get("tax_rate", _ZERO)),
    )
    if price is None or discount is None or rate is None:
        return None
    return DraftLine(_ANY_PRODUCT, quantity, price, discount, rate)


def _number(value: Any) -> Decimal | None:
    """The number, if it is one that a currency may be asked about."""
    if isinstance(value, Decimal):
        return value
    small = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30
    return Decimal(value) if small else None


def _one_by_one(
    body: Mapping[str, Any], known: Collection[str], currency: str, in_currency: Currency | None
) -> list[Fault]:
    amounts: list[tuple[str, Any, int | None]] = [(f"/{name}", body.get(name), None) for name, _ in _OF_THE_WHOLE]
    rates: list[tuple[str, Any]] = []
    items = body.get("items")
    for index, item in enumerate(items[:MAX_LINES] if isinstance(items, list) else []):
        if isinstance(item, dict):
            amounts.append((f"/items/{index}/price", item.get("price"), MAX_UNIT_PRICE_MINOR))
            amounts.append((f"/items/{index}/discount", item.get("discount"), None))
            rates.append((f"/items/{index}/tax_rate", item.get("tax_rate")))
    return amount_faults(
        currency,
        [
            (pointer, number, most)
            for pointer, value, most in amounts
            if pointer not in known and (number := _number(value)) is not None
        ],
        [
            (pointer, number)
            for pointer, value in rates
            if pointer not in known and (number := _number(value)) is not None
        ],
        in_currency=in_currency,
    )
