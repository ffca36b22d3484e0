"""The smoke test: every operation once, on two orders, then the PDF and the mails that must come of them.

Changes one deployment's data: two orders of the given customer, both deleted (softly) at the end, and their mails.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from orders.acceptance.client import ORDERS, ApiResponse, Client
from orders.acceptance.steps import Patience, expect, must

CUSTOMER = "cust_test_001"
CREATE = (
    '{"customer_id":"cust_test_001","items":[{"product_id":"prod_001","quantity":2,"price":29.99}],'
    '"total":59.98,"currency":"USD"}'
)
FULFIL = '{"tracking_number":"TRACK123456","carrier":"DHL"}'
HEALTH_PATHS = ("/health/live", "/health", "/health/ready", f"{ORDERS}/health")
MAILS = frozenset({"order_confirmation", "staff_new_order"})
"""Templates of the mails that follow an order's creation."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Bearer tokens of one tenant: of the customer ``cust_test_001``, with an e-mail address, and of an admin."""

    customer: str = field(repr=False)
    admin: str = field(repr=False)


class Smoke:
    """One run of the smoke test: ``steps`` are to be run in their order, once."""

    def __init__(self, client: Client, tokens: Tokens, waiting: Patience) -> None:
        self._client = client
        self._tokens = tokens
        self._waiting = waiting
        self._order: dict[str, Any] = {}
        self._etag = ""
        self._cancelled = ""

    @property
    def steps(self) -> dict[str, Callable[[], str]]:
        """Every operation by its name, and what comes of an order."""
        return {name: partial(step, self) for name, step in STEPS.items()}

    def health(self) -> str:
        """Every health path, without a token."""
        for path in HEALTH_PATHS:
            expect(self._client.call("GET", path), 200, f"GET {path}")
        return f"{len(HEALTH_PATHS)} paths"

    def create(self) -> str:
        """The smoke body, exactly."""
        answer = self._call("POST", "", self._tokens.customer, 201, body=CREATE)
        self._order = answer.json
        self._etag = answer.headers.get("etag", "")
        must(self._etag.startswith('"1-'), f'ETag "1-…", not {self._etag or "none"}')
        place = answer.headers.get("location")
        must(place == self._path(), f"Location {self._path()}, not {place}")
        must(b'"total":59.98' in answer.body, f"total 59.98, not {self._order['total']}")
        must(self._order["status"] == "pending", f"status pending, not {self._order['status']}")
        number: str = self._order["order_number"]
        return number

    def get(self) -> str:
        """As it was created, and nothing when it has not changed."""
        answer = self._call("GET", self._own(), self._tokens.customer, 200)
        must(answer.json["order_id"] == self._order["order_id"], "the order that was created")
        unchanged = {"If-None-Match": answer.headers["etag"]}
        self._call("GET", self._own(), self._tokens.customer, 304, headers=unchanged)
        return "200, then 304"

    def list_own(self) -> str:
        """By its number, among the customer's own."""
        page = self._call("GET", f"?order_number={self._order['order_number']}", self._tokens.customer, 200).json
        found = [each["order_id"] for each in page["items"]]
        must(found == [self._order["order_id"]], f"the one order of that number, not {found}")
        return "found by its number"

    def update(self) -> str:
        """A merge patch under If-Match."""
        headers = {"If-Match": self._etag}
        patch = {"metadata": {"purpose": "smoke test"}}
        order = self._call("PATCH", self._own(), self._tokens.customer, 200, body=patch, headers=headers).json
        must(order["version"] == 2, f"version 2, not {order['version']}")
        must(order["metadata"] == patch["metadata"], f"the new metadata, not {order['metadata']}")
        return "version 2"

    def document(self) -> str:
        """The PDF, by the link that the API gives."""
        link = self._waiting.eventually(self._link, "the PDF")
        pdf = self._client.fetch(link)
        must(pdf.status == 200, f"the link to answer 200, not {pdf.status}")
        must(pdf.body.startswith(b"%PDF-"), "a PDF behind the link")
        return f"{len(pdf.body) / 1024:.0f} KiB"

    def mails(self) -> str:
        """The mails of a new order, by what the history says of them."""
        states = self._waiting.eventually(self._mails, "the mails")
        must(set(states.values()) == {"sent"}, f"both mails sent, not {states}")
        return ", ".join(sorted(states))

    def status(self) -> str:
        """Read, then set by the shop."""
        must(self._status() == "pending", f"status pending, not {self._status()}")
        return self._set_status("processing")

    def fulfil(self) -> str:
        """All that is open, in one parcel."""
        order = self._call("POST", f"{self._own()}/fulfill", self._tokens.admin, 200, body=FULFIL).json
        must(order["status"] == "fulfilled", f"status fulfilled, not {order['status']}")
        return "fulfilled"

    def track(self) -> str:
        """The parcel, as the customer sees it."""
        (parcel,) = self._call("GET", f"{self._own()}/track", self._tokens.customer, 200).json["parcels"]
        seen = (parcel["carrier"], parcel["tracking_number"])
        must(seen == ("DHL", "TRACK123456"), f"the parcel that was sent, not {seen}")
        return " ".join(seen)

    def history(self) -> str:
        """Reads the order's history and checks its sequence."""
        entries = self._history()
        kinds = [each["type"] for each in entries if each["kind"] == "event"]
        steps = [kind for kind in kinds if not kind.startswith("document")]
        must(steps == ["created", "updated", "processing", "fulfilled"], f"every change once, not {steps}")
        return f"{len(entries)} entries"

    def events(self) -> str:
        """CloudEvents, their sequence without a gap."""
        found = self._call("GET", f"{self._own()}/events?limit=100", self._tokens.admin, 200).json["items"]
        sequences = [int(each["sequence"]) for each in found]
        must(sequences == list(range(1, len(found) + 1)), f"contiguous sequences, not {sequences}")
        must({each["specversion"] for each in found} == {"1.0"}, "CloudEvents 1.0")
        return f"{len(found)} events"

    def cancel(self) -> str:
        """Another order, called off by its customer; repeating changes nothing."""
        created = self._call("POST", "", self._tokens.customer, 201, body=CREATE).json
        self._cancelled = created["order_id"]
        for _ in range(2):
            order = self._call("POST", f"/{self._cancelled}/cancel", self._tokens.customer, 200, body={}).json
            must((order["status"], order["version"]) == ("cancelled", 2), f"cancelled once, not {order['status']}")
        number: str = created["order_number"]
        return number

    def erase(self) -> str:
        """The personal data of the order that was called off; repeating changes nothing."""
        for _ in range(2):
            answer = self._call("POST", f"/{self._cancelled}/erase", self._tokens.admin, 202).json
            must(answer["status"] == "erasing", f"status erasing, not {answer['status']}")
        order = self._call("GET", f"/{self._cancelled}", self._tokens.admin, 200).json
        must("erased_at" in order, "erased_at in the order")
        must(order["version"] == 3, f"erased once, version 3, not {order['version']}")
        return "erased"

    def delete(self) -> str:
        """Both orders, once they are closed; gone for the customer."""
        self._set_status("completed")
        for path in (self._own(), f"/{self._cancelled}"):
            for _ in range(2):
                self._call("DELETE", path, self._tokens.admin, 204)
            self._call("GET", path, self._tokens.customer, 404)
        return "both orders"

    def _own(self) -> str:
        return f"/{self._order['order_id']}"

    def _path(self) -> str:
        return ORDERS + self._own()

    def _status(self) -> str:
        found: str = self._call("GET", f"{self._own()}/status", self._tokens.customer, 200).json["status"]
        return found

    def _set_status(self, status: str) -> str:
        wanted = {"status": status}
        found: str = self._call("PUT", f"{self._own()}/status", self._tokens.admin, 200, body=wanted).json["status"]
        must(found == status, f"status {status}, not {found}")
        return found

    def _history(self) -> list[dict[str, Any]]:
        page = self._call("GET", f"{self._own()}/history?limit=100", self._tokens.admin, 200).json
        entries: list[dict[str, Any]] = page["items"]
        return entries

    def _link(self) -> str | None:
        answer = self._client.call("GET", f"{self._path()}/document", token=self._tokens.customer)
        if answer.status == 202:
            return None
        return expect(answer, 302, f"GET {self._path()}/document").headers["location"]

    def _mails(self) -> dict[str, str] | None:
        """State by template, once both have one that lasts."""
        mails = [each for each in self._history() if each["kind"] == "mail"]
        states = {each["template"]: str(each["state"]) for each in mails if each["template"] in MAILS}
        return states if set(states) == MAILS and "claimed" not in states.values() else None

    def _call(self, method: str, path: str, token: str, status: int, **more: Any) -> ApiResponse:
        return expect(self._client.call(method, ORDERS + path, token=token, **more), status, f"{method} {ORDERS}{path}")


STEPS: Mapping[str, Callable[[Smoke], str]] = MappingProxyType(
    {
        "health": Smoke.health,
        "create": Smoke.create,
        "get": Smoke.get,
        "list": Smoke.list_own,
        "update": Smoke.update,
        "document": Smoke.document,
        "mails": Smoke.mails,
        "status": Smoke.status,
        "fulfil": Smoke.fulfil,
        "track": Smoke.track,
        "history": Smoke.history,
        "events": Smoke.events,
        "cancel": Smoke.cancel,
        "erase": Smoke.erase,
        "delete": Smoke.delete,
    }
)
"""Every step by its name, in order."""
