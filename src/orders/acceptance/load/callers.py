"""The calls of a load test: each operation once, on orders that the test has placed itself."""

import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Protocol

from orders.acceptance.client import ORDERS, ApiResponse, NotReached
from orders.acceptance.load.profile import Kind
from orders.acceptance.smoke import CREATE, FULFIL, Tokens

PAGE = 25
"""Orders of a page that is listed."""

_LIFE: tuple[str, ...] = ("processing", "fulfil", "completed")
"""The changes of status that each order goes through; after them the last is repeated, which changes nothing."""


class Calls(Protocol):
    """Whatever makes calls of the API, as ``AsyncClient`` does."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = ...,
    ) -> ApiResponse:
        """See ``AsyncClient.call``. Raises: NotReached."""
        ...


class Callers:
    """Makes the calls, and knows the orders that were placed.

    ``chance`` decides which order is read; with one seed the same ones are.
    """

    def __init__(self, client: Calls, tokens: Tokens, chance: Random, *, run: str) -> None:
        """``run`` makes the idempotency keys of this test its own."""
        self._client = client
        self._tokens = tokens
        self._chance = chance
        self.run = run
        self._placed: list[str] = []
        self._waiting: deque[tuple[str, int]] = deque()
        self._keys = 0
        self._calls: Mapping[Kind, Callable[[], Awaitable[str | None]]] = {
            Kind.CREATE: self._create, Kind.STATUS: self._status, Kind.GET: self._get, Kind.LIST: self._list,
        }  # fmt: skip

    @property
    def placed(self) -> tuple[str, ...]:
        """Ids of all orders placed so far."""
        return tuple(self._placed)

    async def make(self, kind: Kind) -> str | None:
        """Makes one call; returns what was wrong with the answer, ``None`` if nothing was."""
        try:
            return await self._calls[kind]()
        except NotReached as error:
            return _why(error)

    async def _create(self) -> str | None:
        self._keys += 1
        answer = await self.create(f"load-{self.run}-{self._keys}")
        if answer.status != 201:
            return _wrong(answer)
        order_id = str(json.loads(answer.body)["order_id"])
        self._placed.append(order_id)
        self._waiting.append((order_id, 0))
        return None

    async def create(self, key: str) -> ApiResponse:
        """Places an order under an idempotency key. Raises: NotReached."""
        return await self._client.call(
            "POST", ORDERS, token=self._tokens.customer, body=CREATE, headers={"Idempotency-Key": key}
        )

    async def _status(self) -> str | None:
        # An order is given to one call at a time: two at once would be a conflict, and no fault of the service.
        order_id, step = self._waiting.popleft() if self._waiting else (None, 0)
        if order_id is None:
            return await self._get()
        wrong: str | None = "no answer"
        try:
            answer = await self._change(order_id, _LIFE[min(step, len(_LIFE) - 1)])
            wrong = _wrong(answer) if answer.status != 200 else None
        finally:
            self._waiting.append((order_id, step if wrong else step + 1))
        return wrong

    async def _change(self, order_id: str, change: str) -> ApiResponse:
        path, token = f"{ORDERS}/{order_id}", self._tokens.admin
        if change == "fulfil":
            # With a key, so that one that was carried out without an answer is not carried out again.
            headers = {"Idempotency-Key": f"load-{self.run}-{order_id}"}
            return await self._client.call("POST", f"{path}/fulfill", token=token, body=FULFIL, headers=headers)
        return await self._client.call("PUT", f"{path}/status", token=token, body={"status": change})

    async def _get(self) -> str | None:
        path = f"{ORDERS}/{self._chance.choice(self._placed)}"
        answer = await self._client.call("GET", path, token=self._tokens.customer)
        return None if answer.status == 200 else _wrong(answer)

    async def _list(self) -> str | None:
        answer = await self._client.call("GET", f"{ORDERS}?limit={PAGE}", token=self._tokens.admin)
        return None if answer.status == 200 else _wrong(answer)

    async def history(self, order_id: str) -> list[dict[str, Any]] | None:
        """Returns the order's history; ``None`` if it could not be read now."""
        try:
            answer = await self._client.call("GET", f"{ORDERS}/{order_id}/history?limit=100", token=self._tokens.admin)
        except NotReached:
            return None
        return list(json.loads(answer.body)["items"]) if answer.status == 200 else None


def _wrong(answer: ApiResponse) -> str:
    try:
        title = json.loads(answer.body)["title"]
    except (ValueError, KeyError, TypeError):
        title = ""
    return f"{answer.status} {title}".strip()


def _why(error: NotReached) -> str:
    """Returns the failure without the path, by which it would be another one each time."""
    return f"no answer: {str(error).rpartition(': ')[2]}"
