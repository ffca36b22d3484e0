"""Reads what names an order on the command line: its id or its number, as either is pasted."""

from orders.adapters.inbound.cli.runtime import CommandError
from orders.domain.errors import InvalidIdentifier, InvalidOrderNumber
from orders.domain.identity import parse_order_number, read_order_id


def named_order(order: str | None) -> tuple[str | None, str | None]:
    """Returns the order's id, or else its number; neither if no order is named. Raises: CommandError."""
    if order is None:
        return None, None
    try:
        return None, parse_order_number(order)
    except InvalidOrderNumber as error:
        if error.mistyped:
            raise CommandError(f"--order: {error}") from error
    try:
        return read_order_id(order), None
    except InvalidIdentifier as error:
        raise CommandError("--order is an order's id (ord_ and 26 letters and digits) or its number") from error
