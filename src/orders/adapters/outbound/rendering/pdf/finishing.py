"""Completes WeasyPrint's PDF/A-3a to PDF/UA-1 by changing its objects before they are written."""

from collections.abc import Iterable, Iterator
from typing import Any

from orders.adapters.outbound.rendering.pdf.glyph_text import complete_texts
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import fonts_folder
from orders.adapters.outbound.rendering.pdf.writing import write_once

_PDF_UA_METADATA = b"""\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>\
</rdf:Description>\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that the document keeps to</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""
"""PDF/A knows the PDF/UA identifier only if a document describes it (ISO 19005-3, 6.6.2.3)."""

_RDF_END = b"</rdf:RDF>"


def finish(document: Any, pdf: Any) -> None:
    """Declares PDF/UA-1, marks margins as artifacts, completes texts, tables and attachments, and turns all objects
    into bytes; a WeasyPrint finisher.
    """
    del document
    complete_texts(pdf, fonts_folder())
    _drop_empty_resources(pdf)
    _leave_pixels_alone(pdf)
    _declare_pdf_ua(pdf)
    _set_margins_apart(pdf)
    _complete_tables(pdf)
    # WeasyPrint lists each attachment twice.
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = list(dict.fromkeys(pdf.catalog["AF"]))
    write_once(pdf)


def _drop_empty_resources(pdf: Any) -> None:
    """Removes empty lists of patterns and shadings, which keep checkers from confirming conformance."""
    for each in pdf.objects:
        if isinstance(each, dict):
            for name in ("Pattern", "Shading"):
                if name in each and isinstance(each[name], dict) and not each[name]:
                    del each[name]


def _leave_pixels_alone(pdf: Any) -> None:
    """Disables image interpolation, which WeasyPrint enables and ISO 19005-3, 6.2.8 forbids."""
    for each in pdf.objects:
        extra = getattr(each, "extra", None)
        if extra is not None and "Interpolate" in extra:
            extra["Interpolate"] = "false"


def _declare_pdf_ua(pdf: Any) -> None:
    """Adds the identifier to the metadata, inside its only RDF element: readers ignore a second one."""
    reference = pdf.catalog["Metadata"]
    metadata = _object(pdf, reference)
    packet = b"\n".join(metadata.stream)
    if packet.count(_RDF_END) != 1:
        raise AssertionError("the metadata packet has not exactly one RDF element")
    metadata.stream = [packet.replace(_RDF_END, _PDF_UA_METADATA + _RDF_END)]
    # Programs that don't know the file format find XMP packets by scanning (XMP, part 1, 7.3.2).
    metadata.compress = False


def _set_margins_apart(pdf: Any) -> None:
    """Marks page margins as artifacts.

    WeasyPrint marks them as content but leaves them out of the structure tree. PDF/UA requires running headers and
    footers to be pagination artifacts (ISO 14289-1, 7.8), so that screen readers skip them.
    """
    root = _object(pdf, pdf.catalog["StructTreeRoot"])
    top = _object(pdf, root["K"][0])
    parents = _parent_arrays(pdf, root)
    in_tree = set(top["K"])
    pages = {page: index for index, page in enumerate(pdf.page_references)}
    by_page: dict[int, set[int]] = {}
    for element in _elements(pdf.objects):
        if element["P"] == top.reference and element.reference not in in_tree:
            for orphan in _with_descendants(pdf, element):
                content = (kid for kid in orphan["K"] if isinstance(kid, int))
                by_page.setdefault(pages[orphan["Pg"]], set()).update(content)
                orphan.clear()
    for index, marked in by_page.items():
        page = _object(pdf, pdf.page_references[index])
        _as_artifacts(_object(pdf, page["Contents"]).stream, marked)
        for identifier in marked:
            parents[index][identifier] = b"null"


def _complete_tables(pdf: Any) -> None:
    """Sets the scope of each header cell, and lists the identifiers by which other cells refer to it.

    The list is required as soon as one element has an identifier (ISO 32000-1, 14.7.2).
    """
    import pydyf

    identified = []
    for element in _elements(pdf.objects):
        if element["S"] == "/TH":
            element["A"]["Scope"] = "/Column" if _heads_column(pdf, element) else "/Row"
        if "ID" in element:
            # A table across pages has its header, identifiers included, once on each page. The cells
            # below hold the very same object, so that they follow.
            element["ID"].string = f"header-{element.number:06}"
            identified.append((element["ID"], element.reference))
    if identified:
        names = [part for pair in identified for part in pair]
        tree = pydyf.Dictionary({"Names": pydyf.Array(names)})
        pdf.add_object(tree)
        _object(pdf, pdf.catalog["StructTreeRoot"])["IDTree"] = tree.reference


def _heads_column(pdf: Any, header: Any) -> bool:
    """Returns whether the cell is in a table's head, or in a row of header cells only (templates without
    ``thead``).
    """
    row = _object(pdf, header["P"])
    cells = [_object(pdf, kid)["S"] for kid in row["K"] if isinstance(kid, bytes)]
    return _object(pdf, row["P"])["S"] == "/THead" or (len(cells) > 1 and set(cells) == {"/TH"})


def _as_artifacts(stream: list[Any], marked: set[int]) -> None:
    """Turns these marked-content sequences (tag, property list, ``BDC``) of a page into artifacts."""
    for position, operator in enumerate(stream):
        if operator == b"BDC" and stream[position - 1].get("MCID") in marked:
            stream[position - 2] = b"/Artifact"
            stream[position - 1] = b"<</Type /Pagination>>"


def _parent_arrays(pdf: Any, root: Any) -> dict[int, Any]:
    """Returns, for each page, the array that maps marked content to its structure element."""
    numbers = _object(pdf, root["ParentTree"])["Nums"]
    return {number: entry for number, entry in zip(numbers[::2], numbers[1::2], strict=True) if isinstance(entry, list)}


def _elements(objects: Iterable[Any]) -> Iterator[Any]:
    for each in objects:
        if isinstance(each, dict) and each.get("Type") == "/StructElem" and "P" in each:
            yield each


def _with_descendants(pdf: Any, element: Any) -> list[Any]:
    found = [element]
    for kid in element["K"]:
        if isinstance(kid, bytes):
            child = _object(pdf, kid)
            # A link's annotation is a kid as well, but no element.
            found += _with_descendants(pdf, child) if child.get("Type") == "/StructElem" else []
    return found


def _object(pdf: Any, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]
