"""A running service with everything behind it, as its callers see it; what it runs on is up to its subclasses."""

import time
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any

import httpx

from orders.acceptance.smoke import CREATE, MAILS
from tests.support.eventually import eventually


class Stack(ABC):
    """Calls the API and the local pages, and lets processes die.

    Attributes:
        base: the API's address.
        client: for calls without a token.
        environment_name, region: where the service believes it runs; parts of resources' names and addresses.
    """

    environment_name = "local"
    region = "af-south-1"

    def __init__(self, base: str) -> None:
        self.base = base
        self.client = httpx.Client(base_url=base, timeout=35)
        self._tokens: dict[str, str] = {}

    @abstractmethod
    def start(self) -> None:
        """Start what isn't running, and wait until all is ready."""

    @abstractmethod
    def kill(self) -> None:
        """kill -9 of every process of the service, at once; not of the emulated AWS."""

    @abstractmethod
    def stop(self) -> int:
        """Stop every process of the service as in a deployment; the worst of their exit codes."""

    @abstractmethod
    def remove(self) -> None:
        """Leave nothing running."""

    @property
    @abstractmethod
    def aws_url(self) -> str:
        """The emulated AWS's address, for this machine."""

    def aws(self, service: str) -> Any:
        """A client of the emulated AWS, in the service's region."""
        import boto3

        return boto3.client(
            service, region_name=self.region, endpoint_url=self.aws_url,
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    @abstractmethod
    def orders_token(self, *arguments: str) -> str:
        """Returns the output of `orders token`."""

    def token(self, role: str = "customer", *more: str) -> str:
        """A token of the demo shop."""
        key = " ".join((role, *more))
        if key not in self._tokens:
            self._tokens[key] = self.orders_token(
                "--tenant", "demo", "--customer", "cust_test_001", "--role", role, *more
            )
        return self._tokens[key]

    def call(
        self, method: str, path: str, role: str = "customer", *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """A call with a token of that role."""
        sent = {"Authorization": f"Bearer {self.token(role)}", "Content-Type": "application/json"} | (headers or {})
        return self.client.request(method, path, headers=sent, **more)

    def place(self, **headers: str) -> dict[str, Any]:
        """Place the smoke order."""
        answer = self.call("POST", "/v1.0/orders", content=CREATE, headers=headers)
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()
        return order

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that was sent."""
        items: list[dict[str, Any]] = self.client.get("/local/mails").json()["items"]
        return items

    def attachment(self, attached: dict[str, Any]) -> bytes:
        """The content of a mail's attachment, as one of ``mails`` has it."""
        return self.client.get(attached["href"]).content

    def mails_of(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """The mails about one order."""
        return [mail for mail in self.mails() if mail["order_number"] == order["order_number"]]

    def sent(self, order: dict[str, Any]) -> set[str]:
        """Templates of an order's mails that were sent, by its history: cheaper than reading the mails."""
        answer = self.call("GET", f"/v1.0/orders/{order['order_id']}/history?limit=100", role="staff")
        if answer.status_code != 200:
            return set()
        return {entry["template"] for entry in answer.json()["items"] if entry.get("state") == "sent"}

    def all_sent(self, orders: list[dict[str, Any]], *, within_seconds: float) -> None:
        """Wait until the mails of all these new orders are sent."""
        deadline = time.monotonic() + within_seconds
        for order in orders:
            left = max(1.0, deadline - time.monotonic())
            eventually(lambda order=order: self.sent(order) >= MAILS, within_seconds=left, what="mails of every order")  # type: ignore[misc]

    def mails_by_order(self, orders: list[dict[str, Any]]) -> Counter[str]:
        """Counts the mails about each of these orders."""
        numbers = {order["order_number"] for order in orders}
        return Counter(mail["order_number"] for mail in self.mails() if mail["order_number"] in numbers)

    def pdf(self, order: dict[str, Any]) -> bytes:
        """The order's document, or nothing while it is being rendered."""
        answer = self.call("GET", f"/v1.0/orders/{order['order_id']}/document")
        if answer.status_code == 202:
            return b""
        assert answer.status_code == 302, answer.text
        return httpx.get(answer.headers["location"], timeout=30).content
