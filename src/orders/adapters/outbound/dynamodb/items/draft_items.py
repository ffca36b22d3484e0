"""Maps drafts to and from attribute values: amounts as text, since they may not fit their currency yet."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import Item
from orders.adapters.outbound.dynamodb.items.part_items import particulars_from_item, particulars_to_item, present
from orders.domain.parts import Address, Customer, Payment
from orders.domain.placing import Draft, DraftLine

_AMOUNTS = ("total", "shipping", "discount")
_LINE_AMOUNTS = ("price", "discount", "tax_rate")
_TEXTS = ("customer_id", "currency", "notification_email", "notification_fault", "campaign_code", "notes", "locale")


def draft_to_item(draft: Draft) -> Item:
    """Converts the draft to attribute values."""
    return present(
        **{name: str(getattr(draft, name)) for name in _AMOUNTS},
        **{name: getattr(draft, name) for name in _TEXTS},
        lines=[_line_to_item(line) for line in draft.lines],
        customer=particulars_to_item(draft.customer),
        billing_address=particulars_to_item(draft.billing_address),
        shipping_address=particulars_to_item(draft.shipping_address),
        payment=particulars_to_item(draft.payment),
        metadata=[[name, value] for name, value in draft.metadata] or None,
    )


def draft_from_item(item: Mapping[str, Any]) -> Draft:
    """Parses the values of ``draft_to_item``."""
    amounts: dict[str, Any] = {name: Decimal(item[name]) for name in _AMOUNTS}
    texts: dict[str, Any] = {name: item.get(name) for name in _TEXTS}
    return Draft(
        **amounts,
        **texts,
        lines=tuple(_line_from_item(line) for line in item["lines"]),
        customer=particulars_from_item(Customer, item.get("customer")),
        billing_address=particulars_from_item(Address, item.get("billing_address")),
        shipping_address=particulars_from_item(Address, item.get("shipping_address")),
        payment=particulars_from_item(Payment, item.get("payment")),
        metadata=tuple((name, value) for name, value in item.get("metadata", ())),
    )


def _line_to_item(line: DraftLine) -> Item:
    plain = {each.name: getattr(line, each.name) for each in fields(line)}
    return present(**plain | {name: str(plain[name]) for name in _LINE_AMOUNTS})


def _line_from_item(item: Mapping[str, Any]) -> DraftLine:
    return DraftLine(**{**item, **{name: Decimal(item[name]) for name in _LINE_AMOUNTS}})
