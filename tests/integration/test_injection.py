"""Whatever is typed into any field is text in every mail and document, and nothing else ([SEC-6])."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pikepdf
import pypdf
import pytest
import tinyhtml5
from hypothesis import settings

from orders.adapters.outbound.aws.mail.mail_message import build_mime
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.domain.order import Order
from orders.ports.mail import Mail, MailContent, MailTemplate
from orders.ports.tenants import TenantProfile
from tests.integration.hostile_texts import RESULT, SHORT, TEMPLATES, Listener, hostile_texts, order_body, particulars
from tests.support.builders import NOON, a_tenant
from tests.support.http_api import ORDERS, Api, an_api_in_this_loop, expect
from tests.support.service import Service

PROOF = settings.get_current_profile_name() == "proof"
COMPOSER = JinjaMailComposer()
HARMLESS = "Thandi Mokoena"
TRACKING = "https://track.example.com/?parcel=1&by=mail"
HEADERS = {"From", "To", "Reply-To", "Subject", "Date", "Auto-Submitted", "MIME-Version", "Content-Type"}
EACH = pytest.mark.parametrize("number", range(len(TEMPLATES)), ids=lambda number: TEMPLATES[number][:24])


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture(scope="module")
def texts(listener: Listener) -> list[str]:
    return hostile_texts(listener)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api_in_this_loop(tmp_path, Service(), checked=False) as api:
        yield api


@pytest.fixture(scope="module")
def renderer() -> Iterator[PdfRenderer]:
    """Real documents, made in the process in which the service makes them."""
    renderer = PdfRenderer(processes=1, timeout_seconds=300)
    yield renderer
    asyncio.run(renderer.close())


def shop(text: str) -> TenantProfile:
    """A shop whose profile says nothing else."""
    return a_tenant(
        name=text, website=text, phone=text, address=(text, text), tax_number=text, accent=text, locale=text, logo=text
    )


async def placed(api: Api, names: list[str], text: str) -> str:
    answer = await api.call("POST", ORDERS, order_body(names, text))
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert {name: shown[name] for name in particulars(text)} == particulars(text)
    assert [item["name"] for item in shown["items"]] == names
    return str(shown["order_id"])


async def lives(api: Api, names: list[str], text: str) -> dict[MailTemplate, Order]:
    """Orders for every mail, with the text wherever somebody can type one in the course of an order's life."""

    async def step(order_id: str, method: str, path: str, body: Any, role: str = "staff") -> None:
        answer = await api.call(method, f"{ORDERS}/{order_id}{path}", body, role=role)
        assert answer.status_code == 200, answer.text

    def now(order_id: str) -> Order:
        return api.service.table.rows["demo", order_id].order

    cancelled, rejected, shipped = [await placed(api, names, text) for _ in range(3)]
    await step(cancelled, "PATCH", "", {"notes": f"{text} again", "metadata": {"more": text}}, "customer")
    await step(cancelled, "POST", "/cancel", {"reason": text})
    await step(rejected, "PUT", "/status", {"status": "rejected", "reason": text})
    await step(shipped, "PUT", "/status", {"status": "processing"})
    new = now(shipped)
    parcel = {"carrier": text, "tracking_number": text, "tracking_url": TRACKING}
    await step(shipped, "POST", "/fulfill", parcel | {"lines": [{"line_id": "line_1", "quantity": 1}]})
    return {
        MailTemplate.ORDER_CONFIRMATION: new,
        MailTemplate.STAFF_NEW_ORDER: new,
        MailTemplate.ORDER_SHIPPED: now(shipped),
        MailTemplate.ORDER_COMPLETED: now(shipped),
        MailTemplate.ORDER_CANCELLED: now(cancelled),
        MailTemplate.STAFF_ORDER_CANCELLED: now(cancelled),
        MailTemplate.ORDER_REJECTED: now(rejected),
    }


@EACH
async def test_in_mails_it_is_text(api: Api, texts: list[str], listener: Listener, number: int) -> None:
    text = texts[number]
    hostile, harmless = await lives(api, [text], text), await lives(api, [HARMLESS], HARMLESS)
    # The one about an order that is stuck says nothing that anybody typed.
    assert hostile.keys() == set(MailTemplate) - {MailTemplate.STAFF_ORDER_STUCK}
    for template, order in hostile.items():
        mail = await COMPOSER.compose(template, order, shop(text))
        usual = await COMPOSER.compose(template, harmless[template], shop(HARMLESS))
        assert structure_of(mail.html) == structure_of(usual.html)
        assert links_of(mail.html) <= {TRACKING, text if text.startswith("http") else TRACKING}
        for shown, as_usual in ((mail.text, usual.text), (visible(mail.html), visible(usual.html))):
            # Of a text that fits everywhere every occurrence is there; SHORT stands where one did not.
            assert shown_times(text, shown) + shown_times(SHORT, shown) >= shown_times(HARMLESS, as_usual) >= 4
            assert RESULT not in shown
        check_message(mail, text)
    assert listener.connections == 0


def check_message(mail: MailContent, text: str) -> None:
    """As the mail service gets it: no header more, one recipient, two bodies."""
    sent = Mail("thandi@example.com", text, mail, reply_to="hello@example.com")
    message = message_from_bytes(
        build_mime(sent, from_address="orders@shop.example", date=NOON).as_bytes(), policy=SMTP
    )
    assert isinstance(message, EmailMessage)
    assert set(message.keys()) == HEADERS
    assert [address.addr_spec for address in message["From"].addresses] == ["orders@shop.example"]
    assert [address.addr_spec for address in message["To"].addresses] == ["thandi@example.com"]
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def structure_of(html: str) -> list[tuple[str, tuple[tuple[str, str], ...], str]]:
    """Elements as a browser finds them, with attributes and styles; without links and the texts in attributes."""
    return [
        (
            element.tag,
            tuple(item for item in sorted(element.items()) if item[0] not in {"alt", "href"}),
            (element.text or "") if element.tag == "style" else "",
        )
        for element in _elements(html)
        if element.tag != "a"
    ]


def links_of(html: str) -> set[str]:
    return {element.get("href") or "" for element in _elements(html) if element.tag == "a"}


def visible(html: str) -> str:
    shown = (element for element in _elements(html) if element.tag != "style")
    return " ".join(text for element in shown for text in (element.text or "", element.tail or ""))


@lru_cache(maxsize=64)  # the harmless ones are the same again and again
def _elements(html: str) -> list[Element]:
    return list(tinyhtml5.parse(html, namespace_html_elements=False).iter())


def shown_times(text: str, shown: str) -> int:
    """Counts occurrences of the text, wrapped or not: lines break at spaces, and in words that are too long.

    A shop's address in the web is shown without its scheme.
    """
    joined, sought = (
        "".join(each.split()).casefold() for each in (shown.replace("\n>", ""), text.removeprefix("http://"))
    )
    return joined.count(sought)


async def test_in_documents_it_is_text_and_nothing_is_fetched(
    api: Api, texts: list[str], listener: Listener, renderer: PdfRenderer
) -> None:
    """All of them as names in one order."""
    await check_document(api, renderer, texts, HARMLESS, a_tenant(), times=1)
    assert listener.connections == 0


if PROOF:

    @EACH
    async def test_in_every_field_of_documents_it_is_text(
        api: Api, texts: list[str], listener: Listener, renderer: PdfRenderer, number: int
    ) -> None:
        """Each in every field of an order of its own."""
        text = texts[number]
        await check_document(api, renderer, [text], text, replace(shop(text), logo=None), times=8)
        assert listener.connections == 0


async def check_document(
    api: Api, renderer: PdfRenderer, names: list[str], text: str, tenant: TenantProfile, *, times: int
) -> None:
    order_id = await placed(api, names, text)
    pdf = await renderer.render(api.service.table.rows["demo", order_id].order, tenant)
    shown = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages)
    for name in names:
        # Of name and SKU one may be parted by the end of a page.
        assert shown_times(name, shown) >= times, name
    assert RESULT not in shown
    with pikepdf.open(BytesIO(pdf)) as document:
        assert not [page for page in document.pages if "/Annots" in page]
        assert not {"/JavaScript", "/OpenAction", "/AA"} & document.Root.keys()


FIELDS_OF_ONE_LINE = [
    "/customer/name", "/customer/phone", "/billing_address/line1", "/shipping_address/city",
    "/shipping_address/postal_code", "/payment/method", "/payment/brand", "/metadata/remark",
    "/items/0/name", "/items/0/sku",
]  # fmt: skip
FIELDS_OF_A_FORM = [
    "/customer_id", "/currency", "/customer/email", "/billing_address/country", "/payment/last4", "/campaign_code",
    "/locale", "/items/0/product_id",
]  # fmt: skip


def with_text(pointer: str, text: str) -> dict[str, Any]:
    body: Any = order_body([HARMLESS], HARMLESS)
    *path, last = pointer.strip("/").split("/")
    at = body
    for part in path:
        at = at[int(part)] if isinstance(at, list) else at[part]
    at[last] = text
    found: dict[str, Any] = body
    return found


@pytest.mark.parametrize("pointer", FIELDS_OF_ONE_LINE)
async def test_what_would_begin_another_line_or_header_is_refused(api: Api, pointer: str) -> None:
    for text in ["a\r\nBcc: v@e.com", "a\nb", "a\u0000b", "a\u0085b", "a\u001bb", "a\u2028b", "a\u2029b"]:
        problem = expect(await api.call("POST", ORDERS, with_text(pointer, text)), 422, "invalid-content")
        assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


@pytest.mark.parametrize("pointer", FIELDS_OF_A_FORM)
async def test_what_has_a_form_takes_nothing_else(api: Api, pointer: str) -> None:
    for text in ["<b>", "{{7*7}}", "a@b.com\r\nBcc: v@e.com", "a b", "../x", "", "a'--"]:
        answer = await api.call("POST", ORDERS, with_text(pointer, text), role="staff")
        problem = expect(answer, 422, "invalid-content")
        assert pointer in {fault["pointer"] for fault in problem["errors"]}


NOT_FOLLOWED = (
    "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.com/x", "ftp://example.com/x",
    'https://example.com/"onclick="x', "https://example.com/<b>", "https://example.com/ x", "https://", "\thttps://e.com",
    "https://example.com/\r\nBcc: x",
)  # fmt: skip


async def test_only_a_web_address_tracks_a_parcel(api: Api) -> None:
    order_id = await placed(api, [HARMLESS], HARMLESS)
    confirmed = await api.call("PUT", f"{ORDERS}/{order_id}/status", {"status": "processing"}, role="staff")
    assert confirmed.status_code == 200
    for url in NOT_FOLLOWED:
        parcel = {"carrier": "DHL", "tracking_number": "T1", "tracking_url": url}
        answer = await api.call("POST", f"{ORDERS}/{order_id}/fulfill", parcel, role="staff")
        problem = expect(answer, 422, "invalid-content")
        assert [fault["pointer"] for fault in problem["errors"]] == ["/tracking_url"]
