"""[Q-4]: how much slower the slowest hundredth is than the median, at half of what one process can take.

Capacity is what 32 connections get done that each wait for their answers. Then requests are sent at half of that rate,
whether or not those before are answered, and each one's latency begins when it was due. They come evenly, as load
generators send them; what it is when they come at random is shown beside it, and of a create what it is of the floor at
the same rate: of a single put in the same table. What the table adds is told by a create at that rate on one that
answers at once.
"""

import random
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from benchmarks.api_process import api_process
from benchmarks.aws_stand_in import aws_stand_in
from benchmarks.compare import Opened, Plan, Side
from benchmarks.create import UNKEYED
from benchmarks.ground import (
    LISTED,
    LISTED_TENANT,
    ORDERS_PATH,
    PAGE,
    Ground,
    create_requests,
    in_turn,
    listed_orders,
    seed,
)
from benchmarks.load import CONNECTIONS, Requests, at_rate, one_after_another
from benchmarks.method import over_pairs, percentile
from benchmarks.report import Figure

TARGET = 4.0
SHARE = 0.5
_TIMES = 4
"""So many times the requests of a round: a hundredth of them has to be some."""


async def latency(ground: Ground, plan: Plan) -> list[Figure]:
    """Measures get, list and create, each by itself."""
    orders = listed_orders(LISTED)
    await seed(ground, orders)
    shoppers = ground.tokens("customer", tenant=LISTED_TENANT)
    staff, customers = ground.tokens("admin", tenant=LISTED_TENANT), ground.tokens("customer")

    _, one_put = await UNKEYED.sides(ground)

    def gets() -> list[Requests]:
        paths = [f"{ORDERS_PATH}/{order.order_id}" for order in orders]
        return [in_turn(paths[caller::CONNECTIONS], token) for caller, token in enumerate(shoppers)]

    return [
        await _figure(ground, plan, "get", gets),
        await _figure(ground, plan, "list of 25", lambda: [in_turn([PAGE], token) for token in staff]),
        await _figure(ground, plan, "create", lambda: create_requests(customers), floor=one_put),
    ]


async def _figure(
    ground: Ground, plan: Plan, name: str, callers: Callable[[], list[Requests]], floor: Opened | None = None
) -> Figure:
    told: dict[str, list[float]] = {"p50, ms": [], "p99, ms": [], "capacity/s": [], "at random": []}
    ratios = []
    for _ in range(plan.pairs):
        with api_process(ground.settings()) as api:
            await one_after_another(api.url, callers(), plan.requests)  # a warm one
            full = await one_after_another(api.url, callers(), plan.requests)
            capacity = plan.requests / full.seconds
            many, rate, chance = _TIMES * plan.requests, SHARE * capacity, random.Random(1)  # noqa: S311 - no secret
            evenly = (await at_rate(api.url, callers(), many, rate, _evenly)).latencies
            randomly = (await at_rate(api.url, callers(), many, rate, _randomly(chance))).latencies
        if floor is not None:
            told.setdefault("floor's", []).append(await _tail_of(floor, plan, many, rate))
            told.setdefault("on a table that answers at once", []).append(
                await _tail_without_table(ground, callers(), plan, many, rate)
            )
        ratios.append(percentile(evenly, 0.99) / percentile(evenly, 0.5))
        told["p50, ms"].append(1000 * percentile(evenly, 0.5))
        told["p99, ms"].append(1000 * percentile(evenly, 0.99))
        told["capacity/s"].append(capacity)
        told["at random"].append(percentile(randomly, 0.99) / percentile(randomly, 0.5))
    ratio = over_pairs(ratios)
    return Figure(
        "Q-4",
        f"p99/p50 at half of capacity: {name}",
        ratio.median,
        ratio.spread,
        TARGET,
        at_most=True,
        told={what: statistics.median(values) for what, values in told.items()},
    )


async def _tail_of(floor: Opened, plan: Plan, many: int, rate: float) -> float:
    with ExitStack() as stack:
        side = floor(stack)
        assert isinstance(side, Side)
        (process,) = side.processes
        return await _tail(process.url, side.callers, plan, many, rate)


async def _tail_without_table(ground: Ground, callers: Sequence[Requests], plan: Plan, many: int, rate: float) -> float:
    with aws_stand_in() as stand_in, api_process(ground.settings(aws_endpoint_url=stand_in.url)) as api:
        return await _tail(api.url, callers, plan, many, rate)


async def _tail(url: str, callers: Sequence[Requests], plan: Plan, many: int, rate: float) -> float:
    await one_after_another(url, callers, plan.requests)  # a warm one
    latencies = (await at_rate(url, callers, many, rate, _evenly)).latencies
    return percentile(latencies, 0.99) / percentile(latencies, 0.5)


def _evenly(mean: float) -> float:
    return mean


def _randomly(chance: random.Random) -> Callable[[float], float]:
    return lambda mean: chance.expovariate(1 / mean)
