"""Shoppers and staff who go where DNS sends them, ask again until they are answered, and log every outcome.

A share of the orders is asked for in both regions at once with one idempotency key, past DNS: as a client does whose
resolver changes its mind between two attempts.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.chaos.load import ORDERS, WEIGHTS, Story, a_body
from tests.drill.dns import FailoverRecord, Resolver
from tests.drill.journal import Entry, Journal, Operation, Outcome

PATIENCE_SECONDS = 240.0
"""Longer than any takeover here: no client gives up on an order while the service can still get well."""
REQUEST_SECONDS = 10.0
PAUSES_SECONDS = (0.1, 2.0)
IN_BOTH_REGIONS = 0.1
NOT_THE_WRITER = "not-the-writer"
"""Part of the problem type by which a region says that it doesn't take changes."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a story."""

    operation: Operation
    key: str
    method: str
    path: str
    body: Mapping[str, Any]
    role: str = "customer"
    order_id: str | None = None


@dataclass
class Load:
    """Places orders through DNS and sees their stories through.

    Attributes:
        bases: each region's address.
        per_second: how many stories begin in a second.
        acknowledged: how many requests were; the drill waits for so many before it kills.
        placed: how many stories have been begun or are numbered; their keys are in ``stories``.
    """

    record: FailoverRecord
    bases: Mapping[str, str]
    journal: Journal
    token: Callable[[str], str]
    seed: int = 1
    concurrency: int = 12
    per_second: float = 8.0
    acknowledged: int = 0
    placed: int = 0
    stories: dict[str, Story] = field(default_factory=dict)
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    async def run(self, orders: int) -> None:
        """See so many more stories through."""
        stories = self._chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=orders)
        numbered = iter([(self.placed + place, story) for place, story in enumerate(stories)])
        self.placed += orders
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:

            async def shopper() -> None:
                resolver = Resolver(self.record)
                for number, story in numbered:
                    await self._story(session, resolver, number, story)
                    await asyncio.sleep(self.concurrency / self.per_second * self._chance.uniform(0.5, 1.5))

            await asyncio.gather(*(shopper() for _ in range(self.concurrency)))

    async def _story(self, session: aiohttp.ClientSession, resolver: Resolver, number: int, story: Story) -> None:
        key = f"drill-{self.seed}-{number}"
        self.stories[key] = story
        operation = Operation.ACCEPT if story is Story.ACCEPTED else Operation.CREATE
        create = Request(operation, key, "POST", ORDERS, a_body(number))
        asked = [self._until_answered(session, resolver, create)]
        if self._chance.random() < IN_BOTH_REGIONS:
            asked += [self._once(session, region, create, asked_beside=True) for region in self.bases]
        placed, *_ = await asyncio.gather(*asked)
        if placed is None or placed.order_id is None:
            return
        order_id = placed.order_id
        here = f"{ORDERS}/{order_id}"
        steps: list[Request] = []
        if story is Story.CANCELLED:
            steps = [Request(Operation.CANCEL, f"{key}-cancel", "POST", f"{here}/cancel", {"reason": "changed_mind"},
                             order_id=order_id)]  # fmt: skip
        elif story is Story.SHIPPED:
            parcel = {"carrier": "DHL", "tracking_number": f"TRACK{number}"}
            steps = [
                Request(Operation.PROCESS, f"{key}-process", "PUT", f"{here}/status", {"status": "processing"},
                        "staff", order_id),
                Request(Operation.SHIP, f"{key}-ship", "POST", f"{here}/fulfill", parcel, "staff", order_id),
            ]  # fmt: skip
        for step in steps:
            answer = await self._until_answered(session, resolver, step)
            if answer is None or answer.outcome is not Outcome.ACKNOWLEDGED:
                return

    async def _until_answered(
        self, session: aiohttp.ClientSession, resolver: Resolver, request: Request
    ) -> Entry | None:
        """Asks until acknowledged or refused for good; ``None`` when patience has ended."""
        until = time.monotonic() + PATIENCE_SECONDS
        pause, longest = PAUSES_SECONDS
        while True:
            is_last = time.monotonic() > until
            entry = await self._once(session, resolver.region(), request, is_last=is_last)
            if entry.outcome is Outcome.ACKNOWLEDGED or entry.last:
                return entry
            if is_last:
                return None
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
            pause = min(pause * 2, longest)

    async def _once(
        self,
        session: aiohttp.ClientSession,
        region: str,
        request: Request,
        *,
        is_last: bool = False,
        asked_beside: bool = False,
    ) -> Entry:
        headers = {
            "Authorization": f"Bearer {self.token(request.role)}",
            "Content-Type": "application/json",
            "Idempotency-Key": request.key,
        } | ({"Prefer": "respond-async"} if request.operation is Operation.ACCEPT else {})
        asked_at = time.time()
        status, text, note, replayed = None, "", "", False
        try:
            async with session.request(
                request.method, self.bases[region] + request.path, data=json.dumps(request.body), headers=headers
            ) as response:
                status, text = response.status, await response.text()
                replayed = "Idempotent-Replayed" in response.headers
        except (aiohttp.ClientError, TimeoutError) as error:
            note = type(error).__name__
        outcome = outcome_of(status, text)
        order_id, number = request.order_id, None
        if outcome is Outcome.ACKNOWLEDGED:
            told = json.loads(text)
            order_id, number = told["order_id"], told.get("order_number")
            self.acknowledged += 1
        elif status is not None:
            note = text[:200]
        # An error that no repetition mends ends the story, unless a region was asked that the client doesn't stay with.
        gives_up = is_last or (outcome is Outcome.REFUSED and status not in {429, 503})
        entry = Entry(
            request.operation, request.key, region, outcome, asked_at,
            order_id=order_id, order_number=number, status=status, note=note, last=gives_up and not asked_beside,
            replayed=replayed,
        )  # fmt: skip
        self.journal.note(entry)
        return entry


def outcome_of(status: int | None, text: str) -> Outcome:
    """Tells what a client knows after a response, or after none."""
    if status is None:
        return Outcome.UNKNOWN
    if status < 300:
        return Outcome.ACKNOWLEDGED
    if status >= 500 and not (status == 503 and NOT_THE_WRITER in text):
        # A dependency failed, or the service itself: before the write, or after it.
        return Outcome.UNKNOWN
    return Outcome.REFUSED
