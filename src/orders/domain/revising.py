"""Updates an order: which fields may change when, and the consequences."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from itertools import count
from typing import Any

from orders.domain.canonical import visible
from orders.domain.errors import Fault, InvalidOrder
from orders.domain.event_facts import campaign_facts, line_quantities
from orders.domain.events import EventType, JsonValue, Stamp
from orders.domain.lifecycle import Action, Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import Address, Line
from orders.domain.placing import Draft, DraftLine, basket_of
from orders.domain.pricing.basket import Basket
from orders.domain.pricing.offer_checks import UNASKED, Answers
from orders.domain.pricing.price_rules import STRICTEST, PriceRules, rules_for

LINES_OPEN_IN = frozenset({Status.PENDING})
"""Once an order is being worked on, its lines stay as they are."""

_FIELDS = ("billing_address", "shipping_address", "notes", "metadata")

PRINTED = frozenset({"items", "billing_address", "shipping_address", "notes"})
"""Fields whose change makes another version of the document."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The new values of all editable fields; omitted ones are cleared.

    Attributes:
        lines: ``line_id`` identifies an existing line; a line without one is new.
        total: the order's new total; required when lines change.
    """

    lines: tuple[DraftLine, ...]
    total: Decimal | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    notes: str | None = field(default=None, repr=False)
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)


def revision_of(order: Order) -> Revision:
    """Returns the revision that would change nothing."""
    return Revision(
        lines=tuple(_as_draft(line) for line in order.lines),
        total=order.totals.total.to_decimal(),
        billing_address=order.billing_address,
        shipping_address=order.shipping_address,
        notes=order.notes,
        metadata=order.metadata,
    )


def changes_nothing(order: Order, revision: Revision) -> bool:
    """Returns whether the order already matches the revision."""
    return (
        not _lines_differ(order, revision.lines)
        and revision.total in {None, order.totals.total.to_decimal()}
        and not any(_differs(order, revision, name) for name in _FIELDS)
    )


def revised_basket(
    order: Order, revision: Revision, roles: Collection[Role], rules: PriceRules = STRICTEST
) -> Basket | None:
    """Returns the order's new lines and amounts; ``None`` if they stay as they are.

    Args:
        rules: the shop's, for callers who don't act for it.

    Raises: as ``revise``, except for faults of the total and of other services' answers.
    """
    order.guard(Action.UPDATE, roles)
    return _basket(order, revision, rules_for(roles, rules)) if _lines_differ(order, revision.lines) else None


def revise(
    order: Order,
    revision: Revision,
    stamp: Stamp,
    roles: Collection[Role],
    answers: Answers = UNASKED,
    rules: PriceRules = STRICTEST,
) -> Change:
    """Replaces the order's fields by the revision's; does nothing if they are equal.

    Args:
        answers: other services' answers on the revised basket; a campaign's discount is the one given there.
        rules: the shop's, for callers who don't act for it.

    Raises:
        InvalidOrder: with every fault, each under the path of the request's field.
        IllegalTransition, ActionForbidden: the order may not be updated, or not by this caller.
    """
    basket = revised_basket(order, revision, roles, rules)
    revised, changed = order, []
    if basket is not None:
        totals = basket.settled(answers)
        revised = replace(
            order,
            lines=basket.lines,
            lines_ever=order.lines_ever + _new_lines(revision),
            totals=totals,
            campaign_discount=answers.campaign_discount,
            prices_unchecked=basket.prices_unchecked(answers, so_far=order.prices_unchecked),
        )
        changed.append("items")
    elif revision.total is not None and revision.total != order.totals.total.to_decimal():
        message = f"the items are unchanged and come to {order.totals.total} {order.currency}"
        raise InvalidOrder([Fault(("total",), "total_mismatch", message)])
    for name in _FIELDS:
        if _differs(order, revision, name):
            revised = replace(revised, **{name: getattr(revision, name)})
            changed.append(name)
    if not changed:
        return Change(order)
    printed = bool(PRINTED.intersection(changed))
    if printed:
        revised = replace(revised, printed_version=order.version + 1)
    data: dict[str, JsonValue] = {"printed": printed}
    if "items" in changed:
        data |= {
            "total": str(revised.totals.total),
            "currency": revised.currency,
            "lines": line_quantities(revised.lines),
            "previous_lines": line_quantities(order.lines),
        }
        # Given before and no longer: published as well, so that consumers who count uses learn of it.
        before = campaign_facts(order)
        data |= campaign_facts(revised) or (before and before | {"campaign_discount": None})
    return revised.changed(EventType.UPDATED, stamp, data, fields=tuple(f"/{name}" for name in changed))


def _lines_differ(order: Order, lines: Sequence[DraftLine]) -> bool:
    known = {line.line_id: _as_draft(line) for line in order.lines}
    same = [line.line_id in known and _equal(known[line.line_id or ""], line) for line in lines]
    return not (all(same) and [line.line_id for line in lines] == list(known))


def _equal(one: DraftLine, other: DraftLine) -> bool:
    # Decimals compare by value: 29.9 and 29.90 are the same price.
    # Values stored before invisible characters were removed come back without them.
    return one == other or replace(one, name=_seen(one.name)) == other


def _seen(value: Any) -> Any:
    """Removes invisible characters from a stored value, as input validation does today."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, tuple):
        return tuple((name, visible(text)) for name, text in value)
    if isinstance(value, Address):
        return Address(**{each.name: _seen(getattr(value, each.name)) for each in fields(value)})
    return value


def _differs(order: Order, revision: Revision, name: str) -> bool:
    kept, wanted = getattr(order, name), getattr(revision, name)
    return bool(kept != wanted and _seen(kept) != wanted)


def _basket(order: Order, revision: Revision, rules: PriceRules | None) -> Basket:
    if order.status not in LINES_OPEN_IN:
        message = f"an order that is {order.status} keeps its items; addresses, notes and metadata can be changed"
        raise InvalidOrder([Fault(("items",), "not_editable_now", message)])
    faults = _identity_faults(order, revision.lines)
    if revision.total is None:
        faults.append(Fault(("total",), "missing", "changing items needs the total that they then come to"))
    if faults:
        raise InvalidOrder(faults)
    fresh = count(order.lines_ever + 1)
    lines = [
        line if line.line_id is not None else replace(line, line_id=f"line_{next(fresh)}") for line in revision.lines
    ]
    basket = basket_of(
        Draft(
            customer_id=order.customer_id,
            lines=tuple(lines),
            total=revision.total if revision.total is not None else Decimal(0),
            currency=order.currency,
            shipping=order.totals.shipping.to_decimal(),
            discount=order.own_discount.to_decimal(),
            campaign_code=order.campaign_code,
        ),
        rules,
        in_currency=order.totals.total.currency,
    )
    return replace(basket, before=order.lines)


def _new_lines(revision: Revision) -> int:
    return sum(line.line_id is None for line in revision.lines)


def _identity_faults(order: Order, lines: Sequence[DraftLine]) -> list[Fault]:
    known = {line.line_id for line in order.lines}
    faults, seen = [], set()
    for index, line in enumerate(lines):
        if line.line_id is None:
            continue
        path = ("items", index, "line_id")
        if line.line_id not in known:
            message = "the order has no such line; leave line_id out for a new one"
            faults.append(Fault(path, "unknown_line", message))
        if line.line_id in seen:
            faults.append(Fault(path, "repeated_line", "this line is there twice"))
        seen.add(line.line_id)
    return faults


def _as_draft(line: Line) -> DraftLine:
    return DraftLine(
        product_id=line.product_id,
        quantity=line.quantity,
        price=line.price.to_decimal(),
        discount=line.discount.to_decimal(),
        tax_rate=line.tax_rate,
        name=line.name,
        sku=line.sku,
        line_id=line.line_id,
    )
