"""The smoke test of a region that takes no changes: reads alone ([OPS-12]).

Creates nothing and asks for nothing to be changed, so it may run anywhere at any time. It reads the newest order of the
test shop where there is one; without one it shows that the table answers.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from orders.acceptance.client import ORDERS, ApiResponse, Client
from orders.acceptance.smoke import HEALTH_PATHS, Tokens
from orders.acceptance.steps import expect, must

NOBODYS = f"{ORDERS}/ord_00000000000000000000000000"
"""An order that can't exist."""
NO_ORDER = "the test shop has no order to read"


class ReadOnlySmoke:
    """One run: ``steps`` are to be run in their order, once."""

    def __init__(self, client: Client, tokens: Tokens) -> None:
        self._client = client
        self._tokens = tokens
        self._order: dict[str, Any] | None = None

    @property
    def steps(self) -> dict[str, Callable[[], str]]:
        """Every step by its name."""
        return {name: partial(step, self) for name, step in READ_ONLY_STEPS.items()}

    def health(self) -> str:
        """Every health path, without a token."""
        for path in HEALTH_PATHS:
            expect(self._client.call("GET", path), 200, f"GET {path}")
        return f"{len(HEALTH_PATHS)} paths"

    def missing(self) -> str:
        """The table was asked: an order that can't exist is not found, and the answer is the service's own."""
        answer = expect(self._client.call("GET", NOBODYS, token=self._tokens.admin), 404, f"GET {NOBODYS}")
        must(str(answer.json["type"]).endswith("not-found"), "the service's own 404")
        return "404"

    def list_own(self) -> str:
        """The newest order of the shop, by an index."""
        items = self._get("?limit=1").json["items"]
        must(len(items) <= 1, f"one order at most, not {len(items)}")
        self._order = items[0] if items else None
        return NO_ORDER if self._order is None else str(self._order["order_number"])

    def get(self) -> str:
        """That order by its id, and nothing when it has not changed."""
        if self._order is None:
            return NO_ORDER
        path = f"/{self._order['order_id']}"
        answer = self._get(path)
        must(answer.json["order_id"] == self._order["order_id"], "the order that was listed")
        unchanged = {"If-None-Match": answer.headers["etag"]}
        token = self._tokens.admin
        expect(self._client.call("GET", ORDERS + path, token=token, headers=unchanged), 304, f"GET {ORDERS}{path}")
        return "200, then 304"

    def events(self) -> str:
        """Its events, their sequence without a gap."""
        if self._order is None:
            return NO_ORDER
        found = self._get(f"/{self._order['order_id']}/events?limit=100").json["items"]
        sequences = [int(each["sequence"]) for each in found]
        # The first ones of an old order may have expired.
        wanted = list(range(sequences[0], sequences[0] + len(sequences))) if sequences else []
        must(sequences == wanted, f"contiguous sequences, not {sequences}")
        return f"{len(found)} events"

    def document(self) -> str:
        """Its PDF, if it is rendered: by the link that the API gives, from this region's bucket."""
        if self._order is None:
            return NO_ORDER
        path = f"{ORDERS}/{self._order['order_id']}/document"
        answer = self._client.call("GET", path, token=self._tokens.admin)
        if answer.status == 202:
            return "not rendered"
        pdf = self._client.fetch(expect(answer, 302, f"GET {path}").headers["location"])
        must(pdf.status == 200, f"the link to answer 200, not {pdf.status}")
        must(pdf.body.startswith(b"%PDF-"), "a PDF behind the link")
        return f"{len(pdf.body) / 1024:.0f} KiB"

    def _get(self, path: str) -> ApiResponse:
        return expect(self._client.call("GET", ORDERS + path, token=self._tokens.admin), 200, f"GET {ORDERS}{path}")


READ_ONLY_STEPS: Mapping[str, Callable[[ReadOnlySmoke], str]] = MappingProxyType(
    {
        "health": ReadOnlySmoke.health,
        "missing": ReadOnlySmoke.missing,
        "list": ReadOnlySmoke.list_own,
        "get": ReadOnlySmoke.get,
        "events": ReadOnlySmoke.events,
        "document": ReadOnlySmoke.document,
    }
)
"""Every step by its name, in order."""
