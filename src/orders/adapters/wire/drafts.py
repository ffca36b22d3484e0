"""Converts a create's body to a draft of the order, or reports its faults.

A body without faults is read by its model alone. For a body with faults pydantic returns no values, not even valid
ones: only then are the amounts read again, so that the sender gets every fault at once.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orders.adapters.wire.parsing import InvalidBody, validate
from orders.adapters.wire.requests import CreateOrderBody
from orders.domain.placing import MAX_LINES, Draft, ReadAmounts, ReadLine

_ZERO = Decimal(0)


class InvalidDraft(InvalidBody):
    """A body is JSON but not a valid order.

    Attributes:
        amounts: its readable amounts, so that their faults are reported as well; none if the currency is invalid.
    """

    def __init__(self, error: InvalidBody, body: Mapping[str, Any]) -> None:
        super().__init__(error.faults, error.found)
        currency = body.get("currency")
        known = any(fault.path == ("currency",) for fault in error.faults)
        self.amounts = read_amounts(body if isinstance(currency, str | None) and not known else {})


def read_draft(body: Mapping[str, Any]) -> Draft:
    """Converts a create's body to a draft. Raises: InvalidDraft, with every fault but those of amounts."""
    try:
        return validate(CreateOrderBody, body).to_draft()
    except InvalidBody as error:
        raise InvalidDraft(error, body) from None


def read_amounts(body: Mapping[str, Any]) -> ReadAmounts:
    """Reads an order's amounts and quantities as far as they are readable; missing ones get their default."""
    items = body.get("items")
    return ReadAmounts(
        lines=tuple(map(_line, items[: MAX_LINES + 1])) if isinstance(items, list) else (),
        currency=body.get("currency"),
        total=_number(body.get("total")),
        shipping=_number(body.get("shipping", _ZERO)),
        discount=_number(body.get("discount", _ZERO)),
    )


def _line(item: Any) -> ReadLine:
    if not isinstance(item, dict):
        return ReadLine()
    quantity = item.get("quantity")
    return ReadLine(
        quantity=quantity if isinstance(quantity, int) and not isinstance(quantity, bool) else None,
        price=_number(item.get("price")),
        discount=_number(item.get("discount", _ZERO)),
        tax_rate=_number(item.get("tax_rate", _ZERO)),
    )


def _number(value: Any) -> Decimal | None:
    """Returns the value as a decimal, if it is a number of acceptable size; else ``None``."""
    if isinstance(value, Decimal):
        return value
    small = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30
    return Decimal(value) if small else None
