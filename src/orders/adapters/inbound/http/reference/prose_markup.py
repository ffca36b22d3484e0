"""Renders the document's texts, which are CommonMark, as HTML."""

import re
from collections.abc import Mapping
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from orders.adapters.inbound.http.reference.places import guide_section

_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


def anchor_of(title: str) -> str:
    """Makes the id of an element from its title: lower case, hyphens for what is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def sections_of(source: str) -> dict[str, str]:
    """Lists the sections of a text, by title, with their anchors."""
    return {title: anchor_of(title) for title in _HEADING.findall(source)}


class ProseMarkup:
    """Renders texts.

    Args:
        sections: anchors of the guide's sections by title. Texts refer to a section by its title in italics, which
            becomes a link to it.
    """

    def __init__(self, sections: Mapping[str, str]) -> None:
        self._links = {f"<em>{title}</em>": guide_section(anchor) for title, anchor in sections.items()}
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
        self._markdown.add_render_rule("heading_open", _heading)
        self._markdown.add_render_rule("th_open", _column)

    def block(self, source: str) -> Markup:
        """Renders paragraphs."""
        return self._linked(self._markdown.render(source))

    def inline(self, source: str) -> Markup:
        """Renders a text within a paragraph."""
        return self._linked(self._markdown.renderInline(source))

    def _linked(self, html: str) -> Markup:
        for emphasised, href in self._links.items():
            html = html.replace(emphasised, f'<a href="{href}">{emphasised[4:-5]}</a>')
        return Markup(html)  # noqa: S704 - our own text; raw HTML in it is switched off


def _heading(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("id", anchor_of(tokens[index + 1].content))
    return str(self.renderToken(tokens, index, options, env))


def _column(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("scope", "col")
    return str(self.renderToken(tokens, index, options, env))
