"""From the object in a create's body to a draft of the order, or to everything that is wrong with it.

A body without faults is read by its model alone. Of one with faults pydantic hands nothing on, not even what was right:
only there the amounts are read again, so that its sender hears of everything at once.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orders.adapters.wire.parsing import InvalidBody, validate
from orders.adapters.wire.requests import CreateOrderBody
from orders.domain.placing import MAX_LINES, Draft, ReadAmounts, ReadLine

_ZERO = Decimal(0)


class InvalidDraft(InvalidBody):
    """A body is JSON but no order that could be placed.

    Attributes:
        amounts: what could be read of it, for their faults to be told as well; none without a currency to judge by.
    """

    def __init__(self, error: InvalidBody, body: Mapping[str, Any]) -> None:
        super().__init__(error.faults, error.found)
        currency = body.get("currency")
        known = any(fault.path == ("currency",) for fault in error.faults)
        self.amounts = read_amounts(body if isinstance(currency, str | None) and not known else {})


def read_draft(body: Mapping[str, Any]) -> Draft:
    """The order that a create asks for. Raises: InvalidDraft, with every fault but those of amounts."""
    try:
        return validate(CreateOrderBody, body).to_draft()
    except InvalidBody as error:
        raise InvalidDraft(error, body) from None


def read_amounts(body: Mapping[str, Any]) -> ReadAmounts:
    """Reads what can be read of an order's amounts and quantities; what is left out counts as its default."""
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
    """The number, if it is one that a currency may be asked about."""
    if isinstance(value, Decimal):
        return value
    small = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30
    return Decimal(value) if small else None
