"""Renders the reference page: the document as HTML for people, in one file that loads nothing from elsewhere.

Its one style sheet is inline, and its Content-Security-Policy allows that style sheet by its hash and nothing else.
"""

import re
from dataclasses import dataclass
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from orders.adapters.inbound.http.openapi.json_schema import Schema
from orders.adapters.inbound.http.openapi.problem_kinds import EXPLAINED
from orders.adapters.inbound.http.openapi.schema_words import SchemaWords
from orders.adapters.inbound.http.page_policy import page_policy
from orders.adapters.inbound.http.problems import BASE, KINDS
from orders.adapters.wire import json_body

_ABOUT = "About this API"


@dataclass(frozen=True, slots=True)
class Page:
    """The page, and its Content-Security-Policy."""

    html: bytes
    policy: str


def render_page(document: dict[str, Any]) -> Page:
    """Renders the reference page of an OpenAPI document of ours."""
    environment = Environment(
        loader=PackageLoader("orders", "templates/docs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = environment.get_template("page.css").render()
    introduction = _markdown().render(document["info"]["description"])
    html = environment.get_template("page.html").render(
        style=Markup(style),  # noqa: S704 - a file of this package
        info=document["info"],
        servers=document["servers"],
        introduction=Markup(introduction),  # noqa: S704 - our own text; raw HTML in it is switched off
        sections=re.findall(r'<h2 id="([^"]+)">([^<]+)</h2>', introduction),
        groups=_groups(document),
        problems=[_problem(kind_name) for kind_name in (kind.name for kind in KINDS)],
        schemas=document["components"]["schemas"],
        words=SchemaWords(document["components"]["schemas"]),
        text=_text,
        inline=_inline,
        pretty=pretty,
    )
    return Page(html.encode(), page_policy(html))


def pretty(value: Any) -> str:
    """Formats JSON for people, its numbers with exactly their digits."""
    return msgspec.json.format(json_body.encode(value), indent=2).decode()


def _groups(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Groups operations by tag, with all references resolved that a reader would not follow."""
    found: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            responses = {status: _resolved(document, response) for status, response in operation["responses"].items()}
            found[operation["tags"][0]].append(
                operation
                | {
                    "path": path,
                    "method": method.upper(),
                    "parameters": [_resolved(document, each) for each in operation["parameters"]],
                    "answers": {code: each for code, each in responses.items() if not _is_problem(each)},
                    "problems": {code: _kinds(each) for code, each in responses.items() if _is_problem(each)},
                    "deprecated": operation.get("deprecated", False),
                    "curl": _curl(path, method.upper(), operation),
                }
            )
    return [tag | {"operations": found[tag["name"]], "anchor": _anchor(tag["name"])} for tag in document["tags"]]


def _resolved(document: dict[str, Any], part: Schema) -> Schema:
    """Resolves a reference, and those to the headers and links of a response."""
    while "$ref" in part:
        _, section, name = part["$ref"].removeprefix("#/").split("/")
        part = document["components"][section][name]
    resolved = dict(part)
    for name in ("headers", "links"):
        if name in part:
            resolved[name] = {key: _resolved(document, value) for key, value in part[name].items()}
    return resolved


def _is_problem(response: Schema) -> bool:
    return "application/problem+json" in response.get("content", {})


def _kinds(response: Schema) -> list[str]:
    """Lists the kinds of problem that the response may have: there is an example of each."""
    return list(response["content"]["application/problem+json"]["examples"])


def _problem(name: str) -> dict[str, Any]:
    (kind,) = (kind for kind in KINDS if kind.name == name)
    explained = EXPLAINED[kind]
    return {
        "name": name,
        "uri": BASE + name,
        "title": kind.title,
        "status": kind.status,
        "meaning": explained.meaning,
        "remedy": explained.remedy,
        "example": explained.example,
    }


def _curl(path: str, method: str, operation: Schema) -> str:
    """Makes a command line to call the operation, with its first example as the body."""
    lines = [f'curl{"" if method == "GET" else f" -X {method}"} "$API{path}"']
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $TOKEN"')
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        body = json_body.encode(next(iter(content["examples"].values()))["value"]).decode()
        if len(body) <= 400:
            lines += [f"-H 'Content-Type: {media_type}'", f"-d '{body}'"]
        else:
            lines += [f"-H 'Content-Type: {media_type}'", "-d @order.json"]
        break
    return " \\\n  ".join(lines)


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _heading(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("id", _anchor(tokens[index + 1].content))
    return str(self.renderToken(tokens, index, options, env))


def _column(self: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("scope", "col")
    return str(self.renderToken(tokens, index, options, env))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("heading_open", _heading)
    markdown.add_render_rule("th_open", _column)
    return markdown


def _text(source: str) -> Markup:
    return Markup(_markdown().render(source))  # noqa: S704 - our own text; raw HTML in it is switched off


def _inline(source: str) -> Markup:
    return Markup(_markdown().renderInline(source))  # noqa: S704 - as above
