"""Places an order: turns a caller's draft into a valid order, or reports all its faults."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from orders.domain.errors import ActionForbidden, Fault, InvalidAmount, InvalidOrder, UnknownCurrency, WithdrawnCurrency
from orders.domain.event_facts import line_quantities
from orders.domain.events import EventType, JsonValue, Stamp
from orders.domain.identity import order_number
from orders.domain.lifecycle import PLACING_ROLES, Role, Status
from orders.domain.order import Change, Order, campaign_facts
from orders.domain.parts import Address, Customer, Line, Payment
from orders.domain.pricing.basket import Basket
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import MAX_UNIT_PRICE_MINOR, Money, Totals, line_net, parse_rate
from orders.domain.pricing.offer_checks import UNASKED, Answers
from orders.domain.pricing.price_rules import STRICTEST, PriceRules, rules_for

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


def place(
    draft: Draft,
    *,
    tenant_id: str,
    order_id: str,
    stamp: Stamp,
    roles: Collection[Role],
    answers: Answers = UNASKED,
    rules: PriceRules = STRICTEST,
) -> Change:
    """Creates an order in ``pending`` with its created event.

    Args:
        answers: other services' answers on the draft's basket.
        rules: the shop's, for callers who don't act for it.

    Raises:
        InvalidOrder: with every fault, each under the JSON pointer of the request's field.
        ActionForbidden: none of the caller's roles places orders.
    """
    held = tuple(roles)
    if not PLACING_ROLES & frozenset(held):
        raise ActionForbidden(action="place", roles=[str(role) for role in held])
    basket = basket_of(draft, rules_for(held, rules))
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


def priced(
    draft: Draft,
    answers: Answers = UNASKED,
    rules: PriceRules | None = None,
    *,
    in_currency: Currency | None = None,
) -> tuple[tuple[Line, ...], Totals]:
    """The draft's lines and figures in exact money. Args: as ``basket_of``. Raises: InvalidOrder with all faults."""
    basket = basket_of(draft, rules, in_currency=in_currency)
    return basket.lines, basket.settled(answers)


def basket_of(draft: Draft, rules: PriceRules | None = None, *, in_currency: Currency | None = None) -> Basket:
    """The draft's lines and amounts in exact money, its total not looked at yet.

    Args:
        rules: what its caller may say of what things cost; ``None`` for one who may say anything.
        in_currency: what the order is in, where there is one already: that may have been withdrawn since.

    Raises: InvalidOrder.
    """
    currency = in_currency or _currency(draft.currency)
    faults: list[Fault] = []
    if not 1 <= len(draft.lines) <= MAX_LINES:
        raise InvalidOrder([Fault("/items", "line_count", f"an order has 1 to {MAX_LINES} items")])
    parse = _Parser(currency, faults)
    basket = Basket(
        lines=tuple(_line(index, line, parse) for index, line in enumerate(draft.lines)),
        shipping=parse.amount("/shipping", draft.shipping),
        discount=parse.amount("/discount", draft.discount),
        total=parse.amount("/total", draft.total),
        campaign_code=draft.campaign_code,
        rules=rules,
    )
    if not faults and basket.totals().total.minor < 0:
        faults.append(Fault("/discount", "negative_total", "the discount is more than the order comes to"))
    if faults:
        raise InvalidOrder(faults)
    return basket


def _currency(code: str) -> Currency:
    """What a new order may be in. Raises: InvalidOrder."""
    try:
        return Currency.in_use(code)
    except WithdrawnCurrency as error:
        raise InvalidOrder([Fault("/currency", "withdrawn_currency", str(error))]) from None
    except UnknownCurrency as error:
        raise InvalidOrder([Fault("/currency", "unknown_currency", str(error))]) from None


def amount_faults(
    currency_code: str,
    amounts: Iterable[tuple[str, Decimal, int | None]],
    rates: Iterable[tuple[str, Decimal]],
    *,
    in_currency: Currency | None = None,
) -> list[Fault]:
    """What is wrong with single amounts and tax rates of an order that can't be reckoned as a whole.

    Args:
        amounts: JSON pointer, value, and the most it may be in minor units.
        rates: JSON pointer and value.
        in_currency: as in ``basket_of``.
    """
    try:
        currency = in_currency or _currency(currency_code)
    except InvalidOrder as error:
        return list(error.faults)
    parse = _Parser(currency, [])
    for pointer, value, at_most in amounts:
        parse.amount(pointer, value, at_most)
    for pointer, rate in rates:
        parse.checked(pointer, parse_rate, rate)
    return parse.faults


@dataclass(frozen=True, slots=True)
class _Parser:
    """Turns decimals into money of one currency and collects what can't be turned."""

    currency: Currency
    faults: list[Fault]

    def amount(self, pointer: str, value: Decimal, at_most: int | None = None) -> Money:
        try:
            money = Money.parse(value, self.currency)
        except InvalidAmount as error:
            self.faults.append(Fault(pointer, "invalid_amount", str(error)))
            return Money.zero(self.currency)
        if money.minor < 0:
            self.faults.append(Fault(pointer, "negative_amount", "an amount is not negative"))
        elif at_most is not None and money.minor > at_most:
            highest = Money(at_most, self.currency)
            self.faults.append(Fault(pointer, "amount_too_large", f"at most {highest} {self.currency.code}"))
        return money

    def checked(self, pointer: str, check: Callable[[Decimal], Decimal], value: Decimal) -> Decimal:
        try:
            return check(value)
        except InvalidAmount as error:
            self.faults.append(Fault(pointer, "invalid_rate", str(error)))
            return Decimal(0)


def _line(index: int, draft: DraftLine, parse: _Parser) -> Line:
    at = f"/items/{index}"
    faults_before = len(parse.faults)
    if not 1 <= draft.quantity <= MAX_QUANTITY:
        parse.faults.append(Fault(f"{at}/quantity", "quantity_range", f"a quantity is 1 to {MAX_QUANTITY}"))
    line = Line(
        line_id=draft.line_id or f"line_{index + 1}",
        product_id=draft.product_id,
        quantity=draft.quantity,
        price=parse.amount(f"{at}/price", draft.price, MAX_UNIT_PRICE_MINOR),
        discount=parse.amount(f"{at}/discount", draft.discount),
        tax_rate=parse.checked(f"{at}/tax_rate", parse_rate, draft.tax_rate),
        name=draft.name,
        sku=draft.sku,
    )
    if len(parse.faults) == faults_before and line_net(line).minor < 0:
        parse.faults.append(Fault(f"{at}/discount", "negative_line", "the discount is more than the line comes to"))
    return line
