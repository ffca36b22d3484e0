"""Asks a service everything once: pages and what they link to, each operation, and what answers a mistake."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from orders.acceptance.smoke import CREATE
from tests.support.passive_scan.message import Message

Token = Callable[[str], str]
"""Returns a token of a role."""
Place = Callable[[], str]
"""Places an order and returns its id."""

FIRST = ("/", "/v1.0/docs", "/robots.txt", "/sitemap.xml", "/local/", "/local/top", "/local/top.json", "/local/mails")
MARK = "passivemark"
"""A value of a query that no answer has by itself."""
_CHANGING = {"post", "put", "patch", "delete"}
_UNKNOWN_ORDER = "ord_00000000-0000-7000-8000-000000000000"


class Spider:
    """Keeps every answer."""

    def __init__(self, client: httpx.Client, token: Token, place: Place) -> None:
        self._client = client
        self._token = token
        self._place = place
        self.messages: list[Message] = []

    def pages(self) -> None:
        """Asks for pages, and all that they lead to on this host, as a browser does."""
        ahead, known = list(FIRST), set(FIRST)
        while ahead:
            for link in self._leads_to(self._ask("GET", ahead.pop())):
                if link not in known:
                    known.add(link)
                    ahead.append(link)
        for path in FIRST:
            for method in ("HEAD", "OPTIONS", "TRACE"):
                self._ask(method, path)
            self._ask("GET", f"{path}?q={MARK}&charset={MARK}")
        self._ask("GET", "/local/token?role=customer&customer=cust_test_001")

    def _leads_to(self, answer: httpx.Response) -> Iterator[str]:
        here = str(answer.request.url)
        message = self.messages[-1]
        links = [*message.elements().links(), *message.all("location"), *_hrefs(answer)]
        for link in links:
            found = urlsplit(urljoin(here, link))
            if found.netloc == urlsplit(here).netloc:
                yield f"{found.path}?{found.query}" if found.query else found.path

    def operations(self, document: Mapping[str, Any]) -> None:
        """Calls each operation of the OpenAPI document: by nobody, by somebody, by staff, wrongly; and what is none."""
        order = self._place()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                self._operation(path, method, operation, order)
            for method in ("HEAD", "OPTIONS", "TRACE"):
                self._ask(method, _filled(path, order), role="admin")

    def _operation(self, path: str, method: str, operation: Mapping[str, Any], order: str) -> None:
        body = _example(operation)
        for role in (None, "customer", "admin"):
            # What one changes, the next could not change any more.
            at = self._place() if method in _CHANGING and role is not None and "{order_id}" in path else order
            self._ask(method.upper(), _filled(path, at), body, role=role)
        self._ask(method.upper(), _filled(path, _UNKNOWN_ORDER), body, role="admin")
        self._ask(method.upper(), f"{_filled(path, order)}?nonsense={MARK}&limit={MARK}", body, role="admin")
        if body is not None:
            self._ask(method.upper(), _filled(path, order), "{", role="admin")
            self._ask(method.upper(), _filled(path, order), "x", role="admin", headers={"Content-Type": "text/plain"})

    def mistakes(self) -> None:
        """Asks what every part before an operation refuses."""
        for path in (
            "/nowhere",
            "/problems/none-such",
            "/v1.0/%ff",
            "/v1.0//orders",
            f"/{'x' * 9000}",
            "/v1.0/orders/%00",
        ):
            self._ask("GET", path, role="customer")
        order = f"/v1.0/orders/{self._place()}"
        self._ask("GET", "/v1.0/orders", headers={"Authorization": "Bearer x"})
        self._ask("GET", "/v1.0/orders", headers={"Authorization": "Basic eDp5"})
        self._ask("GET", "/v1.0/orders", role="customer", headers={"Origin": "https://elsewhere.example"})
        self._ask("OPTIONS", "/v1.0/orders", headers={
            "Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST",
        })  # fmt: skip
        self._ask("POST", "/v1.0/orders", "x" * 300_000, role="customer")
        self._ask("PATCH", order, '{"notes":"a"}', role="customer", headers={"If-Match": '"9-x"'})
        etag = self._ask("GET", order, role="customer").headers["etag"]
        self._ask("GET", order, role="customer", headers={"If-None-Match": etag})
        self._ask("POST", "/v1.0/orders", CREATE, role="customer", headers={"Prefer": "respond-async"})
        self._ask("GET", "/local/", headers={"Host": "elsewhere.example"})

    def _ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        role: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        sent = {} if role is None else {"Authorization": f"Bearer {self._token(role)}"}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= dict(headers or {})
        answer = self._client.request(method, path, content=body, headers=sent, follow_redirects=False)
        self.messages.append(Message.of(answer))
        return answer


def _filled(path: str, order: str) -> str:
    return path.format(order_id=order, parcel_id="prc_1", name="not-found")


def _example(operation: Mapping[str, Any]) -> str | None:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        return json.dumps(next(iter(content["examples"].values()))["value"])
    return None


def _hrefs(answer: httpx.Response) -> Iterator[str]:
    """Yields what JSON calls ``href``, however deep."""
    ahead = [answer.json()] if answer.headers.get("content-type", "") == "application/json" and answer.content else []
    while ahead:
        found = ahead.pop()
        if isinstance(found, dict):
            yield from (value for name, value in found.items() if name == "href" and isinstance(value, str))
            ahead += found.values()
        elif isinstance(found, list):
            ahead += found
