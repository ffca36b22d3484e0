"""Every kind of document passes two checkers that are not ours; a damaged one is found out by them."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from PIL import Image

from orders.adapters.outbound.rendering.environment import Sources, TemplateRenderer
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.domain.erasing import erase
from orders.domain.lifecycle import Role
from orders.domain.order import Order
from orders.domain.parts import Customer
from orders.domain.shipping import Shipment
from tests.support.builders import a_line, a_stamp, a_tenant, an_address, an_order
from tests.unit.rendering.checkers import accessibility_findings, archival_findings, elements_of
from tests.unit.rendering.conftest import Render

OWN_TEMPLATE = """<!doctype html><html lang="af"><head><title>Faktuur {{ order.number }}</title></head><body>
<h1>Faktuur {{ order.number }}</h1>
<p><img src="{{ qr }}" alt="QR-kode van {{ order.number }}"></p>
<p>Sien <a href="https://shop.example.com/orders">u bestellings</a>.</p>
<h2>Items</h2>
<ul>{% for line in order.lines %}<li>{{ line.name }}</li>{% endfor %}</ul>
<table><tr><th>Item</th><th>Netto</th></tr>
{% for line in order.lines %}<tr><td>{{ line.name }}</td><td>{{ line.net }}</td></tr>{% endfor %}</table>
</body></html>"""
"""A shop's own template: another language, a link, a list, a table without ``thead``, no style sheet."""


def svg_logo() -> str:
    size = 'width="120" height="40"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect {size} opacity=".5"/></svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def picture(mode: str, kind: str) -> str:
    target = BytesIO()
    Image.new(mode, (120, 40), 96).save(target, kind)
    return f"data:image/{kind.lower()};base64,{b64encode(target.getvalue()).decode()}"


LOGOS = {
    "SVG": svg_logo(),
    "PNG with transparency": picture("RGBA", "PNG"),
    "PNG in grey": picture("L", "PNG"),
    "PNG with a palette": picture("P", "PNG"),
    "JPEG": picture("RGB", "JPEG"),
}


def lines(number: int) -> Order:
    return an_order(lines=tuple(a_line(product_id=f"prod_{each}", name=f"Thing {each}") for each in range(number)))


def foreign() -> Order:
    names = ["王小明の急須", "Ελληνικά Кириллица Tiếng Việt", "🎁 gift", "W" * 200, "كوب"]
    given = tuple(a_line(name=name, sku="S" * 60) for name in names)
    return an_order(
        lines=given, customer=Customer(name="A very long name " * 12), shipping_address=an_address(name="王")
    )


def shipped() -> Order:
    stamp, shop = a_stamp(), [Role.STAFF]
    return an_order().process(stamp, shop).order.fulfil(Shipment("DHL", "123"), stamp, shop).order


def erased() -> Order:
    order = an_order(notes="Ring twice.").cancel("no", a_stamp(), [Role.CUSTOMER]).order
    return erase(order, a_stamp(role=Role.ADMIN), [Role.ADMIN]).order


ORDERS: dict[str, Callable[[], Order]] = {
    "one line": an_order,
    "30 lines": lambda: lines(30),
    "60 lines": lambda: lines(60),
    "long and foreign": foreign,
    "parcels": shipped,
    "erased": erased,
    "JPY": lambda: an_order(currency="JPY", lines=(a_line(price=Decimal(1999), tax_rate=Decimal("0.1")),)),
    "BHD": lambda: an_order(currency="BHD", lines=(a_line(price=Decimal("1.005"), tax_rate=Decimal("0.1")),)),
    "long figures": lambda: an_order(lines=(a_line(price=Decimal("9999999.99"), quantity=1_000_000),)),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_document_is_what_it_says(render: Render, name: str) -> None:
    pdf = render(ORDERS[name]())
    assert archival_findings(pdf) == []
    assert accessibility_findings(pdf) == []


@pytest.mark.parametrize("logo", LOGOS)
def test_a_rich_order_with_a_logo_conforms_to_pdf_a_and_pdf_ua(render: Render, rich_order: Order, logo: str) -> None:
    pdf = render(rich_order, a_tenant(logo=LOGOS[logo]))
    assert archival_findings(pdf) == []
    assert accessibility_findings(pdf) == []


@pytest.fixture(scope="module")
def of_the_shops_own(renderer: PdfRenderer) -> bytes:
    order, tenant = an_order(), a_tenant()
    html = TemplateRenderer(Sources({DOCUMENT: OWN_TEMPLATE})).render(DOCUMENT, document_context(order, tenant))
    return asyncio.run(renderer.printed(order, tenant, html))


def test_a_shops_own_template_conforms_to_pdf_a_and_pdf_ua(of_the_shops_own: bytes) -> None:
    assert archival_findings(of_the_shops_own) == []
    assert accessibility_findings(of_the_shops_own) == []


def test_a_row_of_headers_heads_columns_without_thead(of_the_shops_own: bytes) -> None:
    with pikepdf.open(BytesIO(of_the_shops_own)) as pdf:
        assert [str(each.A.Scope) for each in elements_of(pdf, "/TH")] == ["/Column", "/Column"]
        assert str(pdf.Root.Lang) == "af"


@pytest.fixture(scope="module")
def rich_pdf(render: Render, rich_order: Order) -> bytes:
    return render(rich_order)


def damaged(pdf: bytes, damage: Callable[[pikepdf.Pdf], None]) -> bytes:
    """The document after that, written as before: metadata in the clear."""
    target = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as opened:
        damage(opened)
        opened.save(target, compress_streams=False, fix_metadata_version=False)
    return target.getvalue()


def no_output_intent(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.OutputIntents


def a_script(pdf: pikepdf.Pdf) -> None:
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def a_font_that_is_not_embedded(pdf: pikepdf.Pdf) -> None:
    for font in pdf.pages[0].Resources.Font.values():
        del font.DescendantFonts[0].FontDescriptor["/FontFile2"]


def a_picture_that_is_elsewhere(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].Contents.F = pikepdf.String("https://example.com/page")


def another_colour_space(pdf: pikepdf.Pdf) -> None:
    pdf.pages[0].contents_add(b"0 0 0 1 k 0 0 9 9 re f")


def an_attachment_of_no_relation(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].AFRelationship


def an_attachment_of_no_type(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].EF.F["/Subtype"]


def no_glyph(pdf: pikepdf.Pdf) -> None:
    name = next(iter(pdf.pages[0].Resources.Font))
    pdf.pages[0].contents_add(f"BT {name} 9 Tf 9 9 Td <0000> Tj ET".encode())


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (no_output_intent, "ISO_19005_3:6.2.4.3"),
        (a_script, "pikepdf:schema-Catalog /OpenAction"),
        (a_font_that_is_not_embedded, "ISO_19005_3:6.2.11.4.1-1"),
        (a_picture_that_is_elsewhere, "ISO_19005_3:6.1.7.1-3"),
        (another_colour_space, "ISO_19005_3:6.2.4.3-3"),
        (an_attachment_of_no_relation, "ISO_19005_3:6.8-3"),
        (an_attachment_of_no_type, "ISO_19005_3:6.8-1"),
        (no_glyph, "ISO_19005_3:6.2.11.8-1"),
    ],
)
def test_what_keeps_it_from_the_archive_is_found(
    rich_pdf: bytes, damage: Callable[[pikepdf.Pdf], None], rule: str
) -> None:
    assert archival_findings(damaged(rich_pdf, lambda pdf: None)) == []
    assert [each for each in archival_findings(damaged(rich_pdf, damage)) if each.startswith(rule)] != []


def not_marked(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.MarkInfo


def no_structure(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.StructTreeRoot


def no_language(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Lang


def the_file_name_as_title(pdf: pikepdf.Pdf) -> None:
    pdf.Root.ViewerPreferences.DisplayDocTitle = False


def a_picture_without_words(pdf: pikepdf.Pdf) -> None:
    for figure in elements_of(pdf, "/Figure"):
        del figure["/Alt"]


def headers_of_nothing(pdf: pikepdf.Pdf) -> None:
    for header in elements_of(pdf, "/TH"):
        del header["/A"]
        del header["/ID"]


def a_level_left_out(pdf: pikepdf.Pdf) -> None:
    elements_of(pdf, "/H2")[0].S = pikepdf.Name.H3


def a_type_that_nobody_knows(pdf: pikepdf.Pdf) -> None:
    elements_of(pdf, "/P")[0].S = pikepdf.Name.Sentence


def text_outside_the_structure(pdf: pikepdf.Pdf) -> None:
    name = next(iter(pdf.pages[0].Resources.Font))
    pdf.pages[0].contents_add(f"BT {name} 9 Tf 9 9 Td <00130014> Tj ET".encode())


def glyphs_that_are_no_letters(pdf: pikepdf.Pdf) -> None:
    for font in pdf.pages[0].Resources.Font.values():
        del font["/ToUnicode"]


def an_attachment_without_words(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.AF[0].Desc


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (not_marked, "DOC-001"),
        (no_structure, "DOC-002"),
        (no_language, "DOC-013"),
        (the_file_name_as_title, "DOC-011"),
        (a_picture_without_words, "FIG-001"),
        (headers_of_nothing, "TBL-002"),
        (a_level_left_out, "HDG-001"),
        (a_type_that_nobody_knows, "TAG-010"),
        (text_outside_the_structure, "TAG-001"),
        (glyphs_that_are_no_letters, "TXT-002"),
        (an_attachment_without_words, "DOC-031"),
    ],
)
def test_what_shuts_people_out_is_found(rich_pdf: bytes, damage: Callable[[pikepdf.Pdf], None], rule: str) -> None:
    assert accessibility_findings(damaged(rich_pdf, lambda pdf: None)) == []
    assert [each for each in accessibility_findings(damaged(rich_pdf, damage)) if each.startswith(rule)] != []
