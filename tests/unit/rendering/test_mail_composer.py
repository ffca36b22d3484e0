"""Every mail: complete, the same as text and as HTML, one line of subject, fit for small and dark screens."""

import asyncio
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.text_columns import width
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.parts import ParcelLine
from orders.domain.shipping import Shipment
from orders.ports.errors import RenderingFailed
from orders.ports.mail import MailContent, MailTemplate
from orders.ports.tenants import TenantProfile
from tests.support.builders import a_line, a_stamp, a_tenant, an_address, an_order

COMPOSER = JinjaMailComposer()
ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
SHOP = [Role.STAFF]
EVERY = pytest.mark.parametrize("template", MailTemplate)
OF_AN_ORDER = pytest.mark.parametrize(
    "template", [each for each in MailTemplate if each is not MailTemplate.STAFF_ORDER_STUCK]
)
"""All but the one that says of an order no more than that something could not be done with it."""
FIGURE = re.compile(r"−?\d[\d\u00a0]*\.\d\d")


def compose(
    template: MailTemplate, order: Order, tenant: TenantProfile | None = None, parcel_id: str | None = None
) -> MailContent:
    return asyncio.run(COMPOSER.compose(template, order, tenant or a_tenant(), parcel_id=parcel_id))


def shipped(order: Order, *quantities: int) -> Order:
    """The order with a parcel for each of these quantities of its first line."""
    order = order.process(a_stamp(), SHOP).order
    for number, quantity in enumerate(quantities, start=1):
        url = f"https://track.example.com/{number}?a=1&b=2"
        shipment = Shipment("DHL", f"TRACK{number}", url, (ParcelLine("line_1", quantity),))
        order = order.fulfil(shipment, a_stamp(), SHOP).order
    return order


def order_for(template: MailTemplate, order: Order) -> Order:
    if template is MailTemplate.ORDER_SHIPPED:
        return shipped(order, 1)
    if template in {MailTemplate.ORDER_CANCELLED, MailTemplate.STAFF_ORDER_CANCELLED}:
        return order.cancel("out_of_stock", a_stamp(), SHOP).order
    if template is MailTemplate.ORDER_REJECTED:
        return order.reject("We don't deliver to your address.", a_stamp(), SHOP).order
    return order


class Reader(HTMLParser):
    """The text that HTML shows, and its tags; fails on what isn't closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "img", "meta"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data


@OF_AN_ORDER
def test_it_tells_all_about_the_order(template: MailTemplate, rich_order: Order) -> None:
    order = order_for(template, rich_order)
    mail = compose(template, order)
    html = Reader(mail.html).text
    assert order.order_number in mail.subject
    totals = order.totals
    for figure in (totals.subtotal, totals.tax, totals.shipping, totals.discount, totals.total):
        assert str(figure) in mail.text.replace("\u00a0", "")
        assert str(figure) in html.replace("\u00a0", "")
    assert re.search(r"Discount +−20\.00\nof which campaign +−12\.50\nTotal", mail.text)
    for expected in ["Harbour & Sons", order.order_number, "ZAR 14\u00a0285.33", "Enamel mug, 350 ml", "prod_nameless"]:
        assert expected in mail.text
        assert expected in html
    for part in (mail.subject, mail.text, html):
        assert "None" not in part
        assert not re.search(r"{[{%#]|[}%#]}", part)


@OF_AN_ORDER
def test_text_and_html_agree_on_every_figure(template: MailTemplate, rich_order: Order) -> None:
    mail = compose(template, order_for(template, rich_order))
    text = sorted(FIGURE.findall(mail.text))
    html = sorted(FIGURE.findall(Reader(_body(mail.html)).text))
    assert text == html
    assert len(text) >= 15


def _body(html: str) -> str:
    """Returns the readable text: without the subject, and without what only lists of mails show."""
    return re.sub(r'<title>.*?</title>|<div style="display:none.*?</div>', "", html, flags=re.DOTALL)


@EVERY
def test_text_keeps_to_its_columns(template: MailTemplate, rich_order: Order) -> None:
    for line in compose(template, order_for(template, rich_order)).text.splitlines():
        assert width(line) <= 72
        assert line == line.rstrip()


@EVERY
def test_html_is_sound_and_fetches_nothing(template: MailTemplate, rich_order: Order) -> None:
    html = compose(template, order_for(template, rich_order)).html
    for tag, attributes in Reader(html).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "video", "form"}
        assert attributes.get("src") is None
        assert attributes.get("background") is None
    assert "url(" not in html
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html
    assert html.startswith('<!doctype html>\n<html lang="en">')


def test_the_reason_is_told_in_words(rich_order: Order) -> None:
    order = order_for(MailTemplate.ORDER_CANCELLED, rich_order)
    mail = compose(MailTemplate.ORDER_CANCELLED, order)
    assert "Reason:        Out of stock" in mail.text
    assert "Out of stock" in mail.html


@pytest.mark.parametrize(
    ("quantities", "subject", "outstanding"),
    [((2,), "Your order", False), ((1,), "Part of your order", True), ((1, 1), "Another parcel of your order", False)],
)
def test_shipping(quantities: tuple[int, ...], subject: str, outstanding: bool) -> None:
    order = shipped(an_order(), *quantities)
    mail = compose(MailTemplate.ORDER_SHIPPED, order)
    number = len(quantities)
    assert mail.subject == f"{subject} {order.order_number} is on its way"
    assert f"\nhttps://track.example.com/{number}?a=1&b=2\n" in mail.text
    links = [attributes["href"] for tag, attributes in Reader(mail.html).tags if tag == "a"]
    assert links[0] == f"https://track.example.com/{number}?a=1&b=2"
    assert f"TRACK{number}" in mail.html
    assert ("STILL TO COME" in mail.text) is ("Still to come" in mail.html) is outstanding


def test_shipping_tells_of_the_parcel_that_was_asked_for() -> None:
    order = shipped(an_order(), 1, 1)
    assert "TRACK1" in compose(MailTemplate.ORDER_SHIPPED, order, parcel_id="par_1").text
    with pytest.raises(RenderingFailed, match="no such parcel"):
        compose(MailTemplate.ORDER_SHIPPED, order, parcel_id="par_3")
    with pytest.raises(RenderingFailed, match="no parcel"):
        compose(MailTemplate.ORDER_SHIPPED, an_order())


def test_staff_learn_who_the_customer_is(rich_order: Order) -> None:
    mail = compose(MailTemplate.STAFF_NEW_ORDER, rich_order)
    for expected in ["Thandi Mokoena", "cust_test_001", "thandi@example.com", "+27 21 555 0134"]:
        assert expected in mail.text
        assert expected in mail.html
    assert "Thandi" not in mail.subject
    assert "> Please ring twice.\n>\n> Or leave it next door." in mail.text


@pytest.mark.parametrize(
    "name", ["X\r\nBcc: victim@example.com", "X\nBcc: victim@example.com", "X\u2028Bcc:\x00\x0b\x85 y", "Y" * 500]
)
@EVERY
def test_a_subject_is_one_short_line(template: MailTemplate, name: str) -> None:
    order = an_order(customer=None, campaign_code=name)
    subject = compose(template, order_for(template, order), a_tenant(name=name)).subject
    assert subject.splitlines() == [subject]
    assert subject.isprintable()
    assert len(subject) <= 200


@pytest.mark.parametrize(
    ("currency", "price", "total"), [("JPY", "1999", "JPY 3\u00a0998"), ("BHD", "1.005", "BHD 2.010")]
)
def test_amounts_have_the_currencys_digits(currency: str, price: str, total: str) -> None:
    mail = compose(MailTemplate.ORDER_CONFIRMATION, an_order(currency=currency, lines=(a_line(price=Decimal(price)),)))
    assert re.search(rf"^Total +{total}$", mail.text, re.MULTILINE)
    assert total in Reader(mail.html).text


def test_an_order_without_personal_data() -> None:
    order = an_order(customer=None, billing_address=None, shipping_address=None, notes=None)
    for template in MailTemplate:
        mail = compose(template, order_for(template, order), TenantProfile("tenant_b", "B"))
        assert order.order_number in mail.text
        assert "None" not in mail.text + Reader(mail.html).text


def test_two_addresses_are_two() -> None:
    order = an_order(shipping_address=an_address(line1="1 Other Street"))
    text = compose(MailTemplate.ORDER_CONFIRMATION, order).text
    assert text.index("BILLING ADDRESS") < text.index("12 Long Street") < text.index("DELIVERY ADDRESS")
    assert "1 Other Street" in text


def test_a_logo_has_the_shops_name_beside_it() -> None:
    png = f"data:image/png;base64,{ONE_PIXEL}"
    html = compose(MailTemplate.ORDER_CONFIRMATION, an_order(), a_tenant(logo=png)).html
    pictures = [attributes for tag, attributes in Reader(html).tags if tag == "img"]
    assert [(each["src"], each["alt"]) for each in pictures] == [(png, "Harbour & Sons")]


@pytest.mark.parametrize(
    ("locale", "language"), [("en-ZA", "en-ZA"), ("en_GB", "en-GB"), ("af", "en"), ('en"><b>', "en"), (None, "en")]
)
def test_its_language_is_the_templates(locale: str | None, language: str) -> None:
    html = compose(MailTemplate.ORDER_CONFIRMATION, replace(an_order(), locale=locale)).html
    assert f'<html lang="{language}">' in html
