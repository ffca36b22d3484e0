"""Represents a quote: an order's lines and figures, and what other services said of them."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from orders.adapters.inbound.http.representations.orders import OrderItem, items_view
from orders.adapters.inbound.http.representations.values import Money, given
from orders.adapters.wire.fields import CurrencyCode, Key
from orders.application.orders import quote_order
from orders.application.policy.caller import Caller
from orders.domain.pricing.offer_checks import CheckOutcome


class QuoteChecks(TypedDict):
    """Answers of other services about the order; whatever one of them has against it is a problem instead."""

    prices: CheckOutcome
    """`confirmed` by the product service; `not_asked` where the shop has no prices checked; `unreachable` while the
    product service is, where orders are taken nevertheless."""
    stock: CheckOutcome
    """As `prices`: enough is there now of what is counted. Nothing is reserved."""
    campaign: CheckOutcome
    """The same of `campaign_code` and the campaigns service; `not_asked` also without a code."""


class Quote(TypedDict):
    """An order as it would be placed now. Nothing of it is kept: it has no id and no number, and binds nobody."""

    tenant_id: Key
    customer_id: Key
    currency: CurrencyCode
    items: list[OrderItem]
    subtotal: Money
    """The sum of all lines' `net`."""
    tax: Money
    """The sum of all lines' `tax`."""
    shipping: Money
    discount: Money
    """Off the whole order, after tax; a campaign's discount is part of it."""
    total: Money
    """`subtotal` + `tax` + `shipping` − `discount`."""
    campaign_code: NotRequired[Key | None]
    campaign_discount: NotRequired[Money | None]
    """The campaign's part of `discount`; missing where a campaigns service has given none."""
    prices: NotRequired[Literal["unchecked"] | None]
    """Shown to the shop: prices are in it that nobody checked, neither the shop nor a product service."""
    checks: QuoteChecks


def quote_view(quote: quote_order.Quote, caller: Caller) -> Quote:
    """Represents the quote as this caller sees it."""
    order, answers = quote.order, quote.answers
    totals = order.totals
    view: Quote = {
        "tenant_id": order.tenant_id,
        "customer_id": order.customer_id,
        "currency": order.currency,
        "items": items_view(order),
        "subtotal": totals.subtotal.to_decimal(),
        "tax": totals.tax.to_decimal(),
        "shipping": totals.shipping.to_decimal(),
        "discount": totals.discount.to_decimal(),
        "total": totals.total.to_decimal(),
        "campaign_code": order.campaign_code,
        "campaign_discount": None if order.campaign_discount is None else order.campaign_discount.to_decimal(),
        "prices": "unchecked" if order.prices_unchecked and caller.acts_for_shop else None,
        "checks": {"prices": answers.of_products, "stock": answers.of_products, "campaign": answers.of_campaign},
    }
    return given(view)
