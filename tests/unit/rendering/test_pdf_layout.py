"""Documents of one page and of many, with long and foreign texts."""

import re
from base64 import b64encode
from decimal import Decimal
from io import BytesIO

import pikepdf
import pytest
from pikepdf.pdfa import validate_written
from PIL import Image
from pypdf import PdfReader

from orders.adapters.outbound.rendering.wording import amount
from orders.domain.parts import Customer
from tests.support.builders import a_line, a_tenant, an_address, an_order
from tests.unit.rendering.conftest import Render

LINES = 120  # four pages; documents of 500 lines are `make proof`'s


def a_picture(kind: str) -> str:
    target = BytesIO()
    Image.new("L", (120, 40), 96).save(target, kind)
    return f"data:image/{kind.lower()};base64,{b64encode(target.getvalue()).decode()}"


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]


def test_one_page_has_no_number(render: Render) -> None:
    pages = pages_of(render(an_order()))
    assert len(pages) == 1
    assert "Page" not in pages[0]


@pytest.fixture(scope="module")
def long_pdf(render: Render) -> bytes:
    lines = tuple(
        a_line(product_id=f"prod_{number}", name=f"Thing {number}.", sku=None, quantity=1, price=Decimal(number) / 100)
        for number in range(1, LINES + 1)
    )
    return render(an_order(lines=lines))


@pytest.fixture(scope="module")
def long_pages(long_pdf: bytes) -> list[str]:
    return pages_of(long_pdf)


def test_the_lines_of_many_pages_are_all_there_once(long_pages: list[str]) -> None:
    found = [int(number) for page in long_pages for number in re.findall(r"Thing (\d+)\.", page)]
    assert found == list(range(1, LINES + 1))


def test_each_page_says_which_it_is(long_pages: list[str]) -> None:
    for number, page in enumerate(long_pages, start=1):
        assert f"Page {number} of {len(long_pages)}" in page


def test_each_page_of_lines_repeats_the_header(long_pages: list[str]) -> None:
    for page in long_pages:
        if "Thing" in page:
            assert "Quantity Unit price Tax Net" in page


def test_rows_are_not_split(long_pages: list[str]) -> None:
    for page in long_pages:
        for number in re.findall(r"Thing (\d+)\.", page):
            assert f"prod_{number}" in page.split()


def test_totals_stay_together(long_pages: list[str]) -> None:
    assert [page for page in long_pages if "Subtotal" in page] == [page for page in long_pages if "Total ZAR" in page]


def test_identifiers_of_header_cells_are_unique(long_pdf: bytes, long_pages: list[str]) -> None:
    with pikepdf.open(BytesIO(long_pdf)) as pdf:
        identifiers = [str(each) for each in list(pdf.Root.StructTreeRoot.IDTree.Names)[::2]]
    assert len(identifiers) == len(set(identifiers)) > 5 * len(long_pages) - 5


def test_headers_and_footers_are_artifacts(long_pdf: bytes) -> None:
    with pikepdf.open(BytesIO(long_pdf)) as pdf:
        content = pdf.pages[1].Contents.read_bytes()
    # Page header, the footer's name, dot and address, page number.
    assert content.count(b"/Artifact\n<</Type /Pagination>>\nBDC") == 5


def test_whatever_people_write_is_kept_and_archivable(render: Render) -> None:
    names = ["王小明の急須", "Ελληνικά Кириллица Tiếng Việt", "🎁 gift", "10x20->1", "W" * 300]
    order = an_order(
        lines=tuple(a_line(name=name) for name in names),
        shipping_address=an_address(name="كوب"),
        billing_address=an_address(line1="王 e\u0301 \u3000 王\u0301"),
        notes="n" * 3000,
    )
    pdf = render(order)
    text = "".join(pages_of(pdf))
    assert "王小明の急須" in text
    assert "Ελληνικά Кириллица" in text
    assert "🎁 gift" in text
    assert "10x20->1" in text
    assert text.count("W") == 300 + len(["Western Cape", "Western Cape"])
    assert [each for each in validate_written(BytesIO(pdf), "3b").findings if "notdef" in each.message] == []


@pytest.mark.parametrize("accent", ["#ffe000", "red;} body { display: none", ""])
def test_any_accent_colour_renders(render: Render, accent: str) -> None:
    assert "Total ZAR 59.98" in pages_of(render(an_order(), a_tenant(accent=accent)))[0]


def test_figures_of_any_length_stay_in_one_piece(render: Render) -> None:
    line = a_line(price=Decimal("9999999.99"), quantity=1_000_000, discount=Decimal("1.01"), tax_rate=Decimal("0.155"))
    order = an_order(lines=(line,))
    page = pages_of(render(order))[0]
    assert "1\u00a0000\u00a0000" in page
    for figure in (order.lines[0].price, order.lines[0].tax, order.lines[0].net, order.totals.total):
        assert amount(figure) in page


def test_long_notes_begin_below_the_totals_and_go_on(render: Render) -> None:
    pages = pages_of(render(an_order(notes="\n".join(f"line {number}." for number in range(1, 61)))))
    assert len(pages) == 2
    assert "Total ZAR 59.98" in pages[0]
    assert "line 10." in pages[0]
    found = [int(number) for page in pages for number in re.findall(r"line (\d+)\.", page)]
    assert found == list(range(1, 61))


@pytest.mark.parametrize(("lines", "notes"), [(7, None), (8, None), (9, None), (3, 18), (3, 20), (3, 22), (3, 24)])
def test_no_page_has_the_thanks_alone(render: Render, lines: int, notes: int | None) -> None:
    things = tuple(a_line(product_id=f"prod_{number}", name=f"Thing {number}") for number in range(lines))
    order = an_order(lines=things, notes=None if notes is None else "\n".join(["Ring twice."] * notes))
    (thanked,) = [page for page in pages_of(render(order)) if "Thank you" in page]
    assert "Total ZAR" in thanked or thanked.count("Ring twice.") >= 2


def test_addresses_are_not_broken_where_a_line_has_room_for_them(render: Render) -> None:
    name = "x" * 70
    tenant = a_tenant(name=name, reply_to="hello@karoo-coffee.example", website="karoo-coffee-roasters.example")
    (page,) = pages_of(render(an_order(), tenant))
    lines = [line.strip() for line in page.split("\n")]
    assert "karoo-coffee-roasters.example" in lines
    assert page.count("hello@karoo-coffee.example") == 2
    customer = Customer(name="X", email="a-local-part-of-some-length@a-domain-of-some-length.karoo-coffee.example")
    (page,) = pages_of(render(an_order(customer=customer)))
    assert str(customer.email) in "".join(line.strip() for line in page.split("\n"))


def test_a_shop_with_a_logo_has_its_name_on_the_first_page_once(render: Render) -> None:
    logo = a_picture("PNG")
    address = ("Harbour & Sons", "3 Dock Road")
    for tenant in (a_tenant(logo=logo), a_tenant(logo=logo, address=address), a_tenant(logo=logo, address=())):
        header = pages_of(render(an_order(), tenant))[0].partition("Order confirmation")[0]
        assert len(re.findall(r"Harbour & Sons(?! \(Pty\))", header)) == 1


def test_figures_of_four_digits_are_grouped_as_those_of_five_beside_them(render: Render) -> None:
    lines = (a_line(quantity=1_234, price=Decimal(1)), a_line(quantity=12_345, price=Decimal(1)))
    (page,) = pages_of(render(an_order(lines=lines)))
    for figure in ("1\u00a0234", "12\u00a0345", "1\u00a0234.00", "12\u00a0345.00"):
        assert re.search(rf"\s{figure}\s", page)
