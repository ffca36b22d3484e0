"""The reference page: it says everything, every link of it leads somewhere, and it loads nothing from anywhere."""

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from orders.adapters.inbound.http.openapi.document import ENDPOINTS, build_document
from orders.adapters.inbound.http.openapi.page import Page, render_page
from orders.adapters.inbound.http.problems import BASE, KINDS
from tests.support.http_api import Api, expect

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """The structure of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag) and "nav" not in self.open:
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.tags if attribute in attributes]


@cache
def page() -> Page:
    return render_page(build_document())


@cache
def outline() -> Outline:
    return Outline(page().html.decode())


def test_it_loads_nothing() -> None:
    loading = {"script", "img", "iframe", "object", "embed", "video", "audio", "source", "form", "base"}
    assert [tag for tag, _ in outline().tags if tag in loading] == []
    links = [attributes for tag, attributes in outline().tags if tag == "link"]
    assert links == [{"rel": "icon", "href": "data:,"}]
    assert outline().values("src") == []
    assert outline().values("style") == []
    assert not re.search(r"url\(|@import", page().html.decode().partition("</style>")[0])


def test_its_policy_allows_its_own_style_and_nothing_else() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", page().html.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert page().policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def test_every_link_leads_somewhere() -> None:
    anchors = outline().values("id")
    assert len(anchors) == len(set(anchors))
    inside = [href for href in outline().values("href") if href.startswith("#")]
    assert set(inside) <= {f"#{anchor}" for anchor in anchors}
    elsewhere = {href for href in outline().values("href") if not href.startswith("#")}
    assert elsewhere == {"data:,", "/v1.0/openapi.json"}


def test_everything_of_the_document_is_on_it() -> None:
    anchors = set(outline().values("id"))
    document = build_document()
    assert {endpoint.operation.operation_id for endpoint in ENDPOINTS} <= anchors
    assert {f"schema-{name}" for name in document["components"]["schemas"]} <= anchors
    assert {f"problem-{kind.name}" for kind in KINDS} <= anchors
    for topic in ("authentication", "errors", "idempotency", "concurrency", "paging", "money", "versions"):
        assert topic in anchors
    html = page().html.decode()
    for kind in KINDS:
        assert BASE + kind.name in html
    for parameter in document["components"]["parameters"].values():
        assert f"<code>{parameter['name']}</code>" in html


def test_it_can_be_read_without_seeing_it() -> None:
    tags = outline().tags
    assert next(attributes["lang"] for tag, attributes in tags if tag == "html") == "en"
    for landmark in ("header", "nav", "main", "footer"):
        assert [tag for tag, _ in tags].count(landmark) >= 1
    assert [tag for tag, _ in tags].count("h1") == 1
    headings = outline().headings
    assert headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))
    assert all("scope" in attributes for tag, attributes in tags if tag == "th")
    # What scrolls can be reached by keyboard.
    assert all(attributes.get("tabindex") == "0" for tag, attributes in tags if tag == "pre")
    labelled = {label for each in outline().values("aria-labelledby") for label in each.split()}
    assert labelled <= set(outline().values("id"))
    assert outline().open == []


def colours(style: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", style))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(scheme: str) -> None:
    light, _, dark = page().html.decode().partition("prefers-color-scheme: dark")
    found = colours(light if scheme == "light" else dark)
    pairs = [(text, ground) for text in ("ink", "soft", "accent") for ground in ("page", "card", "code")]
    pairs += [(name, f"{name}-bg") for name in ("green", "blue", "amber", "red", "violet")] + [("red", "card")]
    assert {pair: round(contrast(*(found[each] for each in pair)), 1) for pair in pairs
            if contrast(*(found[each] for each in pair)) < 4.5} == {}  # fmt: skip


async def test_it_is_served_to_everybody_with_its_policy(api: Api) -> None:
    answer = await api.client.get("/v1.0/docs")
    assert (answer.status_code, answer.content) == (200, page().html)
    assert answer.headers["content-security-policy"] == page().policy
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_the_type_of_a_problem_leads_to_its_place(api: Api, kind: Any) -> None:
    path = (BASE + kind.name).removeprefix("https://api.bbws.io")
    answer = await api.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/v1.0/docs#problem-{kind.name}")


async def test_a_kind_of_problem_that_is_none_is_not_found(api: Api) -> None:
    expect(await api.client.get("/problems/nonsense"), 404, "not-found")


def test_values_of_schemas_are_shown_as_text() -> None:
    document = build_document()
    document["info"]["summary"] = "<script>alert(1)</script>"
    assert "<script>" not in render_page(document).html.decode()


def test_on_narrow_screens_the_contents_are_folded() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", page().html.decode(), re.DOTALL)
    wide, narrow = style.split("@media (max-width: 56rem)")
    assert ".folded { display: none; }" in wide
    assert ".beside { display: none; }" in narrow
    assert ".folded { display: block;" in narrow
    beside, folded = re.findall(r"<nav[^>]*>(.*?)</nav>", page().html.decode(), re.DOTALL)
    assert re.fullmatch(r"\s*<details>\s*<summary>Contents</summary>(.*)</details>\s*", folded, re.DOTALL)
    links = re.findall("<a[^>]*>", beside)
    assert len(links) > 40
    assert re.findall("<a[^>]*>", folded) == links
