"""Applies style sheets that are parsed once a process; imported only by the renderer's processes.

Parsing the packaged style sheet would take a tenth of each document's time, and looking after footnotes and list
markers, which WeasyPrint does for each element, a twentieth.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from weasyprint import CSS, HTML
from weasyprint.css.counters import CounterStyle
from weasyprint.urls import URLFetcher

_CUSTOM_PROPERTIES = re.compile(r"\s*(:root\s*\{(\s*--[a-z-]+:[^{};@\\]*;)*\s*\}\s*)?")
_MARKERS_AND_NOTES = ("::marker", "::footnote-", "::note-")


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """The packaged style sheet.

    Attributes:
        counter_styles: those that it defines; for each document a copy, to which WeasyPrint adds its own.
    """

    text: str
    rules: CSS
    counter_styles: CounterStyle


@cache
def packaged_sheet(fetcher: URLFetcher) -> ParsedSheet:
    """Returns the packaged style sheet, parsed once for each fetcher."""
    text = (files("orders") / "templates" / "order_document" / "document.css").read_text("utf-8").strip()
    counter_styles = CounterStyle()
    return ParsedSheet(text, CSS(string=text, url_fetcher=fetcher, counter_style=counter_styles), counter_styles)


def parse_all(fetcher: URLFetcher) -> None:
    """Parses all that is kept, so that the first document doesn't wait for it."""
    packaged_sheet(fetcher)
    _without_markers_and_notes(fetcher)


class Page(HTML):  # type: ignore[misc]  # WeasyPrint has no types
    """A document's HTML.

    Attributes:
        sheet: the packaged style sheet, if it is to be applied as a user's; ``None`` if the document says all itself.
    """

    def __init__(self, html: str, fetcher: URLFetcher) -> None:
        super().__init__(string=html, base_url=None, url_fetcher=fetcher)
        self._fetcher = fetcher
        sheet = packaged_sheet(fetcher)
        self.sheet = sheet if self._taken_out(sheet) else None

    def _taken_out(self, sheet: ParsedSheet) -> bool:
        """Removes the sheet from the document, and returns whether that may get it as a user's instead.

        A user's style sheet yields to the document's own, whatever selectors either has. So it takes the place of the
        same text in the document only if nothing else there sets more than custom properties. A shop's own template
        can have the packaged sheet alone, with changes, or not at all.
        """
        sources = [each for each in self.etree_element.iter() if each.tag in {"style", "link"}]
        if len(sources) != 1 or sources[0].tag != "style" or sources[0].attrib:
            return False
        before, found, after = (sources[0].text or "").partition(sheet.text)
        if not found or after.strip() or not _CUSTOM_PROPERTIES.fullmatch(before):
            return False
        sources[0].text = before
        return True

    def _ua_stylesheets(self, forms: bool = False) -> list[CSS]:
        """Returns WeasyPrint's own rules: those of markers and notes only if something can have any.

        It is WeasyPrint's hook, though not a public one; it computes six styles for every element without it.
        """
        elements = self.etree_element.iter()
        if forms or self.sheet is None or any(each.tag == "li" or "style" in each.attrib for each in elements):
            return list(super()._ua_stylesheets(forms))
        return [_without_markers_and_notes(self._fetcher)]


@cache
def _without_markers_and_notes(fetcher: URLFetcher) -> CSS:
    """Returns WeasyPrint's own style sheet without rules for pseudo-elements of every element, parsed once."""
    text = (files("weasyprint") / "css" / "html5_ua.css").read_text("utf-8")
    kept = [line for line in text.splitlines() if not line.startswith(_MARKERS_AND_NOTES)]
    return CSS(string="\n".join(kept), url_fetcher=fetcher)
