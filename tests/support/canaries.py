"""Marked values in every personal field, the lives of orders that have them, and where the marks are found."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import httpx

from orders.adapters.outbound.rendering.pdf.html_document import printed_json
from orders.domain.order import Order
from orders.ports.tenants import TenantProfile
from tests.support.http_api import ORDERS, Api
from tests.support.service import PlainRenderer
from tests.support.workers import Workers

CANARY = "canary"
ERASED_VIEW = {
    "customer": {"name": "[erased]"},
    "billing_address": {"name": "[erased]"},
    "shipping_address": {"name": "[erased]"},
    "payment": {"method": "[erased]"},
    "metadata": {"erased": "[erased]"},
    "notes": "[erased]",
    "reason": "[erased]",
}
"""Values that an erased order shows in place of personal data."""


def an_address(which: str) -> dict[str, str]:
    """An address each of whose fields says whose it is; a country has no room for a mark."""
    marks = {name: f"{CANARY} {name} {which}" for name in ("name", "line1", "line2", "city", "region", "phone")}
    return marks | {"postal_code": f"{CANARY} {which}"[:20], "country": "ZA"}


def a_body(which: str, **more: Any) -> dict[str, Any]:
    """Builds a create's body with a mark in every personal field."""
    return {
        "customer_id": "cust_test_001",
        "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99, "name": "Mug", "tax_rate": 0.15}],
        "total": 68.98,
        "currency": "USD",
        "customer": {
            "name": f"{CANARY} {which}",
            "email": f"{CANARY}.{which}@{CANARY}.example",
            "phone": f"+27 {CANARY} {which}",
        },
        "billing_address": an_address(f"bill {which}"),
        "shipping_address": an_address(f"ship {which}"),
        "payment": {
            "method": f"{CANARY} method",
            "token": f"{CANARY}-token",
            "brand": f"{CANARY} brand",
            "last4": "4242",
        },
        "notes": f"{CANARY} notes {which}",
        "metadata": {f"{CANARY}-{which}": f"{CANARY} value {which}"},
        "campaign_code": "SPRING",
        "locale": "en-ZA",
        **more,
    }


class TellingRenderer(PlainRenderer):
    """A renderer whose documents hold all that a real one prints."""

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        await super().render(order, tenant)
        return printed_json(order, tenant)


def texts_in(value: Any) -> Iterator[str]:
    """Every text that a value holds, however deep, names of its parts included, what is compressed unpacked."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
        try:
            yield zlib.decompress(value).decode("utf-8", "replace")
        except zlib.error:
            return
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts_in(getattr(value, each.name))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from texts_in(name)
            yield from texts_in(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from texts_in(each)


def marks_in(value: Any) -> list[str]:
    """The texts of a value that have the mark."""
    return [text for text in texts_in(value) if CANARY in text.lower()]


@dataclass
class Lives:
    """Three orders, each brought to its end by keyed requests full of marks.

    Attributes:
        answered: each request as it was sent, with what it was answered.
    """

    api: Api
    workers: Workers
    tenant: str = "tenant_a"
    order_ids: list[str] = field(default_factory=list)
    answered: list[tuple[tuple[Any, ...], httpx.Response]] = field(default_factory=list)

    async def live(self) -> None:
        """Changed and cancelled; asynchronously placed and cancelled with a code that is a name; rejected."""
        changed = await self._create("one")
        path = f"{ORDERS}/{changed}"
        whole = (await self.call("GET", path)).json()
        whole |= {
            "billing_address": an_address("put"),
            "notes": f"{CANARY} put",
            "metadata": {f"{CANARY}.put": CANARY},
        }
        await self._keyed("PUT", path, whole)
        await self.workers.settle()
        await self._keyed(
            "PATCH", path, {"shipping_address": {"city": f"{CANARY} patched"}, "notes": f"{CANARY} patch"}
        )
        await self.workers.settle()
        await self._keyed("POST", path + "/cancel", {"reason": f"{CANARY} changed her mind"})
        later = await self._create("two", Prefer="respond-async")
        await self._keyed("PUT", f"{ORDERS}/{later}/status", {"status": "cancelled", "reason": f"{CANARY}_name"})
        refused = await self._create("three")
        rejection = {"status": "rejected", "reason": f"{CANARY} is no customer of ours"}
        await self._keyed("PUT", f"{ORDERS}/{refused}/status", rejection, role="staff")
        await self.workers.settle()
        self.order_ids = [changed, later, refused]

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """A request in the tenant."""
        return await self.api.call(method, path, body, tenant=self.tenant, **more)

    async def erase(self, **more: Any) -> None:
        """Erase all of them; what follows is up to the workers."""
        for order_id in self.order_ids:
            answer = await self.call("POST", f"{ORDERS}/{order_id}/erase", **({"role": "admin"} | more))
            assert answer.status_code == 202, answer.text

    async def read(self) -> list[str]:
        """All that the API tells of the orders, to the customer and to the shop."""
        told = []
        for role in ("customer", "admin"):
            for order_id in self.order_ids:
                for part in ("", "/status", "/track", "/history?limit=100", "/events?limit=100", "/document"):
                    answer = await self.call("GET", f"{ORDERS}/{order_id}{part}", role=role)
                    assert answer.status_code in {200, 202, 302}, answer.text
                    told.append(answer.text + str(answer.headers))
            told.append((await self.call("GET", ORDERS, role=role)).text)
        return told

    async def replayed(self) -> list[tuple[httpx.Response, httpx.Response]]:
        """Every keyed request once more: what it was answered first and now."""
        return [
            (first, await self.call(method, path, body, headers=headers, role=role))
            for (method, path, body, headers, role), first in self.answered
        ]

    async def _create(self, which: str, **headers: str) -> str:
        answer = await self._keyed("POST", ORDERS, a_body(which), **headers)
        await self.workers.settle()
        order_id: str = answer.json()["order_id"]
        return order_id

    async def _keyed(
        self, method: str, path: str, body: Any, *, role: str = "customer", **headers: str
    ) -> httpx.Response:
        given = headers | {"Idempotency-Key": f"key-{len(self.answered)}"}
        answer = await self.call(method, path, body, headers=given, role=role)
        assert answer.status_code in {200, 201, 202}, answer.text
        self.answered.append(((method, path, body, given, role), answer))
        return answer
