"""A request and its answer, as a passive scanner sees them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import httpx

_TEXTS = ("text/", "application/json", "application/problem+json", "application/xml")


@dataclass(frozen=True, slots=True)
class Message:
    """One request and its answer.

    Attributes:
        url: path and query.
        headers: of the answer, in lower case; several of one name are separate.
        text: the answer's body, where it is text.
        length: of the body in bytes.
    """

    method: str
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    text: str
    length: int

    @classmethod
    def of(cls, answer: httpx.Response) -> "Message":
        """Reads one of httpx."""
        kind = answer.headers.get("content-type", "")
        headers = tuple((name.lower(), value) for name, value in answer.headers.multi_items())
        url = answer.request.url.raw_path.decode("ascii")
        text = answer.content.decode("utf-8", "replace") if kind.startswith(_TEXTS) else ""
        return cls(answer.request.method, url, answer.status_code, headers, text, len(answer.content))

    def all(self, name: str) -> list[str]:
        """Returns a header's values."""
        return [value for each, value in self.headers if each == name]

    def header(self, name: str) -> str:
        """Returns a header's values as one; empty where it is not there."""
        return ", ".join(self.all(name))

    @property
    def kind(self) -> str:
        """Media type without parameters."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def is_page(self) -> bool:
        """It is shown in a window."""
        return self.kind == "text/html"

    @property
    def given(self) -> Mapping[str, str]:
        """The request's query."""
        return dict(parse_qsl(urlsplit(self.url).query))

    def elements(self) -> "Elements":
        """Reads its HTML; nothing where it is none."""
        return _elements_of(self.text if self.is_page else "")


@lru_cache(maxsize=256)
def _elements_of(html: str) -> "Elements":
    """Many rules read the same pages, one of which is long."""
    found = Elements()
    found.feed(html)
    return found


class Elements(HTMLParser):
    """Start tags with their attributes, comments, and the page's title."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.comments: list[str] = []
        self.title = ""
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps it."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        """Keeps the title."""
        self.title += data if self._in_title else ""
        self._in_title = False

    def handle_comment(self, data: str) -> None:
        """Keeps it."""
        self.comments.append(data)

    def named(self, *names: str) -> list[dict[str, str]]:
        """Attributes of the elements of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]

    def links(self) -> list[str]:
        """Where elements lead to."""
        return [attributes["href"] for attributes in self.named("a", "link") if attributes.get("href")]


def luhn(digits: str) -> bool:
    """Tells whether the check digit of a card's number is right."""
    total = 0
    for place, digit in enumerate(reversed(re.sub(r"\D", "", digits))):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0
