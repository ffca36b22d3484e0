"""[Q-8]: from the request of an order until both of its mails are sent, with nothing else to do.

`orders dev` runs API, workers and relay in one process over the local emulator, which is slower than AWS: bus, queues,
bucket and mail service included. One order at a time. There is no floor: the target is in seconds.
"""

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.compare import Plan
from benchmarks.ground import Ground
from benchmarks.method import interval, percentile
from benchmarks.report import Figure
from tests.e2e.dev_process import Dev

TARGET_SECONDS = 2.0
_LOOK_SECONDS = 0.02
_PATIENCE_SECONDS = 120.0
_WARM = 2
_ORDERS_FOR_EACH_PAIR = 5


async def mails(_ground: Ground, plan: Plan) -> list[Figure]:
    """Places one order after another."""
    seconds = await asyncio.to_thread(_measured, _ORDERS_FOR_EACH_PAIR * plan.pairs)
    return [
        Figure(
            "Q-8",
            "order to both mails, p95",
            percentile(seconds, 0.95),
            interval(seconds),
            TARGET_SECONDS,
            at_most=True,
            unit="s",
            told={"p50, s": statistics.median(seconds), "orders": float(len(seconds))},
        )
    ]


def _measured(orders: int) -> list[float]:
    with TemporaryDirectory() as directory:
        dev = Dev(Path(directory) / "data")
        try:
            dev.start()
            return [_one(dev) for _ in range(orders + _WARM)][_WARM:]
        finally:
            dev.remove()


def _one(dev: Dev) -> float:
    began = time.perf_counter()
    order = dev.place()
    while len(dev.mails_of(order)) < 2:
        if time.perf_counter() - began > _PATIENCE_SECONDS:
            raise TimeoutError(f"no two mails of {order['order_id']} in {_PATIENCE_SECONDS:.0f} s")
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter() - began
