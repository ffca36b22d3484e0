"""The packaged style sheet, parsed once, does in a document what it does as a part of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from weasyprint import CSS, HTML
from weasyprint.html import UA_STYLESHEET
from weasyprint.urls import URLFetcher

from orders.adapters.outbound.rendering.overrides import Wish, default
from orders.adapters.outbound.rendering.packaged import packaged_sources
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context, pdf_job
from orders.adapters.outbound.rendering.pdf.renderer import PDFS
from orders.adapters.outbound.rendering.pdf.style_sheet import Page
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import PdfJob, PrintedPdf
from orders.adapters.outbound.rendering.processes.process_lane import ProcessLane
from orders.domain.order import Order
from tests.support.builders import a_line, a_tenant, an_order

FETCHER = URLFetcher(allowed_protocols=("data",))
SHEET = packaged_sources()["order_document/document.css"].strip()


MARKERS_AND_NOTES = {"marker", "footnote-call", "footnote-marker", "note-call", "note-marker", "note-callback"}


def pseudo_elements(sheet: CSS) -> set[str]:
    """Those for which the sheet has rules for every element."""
    element = HTML(string="<p>", url_fetcher=FETCHER).wrapper_element.query("p")
    return {pseudo for _, _, pseudo, _ in sheet.matcher.match(element) if pseudo}


def page(order: Order) -> str:
    return default(Wish(DOCUMENT, document_context(order, a_tenant()), a_tenant(), "en")).text


def taken(html: str) -> tuple[bool, str]:
    """Whether the document gets the sheet parsed, and what it keeps of its own."""
    document = Page(html, FETCHER)
    return document.sheet is not None, "".join(each.text or "" for each in document.etree_element.iter("style"))


def test_the_packaged_document_gets_it_parsed() -> None:
    answer, left = taken(page(an_order()))
    assert answer
    assert left.split() == [":root", "{", "--accent:", *left.split()[3:4], "--accent-text:", *left.split()[5:6], "}"]


CHANGES: dict[str, Callable[[str], str]] = {
    "a rule after it": lambda html: html.replace("</style>", "p { color: red }</style>"),
    "a rule before it": lambda html: html.replace("<style>", "<style>p { color: red }"),
    "another style element": lambda html: html.replace("</head>", "<style>p { color: red }</style></head>"),
    "one in the body": lambda html: html.replace("</body>", "<STYLE>p { color: red }</STYLE></body>"),
    "a linked style sheet": lambda html: html.replace(
        "</head>", '<link rel="stylesheet" href="data:text/css,"></head>'
    ),
    "for screens only": lambda html: html.replace("<style>", '<style media="screen">'),
    "no longer the same": lambda html: html.replace("24mm 16mm 22mm", "24mm 16mm 23mm"),
    "a property beside its own": lambda html: html.replace("--accent:", "color: red; --accent:"),
    "an import": lambda html: html.replace("<style>", "<style>@import 'data:text/css,';"),
    "none": lambda html: html.replace(SHEET, ""),
    "in a comment": lambda html: html.replace("<style>", "<!--<style>").replace("</style>", "</style>-->"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_document_that_says_more_keeps_its_own(change: str) -> None:
    html = CHANGES[change](page(an_order()))
    assert html != page(an_order())
    answer, left = taken(html)
    assert not answer
    assert left == "".join(each.text or "" for each in HTML(string=html).etree_element.iter("style"))


def test_only_a_document_that_can_have_neither_has_no_rules_of_markers_and_notes() -> None:
    html = page(an_order())
    bodies = ["", "<ul><li>One</ul>", '<p style="float: footnote">One</p>']
    (packaged,), *others = [
        Page(html.replace("</body>", f"{body}</body>"), FETCHER)._ua_stylesheets() for body in bodies
    ]
    assert others == [[UA_STYLESHEET], [UA_STYLESHEET]]
    assert pseudo_elements(UA_STYLESHEET) == MARKERS_AND_NOTES
    assert pseudo_elements(packaged) == set()


@pytest.mark.parametrize("lines", [1, 40])
def test_the_bytes_are_those_of_the_sheet_in_the_document(lines: int) -> None:
    order = an_order(lines=tuple(a_line(product_id=f"prod_{each}") for each in range(lines)), notes="Ring twice.")
    parsed_once = pdf_job(order, a_tenant(), page(order))
    in_document = replace(parsed_once, html=parsed_once.html.replace("</head>", "<style></style></head>"))
    assert not taken(in_document.html)[0]

    async def printed() -> list[PrintedPdf]:
        lane: ProcessLane[PdfJob, PrintedPdf] = ProcessLane(
            PDFS, documents_per_process=10, memory_limit_bytes=None, timeout_seconds=120
        )
        try:
            return [await lane.render(job) for job in (parsed_once, in_document, parsed_once)]
        finally:
            await lane.close()

    one, other, again = asyncio.run(printed())
    assert one.content == other.content == again.content
