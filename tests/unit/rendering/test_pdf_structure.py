"""Clauses of PDF/A-3a and PDF/UA-1 that the checkers omit, one by one: see docs/documents.md."""

import hashlib
import re
import xml.etree.ElementTree as ET
from io import BytesIO
from itertools import pairwise

import pikepdf
import pytest

from orders.domain.order import Order
from tests.support.builders import a_line, an_order
from tests.unit.rendering.checkers import elements_of
from tests.unit.rendering.conftest import Render

A4 = (595.28, 841.89)
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
STANDARD_TYPES = frozenset(
    "Document Sect Div NonStruct P H1 H2 Span Table THead TBody TR TH TD Figure".split()  # noqa: SIM905 - to be read
)


@pytest.fixture(scope="module")
def written(render: Render, rich_order: Order) -> bytes:
    return render(rich_order)


@pytest.fixture(scope="module")
def pdf(render: Render) -> pikepdf.Pdf:
    """A document of several pages, with characters that no packaged font has."""
    names = ["王小明の急須", "Ελληνικά", *(f"Thing {number}" for number in range(28))]
    return pikepdf.open(BytesIO(render(an_order(lines=tuple(a_line(name=name) for name in names)))))


def test_the_file_is_a_binary_one_and_ends_where_it_ends(written: bytes) -> None:
    """ISO 19005-3, 6.1.2 and 6.1.3: four bytes above 127 in the second line, nothing after the end."""
    first, second, _ = written.split(b"\n", 2)
    assert first == b"%PDF-1.7"
    assert second.startswith(b"%")
    assert len([byte for byte in second[1:] if byte > 127]) >= 4
    assert written.endswith(b"%%EOF\n")
    assert written.count(b"%%EOF") == 1


def test_streams_are_as_long_as_they_say(written: bytes) -> None:
    """6.1.7: the key word, one line end, that many bytes, a line end, the key word."""
    lengths = [
        (int(found[1]), found.end())
        for found in re.finditer(rb"/Length (\d+)[^\x80-\xff]{0,300}?>>\nstream\n", written)
    ]
    assert len(lengths) >= 8
    for length, start in lengths:
        assert written[start + length :].startswith(b"\nendstream\nendobj\n")


def test_it_is_not_encrypted_and_has_an_identifier(pdf: pikepdf.Pdf) -> None:
    """6.1.3: no key Encrypt; ID, of the content and of this writing of it."""
    assert "/Encrypt" not in pdf.trailer
    content, writing = (bytes(each) for each in pdf.trailer.ID)
    assert len(content) == len(writing) == 32


def test_information_and_metadata_say_the_same(pdf: pikepdf.Pdf) -> None:
    """6.6.3: where both are there, readers may look at either."""
    with pdf.open_metadata() as metadata:
        assert metadata["dc:title"] == str(pdf.docinfo.Title)
        assert metadata["dc:creator"] == [str(pdf.docinfo.Author)]
        assert metadata["dc:description"] == str(pdf.docinfo.Subject)
        assert metadata["pdf:Producer"] == str(pdf.docinfo.Producer)
        for key, name in [("xmp:CreateDate", "/CreationDate"), ("xmp:ModifyDate", "/ModDate")]:
            assert re.sub(r"[-:T]", "", metadata[key]) == str(pdf.docinfo[name]).removeprefix("D:") == "20261122120000Z"


def test_the_schema_of_pdf_ua_is_described_in_full(written: bytes) -> None:
    """6.6.2.3.3: every schema that PDF/A does not know itself, with prefix, and type and category of each property."""
    packet = written[written.index(b"<x:xmpmeta") : written.index(b"</x:xmpmeta>") + len(b"</x:xmpmeta>")]
    tree = ET.fromstring(packet)  # noqa: S314 - our own
    (schema,) = tree.findall(f".//{{http://www.aiim.org/pdfa/ns/extension/}}schemas/{RDF}Bag/{RDF}li")
    assert schema.get(f"{RDF}parseType") == "Resource"
    assert schema.findtext(f"{SCHEMA}namespaceURI") == "http://www.aiim.org/pdfua/ns/id/"
    assert schema.findtext(f"{SCHEMA}prefix") == "pdfuaid"
    assert schema.findtext(f"{SCHEMA}schema")
    (part,) = schema.findall(f"{SCHEMA}property/{RDF}Seq/{RDF}li")
    assert part.findtext(f"{PROPERTY}name") == "part"
    assert part.findtext(f"{PROPERTY}valueType") == "Integer"
    assert part.findtext(f"{PROPERTY}category") == "internal"
    assert part.findtext(f"{PROPERTY}description")


def test_every_glyph_stands_for_text_that_others_know_too(pdf: pikepdf.Pdf) -> None:
    """6.2.11.7: each font maps to Unicode, none of it to a private character, which level A allows with words only."""
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
    assert len(fonts) >= 3
    for font in fonts:
        mapped = re.findall(rb"<[0-9a-fA-F]+> <([0-9a-fA-F]+)>", font.ToUnicode.read_bytes())
        assert mapped != []
        text = "".join(bytes.fromhex(each.decode()).decode("utf-16-be") for each in mapped)
        assert not any("\ue000" <= character <= "\uf8ff" or character in "\0\ufeff\ufffe" for character in text)


def test_types_are_those_of_the_standard(pdf: pikepdf.Pdf) -> None:
    """6.7.3.4: so that no role map is needed."""
    assert {str(each.S)[1:] for each in elements_of(pdf)} <= STANDARD_TYPES
    assert "/RoleMap" not in pdf.Root.StructTreeRoot
    assert not pdf.Root.MarkInfo.get("/Suspects", False)


def test_all_that_is_marked_leads_to_its_element_and_back(pdf: pikepdf.Pdf) -> None:
    """ISO 32000-1, 14.7.4.4: for each page, content by its number; what is in margins is nobody's."""
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    parents = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
    elements = elements_of(pdf)
    claimed = {
        (element.Pg.objgen, int(kid)): element.objgen
        for element in elements
        for kid in element.get("/K", pikepdf.Array())
        if isinstance(kid, int)
    }
    seen = set()
    for page in pdf.pages:
        for step in pikepdf.parse_content_stream(page):
            if str(step.operator) == "BDC" and "/MCID" in step.operands[1]:
                place = (page.obj.objgen, int(step.operands[1].MCID))
                assert parents[int(page.StructParents)][place[1]].objgen == claimed[place]
                seen.add(place)
    assert len(pdf.pages) > 1
    assert seen == set(claimed)


def test_cells_name_headers_that_are_there(pdf: pikepdf.Pdf) -> None:
    """ISO 14289-1, 7.5: every cell below a header says which; every header what it heads."""
    headers = {str(each.ID) for each in elements_of(pdf, "/TH") if "/ID" in each}
    cells = [each for each in elements_of(pdf, "/TD") if "/A" in each and "/Headers" in each.A]
    assert len(cells) >= 30 * 5
    assert {str(name) for cell in cells for name in cell.A.Headers} <= headers
    assert all(str(each.A.Scope) in {"/Column", "/Row"} for each in elements_of(pdf, "/TH"))


def test_headings_go_down_by_one_level_at_most(pdf: pikepdf.Pdf) -> None:
    """ISO 14289-1, 7.4.2: one of the first level, which comes first."""
    levels = [int(str(each.S)[2:]) for each in elements_of(pdf) if re.fullmatch("/H[1-6]", str(each.S))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_pages_are_a4_and_read_in_the_order_of_their_structure(pdf: pikepdf.Pdf) -> None:
    """6.1.13 bounds their size; ISO 14289-1, 7.18.3 the order of tabs."""
    for page in pdf.pages:
        assert [float(each) for each in page.MediaBox] == pytest.approx([0, 0, *A4], abs=0.01)
        assert page.Tabs == "/S"
        assert "/Rotate" not in page
        assert "/AA" not in page


def test_the_attachment_is_described(pdf: pikepdf.Pdf) -> None:
    """6.8, and ISO 14289-1, 7.11: name in both forms, type, relation, words, size, sum, date; one file, listed once."""
    names = pdf.Root.Names.EmbeddedFiles.Names
    (specification,) = pdf.Root.AF
    assert [str(names[0]), names[1].objgen] == [str(specification.UF), specification.objgen]
    assert str(specification.F) == str(specification.UF)
    assert str(specification.Desc) == "The order's content as JSON"
    assert specification.AFRelationship == "/Source"
    stored = specification.EF.F
    content = stored.read_bytes()
    assert stored.Subtype == "/application/json"
    assert int(stored.Params.Size) == len(content)
    assert bytes(stored.Params.CheckSum) == hashlib.md5(content, usedforsecurity=False).digest()


def test_nothing_leads_out_of_it(pdf: pikepdf.Pdf) -> None:
    """6.1.7.1, 6.2.9 and 6.5.1: no action, no annotation, no stream in another file, no picture from elsewhere."""
    for each in pdf.objects:
        if isinstance(each, pikepdf.Stream | pikepdf.Dictionary):
            assert not {"/URI", "/GoToR", "/Launch", "/JS", "/OPI", "/Ref", "/FFilter"} & set(each.keys())
            assert not (isinstance(each, pikepdf.Stream) and "/F" in each)
    assert all("/Annots" not in page for page in pdf.pages)
