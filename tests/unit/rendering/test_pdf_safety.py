"""Nothing that somebody typed is markup, a style, a template or an address to be fetched."""

import asyncio
import threading
from base64 import b64encode
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from markupsafe import escape
from pypdf import PdfReader

from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.parts import Customer, Payment
from orders.domain.shipping import Shipment
from orders.ports.mail import MailTemplate
from orders.ports.tenants import TenantProfile
from tests.support.builders import a_line, a_stamp, a_tenant, an_address, an_order
from tests.unit.rendering.conftest import Render

COMPOSER = JinjaMailComposer()


class Listener:
    """A web server that remembers what it was asked for."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def attacks(url: str) -> list[str]:
    return [
        (
            f'"><img src="{url}/img"><script src={url}/js></script><link rel=stylesheet href={url}/css>'
            f"</style><style>@import url({url}/import);</style>"
            "{{ 1009 * 1013 }} {% include '/etc/passwd' %} {# x #} ${1009*1013} &lt;b&gt; &amp;"
        ),
        f"{url}/plain",
        "file:///etc/hostname",
    ]


def attacked_order(text: str) -> Order:
    order = an_order(
        lines=(a_line(name=text, sku=text[:60], discount=Decimal("1.00")),),
        customer=Customer(name=text, email=text, phone=text),
        billing_address=an_address(name=text, line1=text, line2=text, city=text, region=text, postal_code=text),
        shipping_address=an_address(name=text, country=text, phone=text),
        payment=Payment(method=text, brand=text, last4="4242"),
        campaign_code=text,
        notes=text,
        locale=text,
    )
    shop, stamp = [Role.STAFF], a_stamp()
    return order.process(stamp, shop).order.fulfil(Shipment(text, text, tracking_url=text), stamp, shop).order


def attacked_tenant(text: str, url: str) -> TenantProfile:
    picture = f'<image href="{url}/svg" width="9" height="9"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{picture}</svg>'
    return a_tenant(
        name=text,
        reply_to=text,
        website=text,
        phone=text,
        address=(text, text),
        tax_number=text,
        accent=text,
        locale=text,
        logo=f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}",
    )


def test_in_a_document_it_is_text_and_nothing_is_fetched(render: Render, listener: Listener) -> None:
    for text in attacks(listener.url):
        pdf = render(attacked_order(text), attacked_tenant(text, listener.url))
        shown = "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)
        # Columns are narrower than some of these: what wraps is the same text without its spaces and line ends.
        assert "".join(shown.split()).count("".join(text.split())) >= 12, text
        assert "1022117" not in shown
    assert listener.asked == []


def test_a_logo_that_is_an_address_is_not_fetched(render: Render, listener: Listener) -> None:
    for logo in [f"{listener.url}/logo.png", "file:///etc/hostname", "data:image/png;base64,AAAA", "data:,x"]:
        assert "Harbour & Sons" in PdfReader(BytesIO(render(an_order(), a_tenant(logo=logo)))).pages[0].extract_text()
    assert listener.asked == []


@pytest.mark.parametrize("template", MailTemplate)
def test_in_a_mail_it_is_text(template: MailTemplate, listener: Listener) -> None:
    for text in attacks(listener.url):
        mail = asyncio.run(COMPOSER.compose(template, attacked_order(text), attacked_tenant(text, listener.url)))
        assert "1022117" not in mail.html + mail.text
        if "<" in text:
            assert text not in mail.html
            assert escape(text) in mail.html
        assert "<script" not in mail.html
        assert "<link" not in mail.html
        assert 'src="http' not in mail.html
        style = mail.html.split("<style>")
        assert len(style) == 2
        assert "url(" not in style[1].split("</style>")[0]


def test_only_web_addresses_become_links(listener: Listener) -> None:
    for url in [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/hostname",
        "//example.com",
        "http://",
        "ftp://x.y",
    ]:
        order = attacked_order(url)
        mail = asyncio.run(COMPOSER.compose(MailTemplate.ORDER_SHIPPED, order, a_tenant(website=url)))
        assert "href" not in mail.html
