"""An API as a load test sees it, whose speed and faults a test decides."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from orders.acceptance.client import ORDERS, ApiResponse, NotReached


class LoopClock:
    """The clock of the test's event loop, whose time is virtual."""

    def now(self) -> float:
        """See ``LoadClock.now``."""
        return asyncio.get_running_loop().time()

    async def until(self, moment: float) -> None:
        """See ``LoadClock.until``."""
        await asyncio.sleep(max(0.0, moment - self.now()))


Respond = Callable[[str, str], int]
"""Returns the status that a call is refused with, 0 for none."""


class FakeShop:
    """Answers after a while, remembers orders by key, and mails what it was not told to lose.

    Attributes:
        seconds: how long an answer takes, by method and path.
        refuse: the status of a call that is refused; 0 is none.
        unreachable: calls that get no answer.
        lost, twice: numbers of orders whose mails never come, or come twice.
        forgets_keys: makes each create an order of its own.
    """

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.seconds: Callable[[str, str], float] = lambda _method, _path: 0.01
        self.refuse: Respond = lambda _method, _path: 0
        self.unreachable: Callable[[str, str], bool] = lambda _method, _path: False
        self.lost: set[int] = set()
        self.twice: set[int] = set()
        self.forgets_keys = False
        self.calls: list[tuple[str, str, str | None]] = []
        self.under_way = self.most_under_way = 0
        self._placed = 0
        self._orders: dict[str, str] = {}

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> ApiResponse:
        """See ``Calls.call``."""
        self.calls.append((method, path, token))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.clock.until(self.clock.now() + self.seconds(method, path))
            if self.unreachable(method, path):
                raise NotReached(f"{method} {path}: connection refused")
            status = self.refuse(method, path)
            if status:
                return ApiResponse(status, {}, b'{"title":"Too many requests"}')
            return self._answer(method, path, headers or {})
        finally:
            self.under_way -= 1

    def _answer(self, method: str, path: str, headers: Mapping[str, str]) -> ApiResponse:
        if (method, path) == ("POST", ORDERS):
            return self._create(headers["Idempotency-Key"])
        if "/history" in path:
            return ApiResponse(200, {}, json.dumps({"items": self._history(path.split("/")[-2])}).encode())
        assert method in {"GET", "PUT", "POST"}
        return ApiResponse(200, {}, b"{}")

    def _create(self, key: str) -> ApiResponse:
        known = key in self._orders
        if not known or self.forgets_keys:
            self._placed += 1
            self._orders[key] = f"ord_{self._placed}"
        headers = {"idempotent-replayed": "true"} if known and not self.forgets_keys else {}
        return ApiResponse(201, headers, json.dumps({"order_id": self._orders[key]}).encode())

    def _history(self, order_id: str) -> list[dict[str, str]]:
        number = int(order_id.removeprefix("ord_"))
        sent = [
            {"kind": "mail", "template": template, "state": "sent"}
            for template in ("order_confirmation", "staff_new_order")
        ]
        mails = [] if number in self.lost else sent * (2 if number in self.twice else 1)
        return [{"kind": "event", "type": "document_ready"}, *mails]
