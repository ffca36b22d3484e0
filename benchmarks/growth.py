"""[Q-5]: what a request costs in a shop of 1,000 orders and in one of many, by the CPU time of the same process.

Both shops are in one table and asked by turns. Page 1,000 is compared with page 1 of the same shop, for a shop of 1,000
orders has none. DynamoDB Local's own time is shown by the latencies: it says nothing about DynamoDB.
"""

import asyncio
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from benchmarks.api_process import api_process
from benchmarks.compare import Plan
from benchmarks.ground import ORDERS_PATH, PAGE, Ground, create_requests, in_turn, orders_of, seed
from benchmarks.load import CONNECTIONS, Connection, Requests, one_after_another, request
from benchmarks.method import alternating, over_pairs
from benchmarks.processes import Measured
from benchmarks.report import Figure

SMALL = 1_000
TARGET = 1.1
PAGES = 1_000
_SEEDED_AT_ONCE = 5_000
_PAGE_LENGTH, _LONGEST_PAGE = 25, 100


@dataclass(frozen=True)
class _Shop:
    tenant: str
    size: int

    def callers(self, ground: Ground, path: str) -> list[Requests]:
        return [in_turn([path], token) for token in ground.tokens("admin", tenant=self.tenant)]

    def gets(self, ground: Ground) -> list[Requests]:
        # A thousand of each, spread over all: neither shop's are in a cache that the other's are not in.
        some = islice(orders_of(self.size, self.tenant), 0, self.size, self.size // SMALL)
        paths = [f"{ORDERS_PATH}/{order.order_id}" for order in some]
        tokens = ground.tokens("admin", tenant=self.tenant)
        return [in_turn(paths[caller::CONNECTIONS], token) for caller, token in enumerate(tokens)]

    def creates(self, ground: Ground) -> list[Requests]:
        return create_requests(ground.tokens("customer", tenant=self.tenant))


async def growth(ground: Ground, plan: Plan) -> list[Figure]:
    """Measures create, get, the list's page 1 and its page 1,000."""
    small_shop, large_shop = _Shop("shop_small", SMALL), _Shop("shop_large", plan.orders)
    for shop in (small_shop, large_shop):
        orders = orders_of(shop.size, shop.tenant)
        while batch := list(islice(orders, _SEEDED_AT_ONCE)):
            await seed(ground, batch)
    deep = await _page(ground, large_shop, min(PAGES, plan.orders // _PAGE_LENGTH))
    compared: dict[str, Callable[[], tuple[list[Requests], list[Requests]]]] = {
        "create": lambda: (small_shop.creates(ground), large_shop.creates(ground)),
        "get": lambda: (small_shop.gets(ground), large_shop.gets(ground)),
        "list, page 1": lambda: (small_shop.callers(ground, PAGE), large_shop.callers(ground, PAGE)),
        "list, page 1,000": lambda: (large_shop.callers(ground, PAGE), large_shop.callers(ground, deep)),
    }
    return [await _figure(ground, plan, f"{name}, {plan.orders:,} orders", each) for name, each in compared.items()]


async def _page(ground: Ground, shop: _Shop, number: int) -> str:
    """Returns the path of a page of the shop's list, found by reading all before it."""
    (token, *_) = ground.tokens("admin", tenant=shop.tenant)
    path, skipped = f"{ORDERS_PATH}?limit={_LONGEST_PAGE}", (number - 1) * _PAGE_LENGTH
    with api_process(ground.settings()) as api:
        connection = await Connection.open(api.url)
        cursor = ""
        for limit in _steps(skipped):
            path = f"{ORDERS_PATH}?limit={limit}{cursor}"
            cursor = f"&cursor={json.loads(await connection.ask(request('GET', path, token)))['next_cursor']}"
        connection.close()
    return f"{PAGE}{cursor}"


def _steps(skipped: int) -> Iterator[int]:
    while skipped > 0:
        yield min(skipped, _LONGEST_PAGE)
        skipped -= _LONGEST_PAGE


async def _figure(
    ground: Ground, plan: Plan, name: str, both: Callable[[], tuple[list[Requests], list[Requests]]]
) -> Figure:
    ratios: list[float] = []
    cpu: tuple[list[float], list[float]] = ([], [])
    waits: tuple[list[float], list[float]] = ([], [])
    for _ in range(plan.pairs):
        with api_process(ground.settings()) as api:
            callers = both()
            for each in callers:
                await _round(api, each, plan.requests)
            for order in alternating(plan.rounds):
                for at in order:
                    spent, median = await _round(api, callers[at], plan.requests)
                    cpu[at].append(spent)
                    waits[at].append(median)
        small, large = (statistics.median(values[-plan.rounds :]) for values in cpu)
        ratios.append(large / small)
    ratio = over_pairs(ratios)
    return Figure(
        "Q-5",
        f"growth: {name}",
        ratio.median,
        ratio.spread,
        TARGET,
        at_most=True,
        cpu_ms={"small": statistics.median(cpu[0]), "large": statistics.median(cpu[1])},
        told={"small p50, ms": statistics.median(waits[0]), "large p50, ms": statistics.median(waits[1])},
    )


async def _round(api: Measured, callers: Sequence[Requests], requests: int) -> tuple[float, float]:
    before = await asyncio.to_thread(api.cpu_seconds)
    answered = await one_after_another(api.url, callers, requests)
    spent = await asyncio.to_thread(api.cpu_seconds) - before
    return 1000 * spent / requests, 1000 * statistics.median(answered.latencies)
