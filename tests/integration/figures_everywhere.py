"""Compares an order's figures with the oracle to the last digit, everywhere they are shown."""

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.order_items import order_from_item, order_to_item
from orders.adapters.outbound.rendering.presenting import order_view
from orders.domain.order import Order
from orders.ports.mail import MailContent
from tests.integration.priced_orders import RATE_PLACES, PricedOrder
from tests.support.money_oracle import OracleLine, printed, written

MINUS = "\N{MINUS SIGN}"
_PLAIN_SPACE = re.compile(r"[ \n]+")


def json_figures(content: bytes) -> Any:
    """JSON whose numbers stay the texts that they are."""
    return json.loads(content, parse_float=str, parse_int=str)


def check_json(shown: Mapping[str, Any], asked: PricedOrder) -> None:
    """Of an order in JSON, its numbers as texts: a response, an entry of a list, what is attached to a document."""
    assert {name: shown[name] for name in asked.totals.by_name()} == {
        name: written(minor, asked.digits) for name, minor in asked.totals.by_name().items()
    }
    assert shown["currency"] == asked.currency
    for item, line, rate in zip(shown["items"], asked.lines, asked.rates, strict=True):
        assert (item["price"], item["discount"], item["net"], item["tax"], item["quantity"]) == (
            *(written(minor, asked.digits) for minor in (line.price, line.discount, line.net, line.tax)),
            str(line.quantity),
        )
        assert Fraction(item["tax_rate"]) == Fraction(rate)


def check_domain(order: Order, asked: PricedOrder) -> None:
    """The aggregate, and what is stored of it: whole numbers of minor units, the same when they come back."""
    expected = asked.totals.by_name()
    assert {name: getattr(order.totals, name).minor for name in expected} == expected
    assert [(line.net.minor, line.tax.minor) for line in order.lines] == [(line.net, line.tax) for line in asked.lines]
    stored = to_wire(order_to_item(order))
    assert stored["totals"]["M"] == {name: {"N": str(minor)} for name, minor in expected.items()}
    assert [line["M"]["price"] for line in stored["lines"]["L"]] == [{"N": str(line.price)} for line in asked.lines]
    assert order_from_item(from_wire(stored)) == order


def check_view(order: Order, asked: PricedOrder) -> None:
    """Checks the view that templates get."""
    view, digits = order_view(order), asked.digits
    assert {figure.key: figure.amount for figure in view.figures} == _printed_totals(asked)
    assert view.total == f"{asked.currency} {printed(asked.totals.total, digits)}"
    for shown, line, rate in zip(view.lines, asked.lines, asked.rates, strict=True):
        discount = MINUS + printed(line.discount, digits) if line.discount else ""
        assert (shown.quantity, shown.price, shown.discount, shown.tax_rate, shown.tax, shown.net) == (
            printed(line.quantity, 0),
            printed(line.price, digits),
            discount,
            percent(rate),
            printed(line.tax, digits),
            printed(line.net, digits),
        )


def check_mail(mail: MailContent, asked: PricedOrder) -> None:
    """Checks a mail, as text and as HTML."""
    text, html, digits = _PLAIN_SPACE.sub(" ", mail.text), _text_of(mail.html), asked.digits
    totals = _printed_totals(asked)
    sums = (
        f"Subtotal {totals['subtotal']} Tax {totals['tax']} Shipping {totals['shipping']}"
        f" Discount {totals['discount']} Total {asked.currency} {totals['total']}"
    )
    assert sums in text
    assert sums in html
    for number, (line, rate) in enumerate(zip(asked.lines, asked.rates, strict=True), start=1):
        name, product, net = f"Mug {number}", f"prod_{number}", printed(line.net, digits)
        assert f"{name} {net} {product} {_reckoning(line, rate, digits, ', ')} " in text
        assert f"{name} {product} {_reckoning(line, rate, digits, ' · ')} {net} " in html


def check_printed(pages: Sequence[str], asked: PricedOrder) -> None:
    """Checks a document: each line's figures in their columns, and the sums."""
    text = _PLAIN_SPACE.sub(" ", " ".join(pages))
    totals = _printed_totals(asked)
    for label in ("Subtotal", "Tax", "Shipping", "Discount"):
        assert f"{label} {totals[label.lower()]}" in text
    assert f"Total {asked.currency} {totals['total']}" in text
    digits = asked.digits
    for number, (line, rate) in enumerate(zip(asked.lines, asked.rates, strict=True), start=1):
        discount = f" {MINUS}{printed(line.discount, digits)}" if line.discount else ""
        quantity, price = printed(line.quantity, 0), printed(line.price, digits)
        tax, net = printed(line.tax, digits), printed(line.net, digits)
        assert f"prod_{number} {quantity} {price}{discount} {tax} {percent(rate)} {net} " in text


def percent(rate: str) -> str:
    """A rate as people read it, from its text."""
    parts = Fraction(rate) * 10**RATE_PLACES
    assert parts.denominator == 1
    shown = written(int(parts), RATE_PLACES - 2)
    return shown.rstrip("0").rstrip(".") + "%"


def _printed_totals(asked: PricedOrder) -> dict[str, str]:
    shown = {name: printed(minor, asked.digits) for name, minor in asked.totals.by_name().items()}
    if asked.totals.discount:
        shown["discount"] = MINUS + shown["discount"]
    return shown


def _reckoning(line: OracleLine, rate: str, digits: int, between: str) -> str:
    discount = f"{between}discount {MINUS}{printed(line.discount, digits)}" if line.discount else ""
    units = f"{printed(line.quantity, 0)} × {printed(line.price, digits)}"
    return f"{units}{discount}{between}tax {percent(rate)}: {printed(line.tax, digits)}"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def _text_of(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    return _PLAIN_SPACE.sub(" ", " ".join(parser.pieces))
