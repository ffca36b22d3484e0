"""Places an order: turns a caller's draft into a valid order, or reports all its faults."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal

from orders.domain.errors import (
    ActionForbidden,
    Fault,
    InvalidAmount,
    InvalidOrder,
    Path,
    UnknownCurrency,
    WithdrawnCurrency,
)
from orders.domain.event_facts import campaign_facts, line_quantities
from orders.domain.events import EventType, JsonValue, Stamp
from orders.domain.identity import order_number
from orders.domain.lifecycle import PLACING_ROLES, Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import Address, Customer, Line, Payment
from orders.domain.pricing.basket import Basket
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import MAX_UNIT_PRICE_MINOR, Money, line_net, parse_rate, reckon
from orders.domain.pricing.offer_checks import UNASKED, Answers
from orders.domain.pricing.price_rules import PriceRules

MAX_LINES = 500
MAX_QUANTITY = 1_000_000


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A requested line; amounts are plain decimals, not yet checked against a currency."""

    product_id: str
    quantity: int
    price: Decimal
    discount: Decimal = Decimal(0)
    tax_rate: Decimal = Decimal(0)
    name: str | None = field(default=None, repr=False)
    sku: str | None = None
    line_id: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A requested order.

    Attributes:
        notification_fault: why the recipient for mails is unusable; then there is none.
    """

    customer_id: str
    lines: tuple[DraftLine, ...]
    total: Decimal
    currency: str
    shipping: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)
    customer: Customer | None = None
    notification_email: str | None = field(default=None, repr=False)
    notification_fault: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    payment: Payment | None = None
    campaign_code: str | None = None
    notes: str | None = field(default=None, repr=False)
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    locale: str | None = None


_ANY_PRODUCT = ""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """The figures of a line that may be invalid; ``None`` for each that can't be read."""

    quantity: int | None = None
    price: Decimal | None = None
    discount: Decimal | None = None
    tax_rate: Decimal | None = None

    def draft(self) -> DraftLine | None:
        """Makes a draft line of these figures alone; ``None`` if one is missing, or the quantity out of range."""
        quantity, price, discount, rate = self.quantity, self.price, self.discount, self.tax_rate
        if quantity is None or price is None or discount is None or rate is None or not 1 <= quantity <= MAX_QUANTITY:
            return None
        return DraftLine(_ANY_PRODUCT, quantity, price, discount, rate)


@dataclass(frozen=True, slots=True)
class ReadAmounts:
    """The amounts of an order that has other faults; ``None`` for each that can't be read.

    Attributes:
        lines: as they were sent, including those that are no lines; at most one more than an order may have.
        currency: ``None`` for the tenant's, or an existing order's.
    """

    lines: tuple[ReadLine, ...] = ()
    currency: str | None = None
    total: Decimal | None = None
    shipping: Decimal | None = None
    discount: Decimal | None = None

    def draft(self, currency: Currency) -> Draft | None:
        """Makes a draft of these amounts alone; ``None`` if one of them can't be read."""
        total, shipping, discount = self.total, self.shipping, self.discount
        lines = tuple(line for each in self.lines if (line := each.draft()) is not None)
        if total is None or shipping is None or discount is None or not 1 <= len(lines) == len(self.lines) <= MAX_LINES:
            return None
        return Draft("", lines, total, currency.code, shipping, discount)


def place(
    draft: Draft,
    basket: Basket,
    *,
    tenant_id: str,
    order_id: str,
    stamp: Stamp,
    roles: Collection[Role],
    answers: Answers = UNASKED,
) -> Change:
    """Creates an order in ``pending`` with its created event.

    Args:
        basket: the draft's, priced by ``basket_of`` under the rules that bind the caller.
        answers: other services' answers on the basket.

    Raises:
        InvalidOrder: with every fault, each under the path of the request's field.
        ActionForbidden: none of the caller's roles places orders.
    """
    held = tuple(roles)
    if not PLACING_ROLES & frozenset(held):
        raise ActionForbidden(action="place", roles=[str(role) for role in held])
    lines, totals = basket.lines, basket.settled(answers)
    order = Order(
        tenant_id=tenant_id,
        order_id=order_id,
        order_number=order_number(order_id),
        customer_id=draft.customer_id,
        status=Status.PENDING,
        version=1,
        sequence=1,
        lines=lines,
        lines_ever=len(lines),
        totals=totals,
        created_at=stamp.at,
        updated_at=stamp.at,
        customer=draft.customer,
        notification_email=draft.notification_email,
        notification_fault=draft.notification_fault,
        billing_address=draft.billing_address,
        shipping_address=draft.shipping_address,
        payment=draft.payment,
        campaign_code=draft.campaign_code,
        campaign_discount=answers.campaign_discount,
        prices_unchecked=basket.prices_unchecked(answers),
        notes=draft.notes,
        metadata=draft.metadata,
        locale=draft.locale,
    )
    data: dict[str, JsonValue] = {
        "status": order.status,
        "currency": order.currency,
        "total": str(totals.total),
        "lines": line_quantities(lines),
    }
    data |= campaign_facts(order)
    return Change(order, order.event(EventType.CREATED, stamp, data))


def basket_of(draft: Draft, rules: PriceRules | None = None, *, in_currency: Currency | None = None) -> Basket:
    """Prices the draft: computes its lines, amounts and figures in exact money; its total is not compared yet.

    Args:
        rules: the price rules that bind the caller; ``None`` for a caller who may set any price.
        in_currency: the currency of an existing order, which may have been withdrawn since.

    Raises: InvalidOrder, with every fault in the draft's amounts.
    """
    parse = _Parser(in_currency or _currency(draft.currency), [])
    if not 1 <= len(draft.lines) <= MAX_LINES:
        raise InvalidOrder([Fault(("items",), "line_count", f"an order has 1 to {MAX_LINES} items")])
    lines = tuple(_line(index, line, parse) for index, line in enumerate(draft.lines))
    shipping = parse.amount(("shipping",), draft.shipping)
    discount = parse.amount(("discount",), draft.discount)
    total = parse.amount(("total",), draft.total)
    figures = reckon(lines, shipping=shipping, discount=discount)
    if not parse.faults and figures.total.minor < 0:
        parse.faults.append(Fault(("discount",), "negative_total", "the discount is more than the order comes to"))
    if parse.faults:
        raise InvalidOrder(parse.faults)
    return Basket(lines, figures, total, campaign_code=draft.campaign_code, rules=rules)


def _currency(code: str) -> Currency:
    """Returns the currency of that code, if a new order may use it. Raises: InvalidOrder."""
    try:
        return Currency.in_use(code)
    except WithdrawnCurrency as error:
        raise InvalidOrder([Fault(("currency",), "withdrawn_currency", str(error))]) from None
    except UnknownCurrency as error:
        raise InvalidOrder([Fault(("currency",), "unknown_currency", str(error))]) from None


def amount_faults(
    amounts: ReadAmounts, currency_code: str, rules: PriceRules | None = None, *, existing: bool = False
) -> list[Fault]:
    """Finds faults of currency and amounts in an order that is refused for another reason already.

    Where all amounts and quantities could be read, the whole order is computed, its total included; else each amount
    is checked by itself.

    Args:
        rules: as in ``basket_of``.
        existing: whether the order exists already; its currency may have been withdrawn since.
    """
    try:
        currency = Currency.of(currency_code) if existing else _currency(currency_code)
        draft = amounts.draft(currency)
        if draft is None:
            return _single_faults(amounts, currency)
        # Prices of 0 are not checked: the catalogue decides about those, and isn't asked about such an order.
        free = rules and replace(rules, free_products=frozenset({_ANY_PRODUCT}))
        basket_of(draft, free, in_currency=currency).settled()
    except InvalidOrder as error:
        return list(error.faults)
    return []


def _single_faults(amounts: ReadAmounts, currency: Currency) -> list[Fault]:
    parse = _Parser(currency, [])
    for name, value in (("total", amounts.total), ("shipping", amounts.shipping), ("discount", amounts.discount)):
        if value is not None:
            parse.amount((name,), value)
    lines = list(enumerate(amounts.lines[:MAX_LINES]))
    for index, line in lines:
        if line.price is not None:
            parse.amount(("items", index, "price"), line.price, MAX_UNIT_PRICE_MINOR)
        if line.discount is not None:
            parse.amount(("items", index, "discount"), line.discount)
    for index, line in lines:
        if line.tax_rate is not None:
            parse.checked(("items", index, "tax_rate"), parse_rate, line.tax_rate)
    return parse.faults


@dataclass(frozen=True, slots=True)
class _Parser:
    """Converts decimals to money of one currency and collects the faults."""

    currency: Currency
    faults: list[Fault]

    def amount(self, path: Path, value: Decimal, at_most: int | None = None) -> Money:
        try:
            money = Money.parse(value, self.currency)
        except InvalidAmount as error:
            self.faults.append(Fault(path, "invalid_amount", str(error)))
            return Money.zero(self.currency)
        if money.minor < 0:
            self.faults.append(Fault(path, "negative_amount", "an amount is not negative"))
        elif at_most is not None and money.minor > at_most:
            highest = Money(at_most, self.currency)
            said = f"at most {highest} {self.currency.code}, which is {at_most:,} of its smallest units"
            self.faults.append(Fault(path, "amount_too_large", said))
        return money

    def checked(self, path: Path, check: Callable[[Decimal], Decimal], value: Decimal) -> Decimal:
        try:
            return check(value)
        except InvalidAmount as error:
            self.faults.append(Fault(path, "invalid_rate", str(error)))
            return Decimal(0)


def _line(index: int, draft: DraftLine, parse: _Parser) -> Line:
    at = ("items", index)
    faults_before = len(parse.faults)
    if not 1 <= draft.quantity <= MAX_QUANTITY:
        parse.faults.append(Fault((*at, "quantity"), "quantity_range", f"a quantity is 1 to {MAX_QUANTITY}"))
    line = Line(
        line_id=draft.line_id or f"line_{index + 1}",
        product_id=draft.product_id,
        quantity=draft.quantity,
        price=parse.amount((*at, "price"), draft.price, MAX_UNIT_PRICE_MINOR),
        discount=parse.amount((*at, "discount"), draft.discount),
        tax_rate=parse.checked((*at, "tax_rate"), parse_rate, draft.tax_rate),
        name=draft.name,
        sku=draft.sku,
    )
    if len(parse.faults) == faults_before and line_net(line).minor < 0:
        parse.faults.append(Fault((*at, "discount"), "negative_line", "the discount is more than the line comes to"))
    return line
