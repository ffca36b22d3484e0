"""Other services' reports, told in order to some orders, shuffled and repeated to others: the same has to come of both.

Every story of ``tests/support/external_event_feeds.py`` is told to as many orders in either way. The event-processor is
killed once in the middle of the shuffled half.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.domain.reports import Report
from tests.chaos.experiment import STUCK_AFTER_SECONDS, Outcome
from tests.chaos.stack import ENVIRONMENT, REGION, TENANT, Stack, running_stack
from tests.support.external_event_feeds import STORIES, entry, outcome

WORKERS = ("event-processor",)
QUEUE = packaged_topology().queue_name("event-processor", ENVIRONMENT)
UNITS = (1, 1)
APART = timedelta(milliseconds=10)
AT_ONCE = 10
"""Entries in one call, which is what the bus takes."""
REPEATED = 0.5
"""So many of the shuffled reports come a second time."""
ORDER = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99}],
    "total": 59.98,
    "currency": "USD",
}


@dataclass
class Told:
    """An order, and what has been told of it."""

    story: str
    order_id: str
    begins: datetime
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reports = STORIES[self.story].reports(self.begins, APART, UNITS)


async def run(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Place the orders, tell both halves, and compare."""
    half = max(arguments.orders // 2, len(STORIES))
    names = list(islice(cycle(STORIES), half))
    # Contradictions have that long to meet; a queue that is behind, and a worker that dies, must not part them.
    hold = 60 + half * 8 // 20
    settings = {"PAYMENT_FAILURE_HOLD_SECONDS": str(min(hold, 600))}
    random = Random(arguments.seed)  # noqa: S311 - the same run for the same seed
    async with running_stack(directory, workers=WORKERS, settings=settings) as stack:
        ordered = await _placed(stack, names)
        await _in_waves(stack, ordered)
        shuffled = await _placed(stack, names)
        reports = [(told.order_id, report) for told in shuffled for report in told.reports]
        feed = reports + random.sample(reports, int(len(reports) * REPEATED))
        random.shuffle(feed)
        middle = len(feed) // 2
        await _put(stack, feed[:middle])
        await stack.processes["event-processor"].kill()
        await stack.revive()
        await _put(stack, feed[middle:])
        await _quiet(stack, delayed=True)
        return await _judged(stack, ordered, shuffled, told=len(feed))


async def _placed(stack: Stack, names: Sequence[str]) -> list[Told]:
    headers = {"Authorization": f"Bearer {stack.token('customer')}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def place() -> str:
            async with session.post(f"{stack.base}/v1.0/orders", json=ORDER) as answer:
                answer.raise_for_status()
                return str((await answer.json())["order_id"])

        ids = await _bounded([place] * len(names))
    begins = datetime.now(UTC).replace(microsecond=0)
    return [Told(name, order_id, begins) for name, order_id in zip(names, ids, strict=True)]


async def _in_waves(stack: Stack, orders: Sequence[Told]) -> None:
    """The first report of all orders, then, when all is quiet, the second."""
    for number in range(max(len(told.reports) for told in orders)):
        await _put(stack, [(told.order_id, told.reports[number]) for told in orders if number < len(told.reports)])
        await _quiet(stack, delayed=False)


async def _put(stack: Stack, feed: Sequence[tuple[str, Report]]) -> None:
    bus = packaged_topology().bus_name(ENVIRONMENT)
    entries = [entry(TENANT, order_id, report) | {"EventBusName": bus} for order_id, report in feed]
    async with stack.client("events") as events:

        async def put(some: Sequence[dict[str, Any]]) -> None:
            answer = await events.put_events(Entries=some)
            assert not answer["FailedEntryCount"], answer

        batches = [entries[index : index + AT_ONCE] for index in range(0, len(entries), AT_ONCE)]
        await _bounded([lambda batch=batch: put(batch) for batch in batches])  # type: ignore[misc]


async def _quiet(stack: Stack, *, delayed: bool) -> None:
    """Wait until the event-processor has nothing to do. Raises: TimeoutError when nothing moves any more."""
    clock = asyncio.get_running_loop()
    last, moved = None, clock.time()
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    wanted += ["ApproximateNumberOfMessagesDelayed"] if delayed else []
    async with stack.client("sqs") as sqs:
        url = (await sqs.get_queue_url(QueueName=QUEUE))["QueueUrl"]
        while True:
            found = (await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted))["Attributes"]
            waiting = (sum(map(int, found.values())), (await stack.waiting())["outbox"])
            if waiting == (0, 0) and last == (0, 0):
                return
            if waiting != last:
                last, moved = waiting, clock.time()
            # What is held back for its time does not move either.
            elif clock.time() - moved > STUCK_AFTER_SECONDS + 600 * delayed:
                raise TimeoutError(f"stuck: {waiting} wait on {QUEUE} and in the outbox")
            await asyncio.sleep(0.5)


async def _judged(stack: Stack, ordered: Sequence[Told], shuffled: Sequence[Told], *, told: int) -> Outcome:
    found = Outcome()
    statuses: Counter[str] = Counter()
    dead = await stack.command("dlq", "list", "event-processor", "--limit", "100000", "--json")
    put_aside = Counter(letter["order_id"] for letter in dead)
    async with stack.client("dynamodb") as client:
        table = packaged_topology().table_name(ENVIRONMENT)
        repository = DynamoOrderRepository(client, table, region=REGION, outbox_shards=8)
        for first, second in zip(ordered, shuffled, strict=True):
            states = []
            for each in (first, second):
                order = await repository.get(TENANT, each.order_id)
                assert order is not None
                state = outcome(order)
                state["parcels"] = {name: _since(each.begins, facts) for name, facts in state["parcels"].items()}
                states.append(state)
                impossible = bool(STORIES[each.story].impossible)
                aside = bool(put_aside[each.order_id])
                found.expect(
                    impossible == aside, f"{each.story}: {each.order_id} has {put_aside[each.order_id]} letters"
                )
            statuses[states[1]["status"]] += 1
            found.expect(states[0] == states[1], f"{first.story}: in order {states[0]}, shuffled {states[1]}")
            story = STORIES[first.story]
            found.expect(states[1]["status"] == story.status, f"{first.story}: {states[1]['status']} at its end")
            found.expect(not states[1]["parked"], f"{first.story}: {second.order_id} still has something parked")
    found.figures |= {
        "orders told of in order": len(ordered),
        "orders told of shuffled": len(shuffled),
        "stories": len(STORIES),
        "reports, shuffled and repeated": told,
        "statuses": dict(statuses),
        "dead letters": len(dead),
        "event-processor killed": stack.processes["event-processor"].kills,
    }
    return found


def _since(begins: datetime, facts: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(fact - begins if isinstance(fact, datetime) else fact for fact in facts)


async def _bounded(calls: Iterable[Callable[[], Awaitable[Any]]], *, at_once: int = 20) -> list[Any]:
    slots = asyncio.Semaphore(at_once)

    async def one(call: Callable[[], Awaitable[Any]]) -> Any:
        async with slots:
            return await call()

    return list(await asyncio.gather(*map(one, calls)))
