"""Domain objects for tests: sensible by default, every particular replaceable by name."""

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.domain.events import Actor, Receipt, Stamp
from orders.domain.identity import new_order_id
from orders.domain.lifecycle import Role
from orders.domain.order import Change, Order
from orders.domain.parts import Address, Customer, Line
from orders.domain.placing import Draft, DraftLine, basket_of, place
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import UNASKED, Answers
from orders.domain.pricing.price_rules import STRICTEST, PriceRules, rules_for
from orders.ports.mail import Claim, MailRecord, MailState, MailTemplate
from orders.ports.tenants import TenantProfile

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""Default time of everything in tests."""

_DRAFT_FIELDS = frozenset(each.name for each in fields(Draft))


def a_stamp(at: datetime = NOON, *, principal: str = "cust_test_001", role: Role = Role.CUSTOMER) -> Stamp:
    """Somebody doing something at noon."""
    return Stamp(at=at, actor=Actor(principal=principal, role=role))


def an_order_id(number: int = 1, at: datetime = NOON) -> str:
    """A valid order id; another number, another id."""
    return new_order_id(at, number)


def a_line(**overrides: Any) -> DraftLine:
    """Two units at 29.99, untaxed."""
    line = DraftLine(
        product_id="prod_001", quantity=2, price=Decimal("29.99"), name="Enamel mug, 350 ml", sku="MUG-350"
    )
    return replace(line, **overrides)


def an_address(**overrides: Any) -> Address:
    """A complete postal address."""
    address = Address(
        name="Thandi Mokoena",
        line1="12 Long Street",
        line2="Unit 4",
        city="Cape Town",
        region="Western Cape",
        postal_code="8001",
        country="ZA",
        phone="+27 21 555 0134",
    )
    return replace(address, **overrides)


def a_draft(**overrides: Any) -> Draft:
    """Builds a draft; the total is computed from the other figures unless given.

    The arithmetic is plain decimals on purpose: it shares nothing with the domain's, except for each line's tax, which
    is rounded half-even to the currency's digits as DOM-5 requires.
    """
    given: dict[str, Any] = {
        "customer_id": "cust_test_001",
        "lines": (a_line(),),
        "currency": "ZAR",
        "customer": Customer(name="Thandi Mokoena", email="thandi@example.com", phone="+27 21 555 0134"),
        "notification_email": "thandi@example.com",
        "billing_address": an_address(),
        "shipping_address": an_address(),
        "total": Decimal(0),
    }
    draft = Draft(**(given | overrides))
    return draft if "total" in overrides else replace(draft, total=_total(draft))


def an_order(
    *,
    tenant_id: str = "tenant_a",
    order_id: str | None = None,
    stamp: Stamp | None = None,
    roles: Sequence[Role] = (Role.STAFF,),
    **overrides: Any,
) -> Order:
    """An order just placed, by the shop, so that nothing in it need be checked: 59.98 ZAR for two mugs.

    Fields of ``Draft`` (``lines`` as ``DraftLine``, ``currency``, ``shipping``, ...) are placed with it; other
    fields of ``Order`` (``status``, ``parcels``, ``reason``, ...) are set on it afterwards.
    """
    asked = {name: value for name, value in overrides.items() if name in _DRAFT_FIELDS}
    set_later = {name: value for name, value in overrides.items() if name not in _DRAFT_FIELDS}
    change = placed(a_draft(**asked), tenant_id=tenant_id, order_id=order_id, stamp=stamp, roles=roles)
    return replace(change.order, **set_later)


def placed(
    draft: Draft,
    *,
    roles: Collection[Role],
    tenant_id: str = "tenant_a",
    order_id: str | None = None,
    stamp: Stamp | None = None,
    answers: Answers = UNASKED,
    rules: PriceRules = STRICTEST,
) -> Change:
    """The draft priced under the rules of its shop, and placed."""
    return place(
        draft,
        basket_of(draft, rules_for(roles, rules)),
        tenant_id=tenant_id,
        order_id=order_id or an_order_id(),
        stamp=stamp or a_stamp(),
        roles=roles,
        answers=answers,
    )


def a_receipt(
    key: str, fingerprint: str, status: int, headers: tuple[tuple[str, str], ...] = (), body: bytes = b""
) -> Receipt:
    """A receipt of an answer as HTTP gives it."""
    return Receipt(key, fingerprint, KeyedAnswer(status, headers, body).encode())


def an_order_line(**overrides: Any) -> Line:
    """A line of an order, as ``Order.update`` takes it: 59.98 ZAR for two mugs."""
    currency = Currency.of("ZAR")
    line = Line("line_1", "prod_001", 2, Money(2999, currency), Money.zero(currency), name="Enamel mug, 350 ml")
    return replace(line, **overrides)


def a_tenant(**overrides: Any) -> TenantProfile:
    """A shop with everything a profile can say, but for a logo."""
    profile = TenantProfile(
        tenant_id="tenant_a",
        name="Harbour & Sons",
        staff_addresses=("staff@example.com",),
        reply_to="hello@example.com",
        website="https://shop.example.com",
        phone="+27 21 555 0199",
        address=("Harbour & Sons (Pty) Ltd", "3 Dock Road", "Cape Town 8001", "South Africa"),
        tax_number="4012345678",
    )
    return replace(profile, **overrides)


def a_claim(until: datetime = NOON) -> Claim:
    """A claim of a confirmation that was granted, held until then."""
    record = MailRecord(1, MailTemplate.ORDER_CONFIRMATION, MailState.CLAIMED, until, "t…@example.com", attempts=1)
    return Claim(granted=True, record=record, lease_until=until)


def _total(draft: Draft) -> Decimal:
    unit = Decimal(1).scaleb(-Currency.of(draft.currency).digits)
    total = draft.shipping - draft.discount
    for line in draft.lines:
        net = line.price * line.quantity - line.discount
        total += net + (net * line.tax_rate).quantize(unit)  # the default context rounds half-even
    return total
