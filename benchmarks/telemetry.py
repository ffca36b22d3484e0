"""Measures what telemetry costs a create: CPU with traces and metrics on, against the same process with them off.

Both sides are the API as production serves it, each in a process of its own whose CPU alone counts. AWS is a stand-in
that answers at once, the collector another that throws away what it takes; both have processes of their own. Two
processes that run the same code differ by up to a tenth for as long as they live, by where their objects happen to lie:
so many pairs of processes are started, within each of them rounds alternate, and each pair gives one ratio. The median
and its interval are printed. All traces are kept, or ``--share`` of them, as an environment keeps them. ``--null`` has
telemetry off on both sides: what is measured then is the method's own error. ``--short`` for a look. The exit code is 1
when the median is over the bound. Run it on a machine that does nothing else.
"""

import argparse
import asyncio
import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from rich.console import Console

from benchmarks.api_process import api_process
from benchmarks.aws_stand_in import aws_stand_in
from benchmarks.method import interval
from benchmarks.processes import Measured
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.settings import Settings, load_settings
from tests.support.collector import collecting
from tests.support.ports import free_port

BOUND = 0.05
"""The most that telemetry may add to a create's CPU."""
PAIRS, SHORT = 40, 6
ROUNDS, CREATES = 10, 24
"""Of each pair of processes, and of each round."""
AT_A_TIME = 4
BODY = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99}],
    "total": 59.98,
    "currency": "USD",
}


@dataclass(frozen=True)
class Side:
    """One of the two: an API that can be asked."""

    process: Measured
    client: aiohttp.ClientSession
    token: str

    async def cpu_of(self, creates: int) -> float:
        """Returns the CPU seconds of one create, its publication included."""
        before = await asyncio.to_thread(self.process.cpu_seconds)
        await asyncio.gather(*(self._create(creates // AT_A_TIME) for _ in range(AT_A_TIME)))
        return (await asyncio.to_thread(self.process.cpu_seconds) - before) / (creates // AT_A_TIME * AT_A_TIME)

    async def _create(self, creates: int) -> None:
        for _ in range(creates):
            headers = {"Authorization": f"Bearer {self.token}"}
            async with self.client.post(f"{self.process.url}/v1.0/orders", json=BODY, headers=headers) as answer:
                assert answer.status == 201, await answer.text()
                await answer.read()


@contextmanager
def _collector() -> Iterator[tuple[str, Connection]]:
    """Runs a collector; yields its address, and what says how often it was called once it is asked."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_collect, args=(there,), daemon=True)
    process.start()
    there.close()  # else a process that dies at its start would be waited for without end
    try:
        yield here.recv(), here
    finally:
        process.kill()


def _collect(pipe: Connection) -> None:
    with collecting() as collector:
        pipe.send(collector.url)
        while True:
            pipe.recv()
            pipe.send(collector.calls)


async def measure(off: Measured, on: Measured, token: str) -> float:
    """Returns what telemetry adds in one pair of processes, as a fraction: the median of its rounds."""
    async with aiohttp.ClientSession() as client:
        sides = [Side(off, client, token), Side(on, client, token)]
        for side in sides:
            await side.cpu_of(2 * CREATES)
        added = []
        for at in range(ROUNDS):
            spent = {side: await sides[side].cpu_of(CREATES) for side in ((0, 1) if at % 2 else (1, 0))}
            added.append(spent[1] / spent[0] - 1)
        return statistics.median(added)


def measure_pairs(pairs: int, off: Settings, on: Settings, token: str) -> Iterator[float]:
    """Returns what telemetry adds, once for each pair of processes; who starts first changes."""
    for pair in range(pairs):
        with ExitStack() as opened:
            if pair % 2:
                plain, watched = opened.enter_context(api_process(off)), opened.enter_context(api_process(on))
            else:
                watched, plain = opened.enter_context(api_process(on)), opened.enter_context(api_process(off))
            yield asyncio.run(measure(plain, watched, token))


def _settings(directory: Path, aws: str) -> Settings:
    return load_settings(
        environment="local",
        aws_endpoint_url=aws,
        dev_issuer_enabled=True,
        orders_data_dir=directory,
        api_port=free_port(),
    )


def main() -> int:
    """Measures, prints and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--null", action="store_true", help="telemetry off on both sides")
    parser.add_argument("--share", type=float, default=1.0, help="of traces that are kept")
    asked = parser.parse_args()
    pairs = SHORT if asked.short else PAIRS
    with ExitStack() as opened:
        directory = Path(opened.enter_context(TemporaryDirectory()))
        aws = opened.enter_context(aws_stand_in()).url
        collector, asked_calls = opened.enter_context(_collector())
        plain, exporting = _settings(directory, aws), _settings(directory, aws)
        if not asked.null:
            exporting = exporting.model_copy(
                update={
                    "otel_exporter_otlp_endpoint": collector,
                    "otel_traces_sampler": "parentbased_traceidratio",
                    "otel_traces_sampler_arg": asked.share,
                }
            )
        token = dev_issuer(plain).token(
            tenant_id="demo", customer_id="cust_test_001", roles=["customer"], now=datetime.now(UTC)
        )
        added = list(measure_pairs(pairs, plain, exporting, token))
        asked_calls.send(None)
        calls = asked_calls.recv()
    median, (low, high) = statistics.median(added), interval(added)
    say = Console(highlight=False).print
    how = f"{pairs} pairs of processes, {asked.share:.0%} of traces kept"
    say(f"telemetry adds {median:+.1%} to a create's CPU (95 %: {low:+.1%} to {high:+.1%}; {how})", soft_wrap=True)
    say(f"the collector was called {calls} times, on {os.cpu_count()} cores; bound: {BOUND:.0%}")
    return int(median > BOUND or (calls == 0) is not asked.null)


if __name__ == "__main__":
    sys.exit(main())
