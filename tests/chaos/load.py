"""Shoppers and staff who ask again until they are answered, with the idempotency key that they asked with first."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import aiohttp

from tests.chaos.stack import Stack

ORDERS = "/v1.0/orders"
PATIENCE_SECONDS = 300


class Story(StrEnum):
    """The courses that an order can take."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    """Placed asynchronously."""
    CANCELLED = "cancelled"
    SHIPPED = "shipped"


WEIGHTS: Mapping[Story, float] = {Story.PLACED: 5, Story.ACCEPTED: 2, Story.CANCELLED: 1, Story.SHIPPED: 2}
FINAL_STATUS = {
    Story.PLACED: "pending",
    Story.ACCEPTED: "pending",
    Story.CANCELLED: "cancelled",
    Story.SHIPPED: "fulfilled",
}


@dataclass
class Told:
    """The responses about one order."""

    story: Story
    order_id: str
    order_number: str


@dataclass
class Load:
    """Places orders and sees their stories through.

    Attributes:
        told: by idempotency key, every order that the service has confirmed.
        refusals: answers that no retry can mend; there should be none.
        retries: requests asked again, by why.
    """

    stack: Stack
    orders: int
    concurrency: int = 16
    seed: int = 1
    weights: Mapping[Story, float] = field(default_factory=lambda: WEIGHTS)
    told: dict[str, Told] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    retries: Counter[str] = field(default_factory=Counter)
    replayed: int = 0

    async def run(self) -> None:
        """See all stories through."""
        chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose
        stories = chance.choices(list(self.weights), list(self.weights.values()), k=self.orders)
        numbered = iter(enumerate(stories))
        timeout = aiohttp.ClientTimeout(total=35)
        async with aiohttp.ClientSession(timeout=timeout) as session:

            async def shopper() -> None:
                for number, story in numbered:
                    await self._story(session, f"order-{number}", number, story)

            await asyncio.gather(*(shopper() for _ in range(self.concurrency)))

    async def _story(self, session: aiohttp.ClientSession, key: str, number: int, story: Story) -> None:
        prefer = {"Prefer": "respond-async"} if story is Story.ACCEPTED else {}
        answer = await self._ask(session, "POST", ORDERS, key, a_body(number), "customer", prefer)
        if answer is None:
            return
        order_id = answer["order_id"]
        self.told[key] = Told(story, order_id, answer["order_number"])
        here = f"{ORDERS}/{order_id}"
        if story is Story.CANCELLED:
            await self._ask(session, "POST", f"{here}/cancel", f"{key}-cancel", {"reason": "changed_mind"}, "customer")
        elif story is Story.SHIPPED:
            await self._ask(session, "PUT", f"{here}/status", f"{key}-process", {"status": "processing"}, "staff")
            parcel = {"carrier": "DHL", "tracking_number": f"TRACK{number}"}
            await self._ask(session, "POST", f"{here}/fulfill", f"{key}-ship", parcel, "staff")

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        key: str,
        body: dict[str, Any],
        role: str,
        more: dict[str, str] | None = None,
    ) -> dict[str, Any] | None:
        headers = {
            "Authorization": f"Bearer {self.stack.token(role)}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        } | (more or {})
        async with asyncio.timeout(PATIENCE_SECONDS):
            for attempt in range(10_000):
                try:
                    async with session.request(
                        method, self.stack.base + path, data=json.dumps(body), headers=headers
                    ) as answer:
                        if answer.status < 300:
                            self.replayed += "Idempotent-Replayed" in answer.headers
                            found: dict[str, Any] = await answer.json()
                            return found
                        said = await answer.text()
                        if answer.status not in {429, 503}:
                            self.refusals.append(f"{method} {path}: {answer.status} {said[:300]}")
                            return None
                        self.retries[f"status {answer.status}"] += 1
                except (aiohttp.ClientError, TimeoutError) as error:
                    self.retries[type(error).__name__] += 1
                await asyncio.sleep(min(0.05 * 2 ** min(attempt, 5), 1.0))
        return None


def a_body(number: int) -> dict[str, Any]:
    """An order whose figures tell its number."""
    price = 1000 + number
    return {
        "customer_id": "cust_test_001",
        "items": [{"product_id": f"prod_{number}", "quantity": 2, "price": price}],
        "total": 2 * price,
        "currency": "ZAR",
        "customer": {"name": f"Customer {number}", "email": f"customer-{number}@example.com"},
    }
