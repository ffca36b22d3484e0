"""Removes card numbers from refused messages before they are stored, also in a dead-letter queue ([SEC-3])."""

from decimal import Decimal
from typing import Any

from orders.adapters.wire import json_body
from orders.domain.cards import holds_card_number, without_card_numbers

REPLACEMENT = "(card number)"
_TOKEN = ("order", "payment", "token")
"""The path of the gateway's token, which may look like a card number and is none."""


def without_cards(body: str) -> str:
    """Replaces every card number in the message's values and names by ``REPLACEMENT``; the rest stays as it came."""
    try:
        content = json_body.decode(body.encode())
    except json_body.MalformedJson:
        return without_card_numbers(body, REPLACEMENT)
    cleared = _cleared(content, ())
    return body if cleared == content else json_body.encode(cleared).decode()


def _cleared(value: Any, place: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {without_card_numbers(name, REPLACEMENT): _cleared(each, (*place, name)) for name, each in value.items()}
    if isinstance(value, list):
        return [_cleared(each, place) for each in value]
    if isinstance(value, str):
        return value if place == _TOKEN else without_card_numbers(value, REPLACEMENT)
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return REPLACEMENT if is_number and holds_card_number(str(value)) else value
