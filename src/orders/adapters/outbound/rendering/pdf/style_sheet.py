"""Keeps the packaged style sheet parsed for all documents of a process: parsing takes a tenth of a document's time."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weasyprint import CSS, HTML
    from weasyprint.css.counters import CounterStyle
    from weasyprint.urls import URLFetcher

_CUSTOM_PROPERTIES = re.compile(r"\s*(:root\s*\{(\s*--[a-z-]+:[^{};@\\]*;)*\s*\}\s*)?")


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """The packaged style sheet.

    Attributes:
        counter_styles: those that it defines; for each document a copy, to which WeasyPrint adds its own.
    """

    text: str
    rules: "CSS"
    counter_styles: "CounterStyle"


@cache
def packaged_sheet(fetcher: "URLFetcher") -> ParsedSheet:
    """Returns the packaged style sheet, parsed once for each fetcher."""
    from weasyprint import CSS
    from weasyprint.css.counters import CounterStyle

    text = (files("orders") / "templates" / "order_document" / "document.css").read_text("utf-8").strip()
    counter_styles = CounterStyle()
    return ParsedSheet(text, CSS(string=text, url_fetcher=fetcher, counter_style=counter_styles), counter_styles)


def take_out(sheet: ParsedSheet, html: "HTML") -> bool:
    """Removes the sheet from a parsed document, and returns whether that may get it as a user's instead.

    A user's style sheet yields to the document's own, whatever selectors either has. So it takes the place of the same
    text in the document only if nothing else there sets more than custom properties. A shop's own template can have the
    packaged sheet alone, with changes, or not at all.
    """
    sources = [each for each in html.etree_element.iter() if each.tag in {"style", "link"}]
    if len(sources) != 1 or sources[0].tag != "style" or sources[0].attrib:
        return False
    before, found, after = (sources[0].text or "").partition(sheet.text)
    if not found or after.strip() or not _CUSTOM_PROPERTIES.fullmatch(before):
        return False
    sources[0].text = before
    return True
