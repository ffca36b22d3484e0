"""Content of a PDF: text, structure, metadata, the attached data; the same bytes each time."""

import asyncio
import json
import re
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from pypdf import PdfReader

from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from tests.support.builders import a_line, a_stamp, a_tenant, an_order, an_order_id
from tests.unit.rendering.checkers import elements_of
from tests.unit.rendering.conftest import Render


@pytest.fixture(scope="module")
def rich_pdf(render: Render, rich_order: Order) -> bytes:
    return render(rich_order)


@pytest.fixture(scope="module")
def pdf(rich_pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(rich_pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_it_shows_everything_of_the_order(rich_pdf: bytes, rich_order: Order) -> None:
    text = text_of(rich_pdf)
    for expected in [
        rich_order.order_number,
        "22 November 2026, 12:00 UTC",
        "Harbour & Sons",
        "3 Dock Road",
        "Thandi Mokoena",
        "12 Long Street",
        "Cape Town, Western Cape 8001",
        "Enamel mug, 350 ml",
        "MUG-350 · prod_001",
        "prod_nameless",
        "59.98",
        "1\u00a0499.00",
        "−150.00",
        "12\u00a0600.00",
        "15%",
        "SPRING-26",
        "Visa ending in 4242",
        "Please ring twice.",
        "Tax no. 4012345678",
    ]:
        assert expected in text
    assert "tok_not_printed" not in text
    assert "None" not in text


def test_its_totals_are_the_orders(rich_pdf: bytes, rich_order: Order) -> None:
    lines = [line.replace("\u00a0", "") for line in text_of(rich_pdf).splitlines()]
    totals = rich_order.totals
    assert f"Subtotal {totals.subtotal}" in lines
    assert f"Tax {totals.tax}" in lines
    assert f"Shipping {totals.shipping}" in lines
    assert f"Discount −{totals.discount}" in lines
    assert lines[lines.index(f"Discount −{totals.discount}") + 1] == "of which campaign −12.50"
    assert f"Total ZAR {totals.total}" in lines


def test_a_campaign_that_gave_nothing_has_no_row(render: Render) -> None:
    for nothing in (None, Money.zero(Currency.of("ZAR"))):
        assert "of which" not in text_of(render(an_order(campaign_code="SPRING", campaign_discount=nothing)))


@pytest.mark.parametrize(
    ("currency", "price", "net", "total"),
    [
        ("JPY", "1999", "3\u00a0998", "JPY 4\u00a0398"),
        ("USD", "629.99", "1\u00a0259.98", "USD 1\u00a0385.98"),
        ("BHD", "1.005", "2.010", "BHD 2.211"),
    ],
)
def test_amounts_have_the_currencys_digits(render: Render, currency: str, price: str, net: str, total: str) -> None:
    text = text_of(render(an_order(currency=currency, lines=(a_line(price=Decimal(price), tax_rate=Decimal("0.1")),))))
    assert re.search(rf"\s{net}\s", text)
    assert f"Total {total}" in text


def test_it_says_what_it_conforms_to(pdf: pikepdf.Pdf) -> None:
    metadata = pdf.open_metadata()
    assert metadata["pdfaid:part"] == "3"
    assert metadata["pdfaid:conformance"] == "A"
    assert metadata["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
    packet = pdf.Root.Metadata.read_bytes()
    assert packet.count(b"<rdf:RDF") == 1
    assert b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>" in packet
    assert pdf.Root.OutputIntents[0].S == "/GTS_PDFA1"


def test_it_is_accessible(pdf: pikepdf.Pdf, rich_order: Order) -> None:
    root = pdf.Root
    assert bool(root.MarkInfo.Marked)
    assert bool(root.ViewerPreferences.DisplayDocTitle)
    assert str(root.Lang) == "en"
    assert str(pdf.docinfo.Title) == f"Order {rich_order.order_number} – Harbour & Sons"
    elements = elements_of(pdf)
    kinds = [str(element.S) for element in elements]
    assert kinds.count("/H1") == 1
    assert kinds.count("/Table") == 2
    scopes = [str(element.A.Scope) for element in elements if element.S == "/TH"]
    assert scopes == ["/Column"] * 6 + ["/Row"] * 6
    figures = [str(element.Alt) for element in elements if element.S == "/Figure"]
    assert figures == [f"QR code of order number {rich_order.order_number}"]


def test_its_fonts_are_embedded(pdf: pikepdf.Pdf) -> None:
    names = set()
    for font in pdf.pages[0].Resources.Font.values():
        descriptor = font.DescendantFonts[0].FontDescriptor
        assert "/FontFile2" in descriptor
        names.add(str(descriptor.FontName).split("+")[1])
    assert names == {"Inter", "Inter-Semi-Bold"}


def test_it_has_no_actions_or_scripts(pdf: pikepdf.Pdf) -> None:
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary):
            assert (
                not {"/JS", "/JavaScript", "/OpenAction", "/AA", "/A"} & set(each.keys())
                or each.get("/Type") == "/StructElem"
            )


def test_the_order_is_attached_as_data(pdf: pikepdf.Pdf, rich_order: Order) -> None:
    assert len(pdf.Root.AF) == 1
    specification = pdf.Root.AF[0]
    assert specification.AFRelationship == "/Source"
    assert str(specification.EF.F.Params.ModDate) == "D:20261122120000Z"
    name = f"order-{rich_order.order_number}.json"
    assert list(pdf.attachments) == [name]
    content = pdf.attachments[name].get_file().read_bytes()
    order = json.loads(content, parse_float=Decimal)
    assert list(order) == sorted(order)
    assert order["order_number"] == rich_order.order_number
    assert order["total"] == rich_order.totals.total.to_decimal()
    assert (order["discount"], order["campaign_discount"]) == (Decimal("20.00"), Decimal("12.50"))
    assert b'"price":29.99' in content
    assert b'"shipping":85.00' in content
    assert [item["product_id"] for item in order["items"]] == ["prod_001", "prod_kettle", "prod_nameless"]
    assert order["billing_address"]["city"] == "Cape Town"
    assert b"tok_not_printed" not in content
    assert b"not-printed-either" not in content


async def test_other_processes_make_the_same_bytes(rich_order: Order, rich_pdf: bytes) -> None:
    renderer = PdfRenderer(processes=2, timeout_seconds=120)
    try:
        pdfs = await asyncio.gather(*(renderer.render(rich_order, a_tenant()) for _ in range(3)))
    finally:
        await renderer.close()
    assert set(pdfs) == {rich_pdf}


def test_what_is_not_printed_changes_nothing(render: Render, rich_order: Order, rich_pdf: bytes) -> None:
    processing = rich_order.process(a_stamp(), [Role.STAFF]).order
    assert render(processing) == rich_pdf


def test_another_order_is_another_document(render: Render) -> None:
    one, other = render(an_order()), render(an_order(order_id=an_order_id(2)))
    ids = [pikepdf.open(BytesIO(pdf)).trailer.ID[0] for pdf in (one, other)]
    assert bytes(ids[0]) != bytes(ids[1])
