"""The reference: every operation, schema and kind of problem has a page, every link leads somewhere, none elsewhere."""

import json
import re
import shlex
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from litestar.testing import AsyncTestClient

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.openapi.document import ENDPOINTS, build_document
from orders.adapters.inbound.http.openapi.parameters import HEADERS
from orders.adapters.inbound.http.openapi.problem_kinds import EXPLAINED
from orders.adapters.inbound.http.problems import BASE, KINDS
from orders.adapters.inbound.http.reference.json_markup import pretty
from orders.adapters.inbound.http.reference.operation_views import OperationView, operation_views
from orders.adapters.inbound.http.reference.pattern_words import WORDS
from orders.adapters.inbound.http.reference.site import POLICY, ReferenceSite, Section, packaged_file
from orders.adapters.inbound.http.representations.search_index import SearchEntry
from orders.adapters.wire import json_body
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.server.local_pages import token_route
from tests.support.http_api import Api, anything, expect

VOID = {"meta", "link", "br", "hr", "img", "input"}
SECTIONS: tuple[Section, ...] = get_args(Section)
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MAX_PAGE_BYTES = 150_000


class Outline(HTMLParser):
    """The structure of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.text = ""
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

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, attribute: str) -> list[str]:
        return [str(attributes[attribute]) for _, attributes in self.tags if attribute in attributes]

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@cache
def site(*, local_tokens: bool = False) -> ReferenceSite:
    return ReferenceSite(build_document(), local_tokens=local_tokens)


@cache
def pages() -> dict[str, bytes]:
    """All pages, by their paths."""
    found = {"/v1.0/docs": site().index(), "/v1.0/docs/guide": site().guide()}
    for section in SECTIONS:
        for name in site().names(section):
            html = site().page(section, name)
            assert html is not None
            found[f"/v1.0/docs/{section}/{name}"] = html
    return found


@cache
def views() -> dict[str, OperationView]:
    return operation_views(build_document())


@cache
def outline(path: str) -> Outline:
    return Outline(pages()[path].decode())


def page(path: str) -> str:
    return pages()[path].decode()


def test_every_operation_schema_and_kind_of_problem_has_a_page() -> None:
    document = build_document()
    assert site().names("operations") == [each.operation.operation_id for each in ENDPOINTS]
    assert set(site().names("schemas")) == document["components"]["schemas"].keys()
    assert site().names("problems") == [kind.name for kind in KINDS]


def test_nothing_of_an_operation_is_left_out() -> None:
    document = build_document()
    for view in views().values():
        said = outline(f"/v1.0/docs/operations/{view.id}")
        assert {f"parameter-{each['name']}" for each in view.parameters} <= set(said.values("id"))
        described = document["paths"][view.path][view.method.lower()]
        for status in described["responses"]:
            assert re.search(rf'class="status s{status[0]}">{status}<', page(f"/v1.0/docs/operations/{view.id}"))
        for kinds in view.problems.values():
            assert {f"/v1.0/docs/problems/{kind}" for kind in kinds} <= set(said.values("href"))
    shown = page("/v1.0/docs/operations/createOrder")
    for schema in ("CreateOrderBody", "ItemBody", "AddressBody", "PaymentBody", "CustomerBody"):
        for field in document["components"]["schemas"][schema]["properties"]:
            assert f"<code>{field}</code>" in shown


def test_the_page_says_who_may_call_an_operation() -> None:
    for name, who in (
        ("createOrder", "For the roles customer (own orders), staff, admin, service."),
        ("deleteOrder", "For the role admin."),
        ("erasePersonalData", "For the roles admin, operator."),
        ("getHealth", "Without a token."),
    ):
        assert who in " ".join(outline(f"/v1.0/docs/operations/{name}").text.split()), name


def test_every_link_leads_somewhere() -> None:
    served = pages().keys() | {"/v1.0/openapi.json", "/v1.0/docs/reference.css", "data:,"}
    broken = set()
    for path in pages():
        anchors = outline(path).values("id")
        assert len(anchors) == len(set(anchors)), path
        for href in outline(path).values("href"):
            target, _, anchor = href.partition("#")
            target = target.partition("?")[0] or path
            if target not in served or (anchor and anchor not in outline(target).values("id")):
                broken.add((path, href))
    assert broken == set()


def test_every_reference_of_the_document_is_a_link() -> None:
    document = build_document()
    for name, schema in document["components"]["schemas"].items():
        for used in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema, default=str)):
            assert f"/v1.0/docs/schemas/{used}" in outline(f"/v1.0/docs/schemas/{name}").values("href"), (name, used)
            assert f"/v1.0/docs/schemas/{name}" in outline(f"/v1.0/docs/schemas/{used}").values("href"), (used, name)


def test_every_entry_of_the_search_leads_somewhere() -> None:
    entries = site().search_index()["entries"]
    for entry in entries:
        path, _, anchor = entry["href"].partition("#")
        assert not anchor or anchor in outline(path).values("id"), entry
        assert path in pages()
    assert {entry["kind"] for entry in entries} == set(get_args(SearchEntry.__annotations__["kind"]))
    fields = [entry for entry in entries if entry["kind"] == "field"]
    documented = build_document()["components"]["schemas"]
    assert len(fields) == sum(len(schema.get("properties", {})) for schema in documented.values())
    # What is sent comes before what is answered, and that before events.
    found = [entry["where"] for entry in fields if entry["title"] == "customer_id"]
    assert found.index("CreateOrderBody") < found.index("Order") < found.index("EventCreatedData")
    assert len(json_body.encode(site().search_index())) < MAX_PAGE_BYTES


def test_old_places_of_the_first_page_are_still_there() -> None:
    ids = set(outline("/v1.0/docs").values("id"))
    assert {each.operation.operation_id for each in ENDPOINTS} <= ids
    assert {f"problem-{kind.name}" for kind in KINDS} <= ids
    assert {f"schema-{name}" for name in site().names("schemas")} <= ids


def test_pages_are_small() -> None:
    assert {path: len(html) for path, html in pages().items() if len(html) > MAX_PAGE_BYTES} == {}
    assert len(pages()["/v1.0/docs"]) < 60_000
    assert len(packaged_file("reference.css")) + len(packaged_file("reference.js")) < 40_000


@pytest.mark.parametrize("local_tokens", [False, True])
def test_pages_load_and_ask_nothing_of_other_hosts(local_tokens: bool) -> None:
    loading = {"img", "iframe", "object", "embed", "video", "audio", "source", "base"}
    of_site = site(local_tokens=local_tokens)
    for section in SECTIONS:
        for name in of_site.names(section):
            said = Outline((of_site.page(section, name) or b"").decode())
            assert [tag for tag, _ in said.tags if tag in loading] == []
            assert all(value.startswith(("/v1.0/", "#", "data:,")) for value in said.values("href"))
            assert [value.partition("?")[0] for value in said.values("src")] == ["/v1.0/docs/reference.js"]
            # Inline styles and handlers would need a weaker policy.
            assert said.of("style") == []
            assert not [key for _, attributes in said.tags for key in attributes if key == "style" or key[:2] == "on"]
            assert said.values("action") == []
    script = packaged_file("reference.js").decode()
    assert not re.search(r"https?://(?!api\.bbws\.io)\w", script)
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|localStorage", script
    )
    assert not re.search(r"url\(|@import", packaged_file("reference.css").decode())


def test_the_policy_allows_this_host_and_nothing_else() -> None:
    sources = dict(each.partition(" ")[::2] for each in POLICY.split("; "))
    assert sources["default-src"] == sources["base-uri"] == sources["form-action"] == "'none'"
    assert sources["script-src"] == sources["style-src"] == sources["connect-src"] == "'self'"
    assert "unsafe" not in POLICY


def test_every_pattern_is_said_in_words() -> None:
    document = json.loads(pretty(build_document()))
    patterns: set[str] = set()

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("pattern"), str):
                patterns.add(part["pattern"])
            part = list(part.values())
        if isinstance(part, list):
            for each in part:
                look(each)

    look(document)
    assert patterns <= WORDS.keys()
    assert "ord_ and 26 characters of Crockford&#39;s base 32" in page("/v1.0/docs/schemas/Order")


def test_patterns_stand_behind_their_words() -> None:
    for path in pages():
        for shown in re.findall(r'<div class="bound">(.*?)</div>', page(path), re.DOTALL):
            before = shown.partition("<details>")[0]
            assert not re.search(r"\[\^?\w-|\\u|\{\d", before), (path, shown)


@pytest.mark.parametrize("name", [each.operation.operation_id for each in ENDPOINTS])
def test_calls_define_what_they_use(name: str) -> None:
    text = re.search(r'aria-label="the call"><code>(.*?)</code>', page(f"/v1.0/docs/operations/{name}"), re.DOTALL)
    assert text is not None
    command = Outline(text[1]).text
    used = set(re.findall(r"\$(\w+)", command.split("<<'JSON'")[0]))
    assert used == set(re.findall(r"^(\w+)=", command, re.MULTILINE))
    assert "API" in used
    # A shell reads it.
    assert "curl" in shlex.split(command.split("<<'JSON'")[0])
    if "<<'JSON'" in command:
        assert command.endswith("\nJSON")


def test_every_problem_says_what_it_means_when_it_comes_and_what_to_do() -> None:
    for kind in KINDS:
        said = outline(f"/v1.0/docs/problems/{kind.name}")
        text = said.text
        assert kind.title in text
        assert BASE + kind.name in text
        for heading in ("When it comes", "What to do", "Example", "Operations that answer it"):
            assert heading in text
        assert json.dumps(EXPLAINED[kind].example["detail"], ensure_ascii=False) in text
        for header in EXPLAINED[kind].headers:
            assert HEADERS[header][0] in text
        answering = {
            view.id for view in views().values() if any(kind.name in names for names in view.problems.values())
        }
        listed = re.search("Operations that answer it(.*)</main>", page(f"/v1.0/docs/problems/{kind.name}"), re.DOTALL)
        assert listed is not None
        assert set(re.findall(r"/docs/operations/(\w+)", listed[1])) == answering


def test_pages_can_be_read_without_seeing_them() -> None:
    for path in pages():
        said = outline(path)
        assert said.of("html") == [{"lang": "en"}]
        tags = [tag for tag, _ in said.tags]
        assert all(landmark in tags for landmark in ("header", "nav", "main", "footer"))
        assert tags.count("h1") == 1
        assert said.headings[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(said.headings)), (path, said.headings)
        assert all("scope" in attributes for attributes in said.of("th"))
        # What scrolls can be reached by keyboard.
        for scrolling in said.of("pre"):
            assert (scrolling["tabindex"], scrolling["role"]) == ("0", "group")
            assert scrolling["aria-label"]
        ids = set(said.values("id"))
        pointed = said.values("aria-labelledby") + said.values("aria-describedby")
        assert {each for value in pointed for each in value.split()} <= ids
        labelled = set(said.values("for"))
        fields = [each for tag in ("input", "select", "textarea") for each in said.of(tag)]
        assert {str(each["id"]) for each in fields if each.get("type") not in ("hidden", "checkbox")} <= labelled, path
        assert said.open == []


def test_what_needs_the_script_is_hidden_without_it() -> None:
    for path in pages():
        said = outline(path)
        assert said.of("form") == []
        assert all("hidden" in each for each in said.of("div") if each.get("id") in ("send-form", "answer"))
        (found,) = [each for each in said.of("div") if each.get("role") == "search"]
        assert "hidden" in found
        if "/operations/" in path:
            assert len(said.of("noscript")) == 1


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
    light, _, dark = packaged_file("reference.css").decode().partition("prefers-color-scheme: dark")
    found = colours(light if scheme == "light" else dark)
    pairs = [(text, ground) for text in ("ink", "soft", "accent") for ground in ("page", "card", "code")]
    pairs += [(name, f"{name}-bg") for name in ("green", "blue", "amber", "red", "violet")]
    pairs += [("red", "card"), ("red", "page"), ("on-accent", "accent")]
    assert {pair: round(contrast(*(found[each] for each in pair)), 1) for pair in pairs
            if contrast(*(found[each] for each in pair)) < 4.5} == {}  # fmt: skip
    # Edges of fields and buttons (WCAG 2.2, 1.4.11).
    assert all(contrast(found["edge"], found[ground]) >= 3 for ground in ("page", "card"))


def test_on_narrow_screens_the_contents_are_folded() -> None:
    wide, narrow = packaged_file("reference.css").decode().split("@media (max-width: 56rem)")
    assert ".folded { display: none; }" in wide
    assert ".beside { display: none; }" in narrow
    assert ".folded { display: block;" in narrow
    beside, folded = re.findall(r"<nav[^>]*>(.*?)</nav>", page("/v1.0/docs"), re.DOTALL)
    assert re.fullmatch(r"\s*<details>\s*<summary>Contents</summary>(.*)</details>\s*", folded, re.DOTALL)
    links = re.findall("<a[^>]*>", beside)
    assert len(links) >= len(ENDPOINTS)
    assert re.findall("<a[^>]*>", folded) == links


def test_values_of_the_document_are_shown_as_text() -> None:
    document = build_document()
    hostile = "<script>alert(1)</script>"
    document["info"]["summary"] = hostile
    create = document["paths"]["/v1.0/orders"]["post"]
    create["summary"] = create["description"] = hostile
    example = next(iter(create["requestBody"]["content"]["application/json"]["examples"].values()))
    example |= {"summary": hostile, "value": {hostile: f'{hostile}"'}}
    changed = ReferenceSite(document)
    for html in (changed.index(), changed.page("operations", "createOrder")):
        assert html is not None
        assert b"<script>" not in html
        assert b"&lt;script&gt;" in html


async def test_pages_are_served_to_everybody_with_their_policy(api: Api) -> None:
    for path, html in pages().items():
        answer = await api.client.get(path)
        assert (answer.status_code, answer.content) == (200, html), path
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_the_files_of_pages_are_served(api: Api) -> None:
    for attribute, tag, kind in (("href", "link", "text/css"), ("src", "script", "text/javascript")):
        (path,) = [value for each in outline("/v1.0/docs").of(tag) if (value := each[attribute]) and "?v=" in value]
        answer = await api.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert answer.content == packaged_file("reference.css" if tag == "link" else "reference.js")
    index = await api.client.get("/v1.0/docs/search.json")
    assert index.json() == site().search_index()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_the_type_of_a_problem_leads_to_its_page(api: Api, kind: Any) -> None:
    path = (BASE + kind.name).removeprefix("https://api.bbws.io")
    answer = await api.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/v1.0/docs/problems/{kind.name}")


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/problems/nonsense", "/v1.0/docs/problems/not-found"),
        ("/v1.0/docs/problems/nonsense", "/v1.0/docs/problems/not-found"),
        ("/v1.0/docs/operations/nonsense", "/v1.0/docs/operations/createOrder"),
        ("/v1.0/docs/schemas/nonsense", "/v1.0/docs/schemas/Order"),
    ],
)
async def test_a_name_that_is_none_gets_a_page_that_lists_those_there_are(api: Api, path: str, known: str) -> None:
    answer = await api.client.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert "Accept" in answer.headers["vary"]
    said = Outline(answer.text)
    assert "called “nonsense”" in said.text
    assert known in said.values("href")
    assert said.headings[0] == 1
    # Programs get a problem.
    expect(await api.client.get(path), 404, "not-found")


async def test_a_name_is_shown_as_text(api: Api) -> None:
    answer = await api.client.get("/problems/%3Cscript%3Ealert(1)%3C%22", headers=BROWSER)
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;" in answer.text


async def test_where_tokens_are_given_away_the_page_fetches_one(tmp_path: Path) -> None:
    routes = token_route(load_settings(orders_data_dir=tmp_path, dev_issuer_enabled=True))
    path = "/v1.0/docs/operations/createOrder"
    for extra, offered in ((routes, True), ([], False)):
        async with AsyncTestClient(create_app(anything(lambda _: None), extra_routes=extra)) as client:
            said = Outline((await client.get(path)).text)
            assert ("local-token" in said.values("id")) is offered
            assert ("/local/token" in said.text) is offered
            assert ("send-key" in said.values("id")) is not offered


def test_examples_link_what_they_name() -> None:
    html = page("/v1.0/docs/operations/createOrder")
    assert re.search(r'"href": <a href="/v1.0/docs/operations/getOrderStatus">"/v1.0/orders/ord_\w+/status"</a>', html)
    assert re.search(r'"href": <a href="/v1.0/docs/operations/cancelOrder">"/v1.0/orders/ord_\w+/cancel"</a>', html)
    problem = page("/v1.0/docs/problems/not-found")
    assert f'"type": <a href="/v1.0/docs/problems/not-found">"{BASE}not-found"</a>' in problem


@pytest.mark.parametrize(
    "value", [{}, [], {"a": [], "b": {}}, [1, "x", None, True, {"c": [{"d": "<&\"'é"}]}], "alone", {"e": [[], [[]]]}]
)
def test_examples_are_formatted_as_json(value: Any) -> None:
    document = build_document()
    create = document["paths"]["/v1.0/orders"]["post"]["requestBody"]["content"]["application/json"]
    create["examples"] = {"one": {"summary": "One", "value": {"value": value}}}
    html = ReferenceSite(document).page("operations", "createOrder")
    assert html is not None
    (shown,) = re.findall(r'aria-label="example: One"><code>(.*?)</code>', html.decode(), re.DOTALL)
    assert Outline(shown).text == pretty({"value": value})
