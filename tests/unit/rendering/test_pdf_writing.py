"""Objects turned into bytes once make the file that pydyf makes of them."""

from io import BytesIO

import pikepdf
import pydyf
import pytest

from orders.adapters.outbound.rendering.pdf.writing import write_once


def document() -> pydyf.PDF:
    """Something of all that there is: pages, streams of each kind, one that is no longer used."""
    pdf = pydyf.PDF()
    content = pydyf.Stream(["q", b"stream\nendstream", 1.5, pydyf.Array([1, 2]), "Q"], {"Kind": "/Text"}, compress=True)
    plain = pydyf.Stream([b"stream\n\nendstream\n"], {"Type": "/Metadata"})
    font = pydyf.Stream([bytes(range(256)) * 40], pydyf.Dictionary({"Length1": 10240}), compress=True)
    unused = pydyf.Dictionary({"Gone": "/Yes"})
    for each in (content, plain, unused, font):
        pdf.add_object(each)
    unused.free = "f"
    page = {"Type": "/Page", "Parent": pdf.pages.reference, "Contents": content.reference}
    pdf.add_page(pydyf.Dictionary({**page, "MediaBox": pydyf.Array([0, 0, 9, 9]), "Resources": pydyf.Dictionary()}))
    pdf.catalog["Extras"] = pydyf.Array([plain.reference, font.reference, pydyf.String("Grüße")])
    pdf.info["Title"] = pydyf.String("A title")
    return pdf


def streams(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return [pdf.pages[0].Contents, pdf.Root.Extras[0], pdf.Root.Extras[1]]


def written(pdf: pydyf.PDF, *, compress: bool) -> bytes:
    target = BytesIO()
    pdf.write(target, b"1.7", b"0" * 32, compress)
    return target.getvalue()


@pytest.mark.parametrize("compress", [True, False])
def test_the_file_has_the_same_objects(compress: bool) -> None:
    ours = document()
    write_once(ours)
    with (
        pikepdf.open(BytesIO(written(document(), compress=compress))) as expected,
        pikepdf.open(BytesIO(written(ours, compress=compress))) as found,
    ):
        assert len(found.objects) == len(expected.objects) > 5
        assert found.docinfo["/Title"] == "A title"
        assert bytes(found.Root.Extras[2]) == bytes(expected.Root.Extras[2])
        for one, other in zip(streams(expected), streams(found), strict=True):
            assert other.read_bytes() == one.read_bytes() != b""
            assert other.keys() == one.keys()
            assert other.get("/Filter") == one.get("/Filter")


def test_streams_that_are_not_to_be_compressed_are_not() -> None:
    pdf = document()
    write_once(pdf)
    assert b"stream\n\nendstream\n" in written(pdf, compress=True)


def test_each_stream_says_how_long_it_is() -> None:
    pdf = document()
    write_once(pdf)
    with pikepdf.open(BytesIO(written(pdf, compress=True))) as found:
        assert found.check_pdf_syntax() == []
        for each in found.objects:
            if isinstance(each, pikepdf.Stream):
                assert int(each.Length) == len(each.read_raw_bytes())
