"""Measures what telemetry costs a create: CPU with traces and metrics on, against the same process with them off.

Both sides are the API over moto's server in a process of its own, so that only the API's CPU counts; the collector is a
stand-in in another process. Rounds alternate, and each pair of rounds gives one ratio: the median and its interval are
printed. ``--short`` for a look. The exit code is 1 when the median is over the bound.
"""

import argparse
import asyncio
import io
import os
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import httpx
from rich.console import Console

from orders.adapters.inbound.http.app import create_app
from orders.bootstrap.aws import open_clients
from orders.bootstrap.config.edge import edge_rules
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.container.api_container import api_dependencies
from orders.bootstrap.dev.service import resource_clients
from orders.bootstrap.logging import configure_logging
from orders.bootstrap.resources.creation import create_resources
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.api import open_container
from orders.bootstrap.telemetry import Telemetry, open_telemetry
from tests.contract.moto_server import moto_server
from tests.support.collector import collecting

BOUND = 0.05
"""The most that telemetry may add to a create's CPU."""
PAIRS, CREATES = 24, 15
SHORT = (6, 15)
RESAMPLES = 2000
BODY = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99}],
    "total": 59.98,
    "currency": "USD",
}


@dataclass
class Side:
    """One of the two: an API that can be asked."""

    api: httpx.AsyncClient
    token: str
    drain: Any

    async def cpu_of(self, creates: int) -> float:
        """Returns the CPU seconds of one create, its publication included."""
        before = time.process_time()
        for _ in range(creates):
            answer = await self.api.post("/v1.0/orders", json=BODY, headers={"Authorization": f"Bearer {self.token}"})
            assert answer.status_code == 201, answer.text
        await self.drain()
        return (time.process_time() - before) / creates


def _serve_aws(pipe: Connection) -> None:
    with moto_server() as url, collecting() as collector:
        pipe.send((url, collector.url))
        pipe.recv()
        pipe.send(collector.calls)


@asynccontextmanager
async def _side(settings: Settings, telemetry: Telemetry) -> AsyncIterator[Side]:
    async with open_container(settings, telemetry) as container:
        app = create_app(
            api_dependencies(container),
            edge=edge_rules(settings),
            metrics=telemetry.metrics,
            tracing=telemetry.tracing,
        )
        token = dev_issuer(settings).token(
            tenant_id="demo", customer_id="cust_test_001", roles=["customer"], now=datetime.now(UTC)
        )
        transport = httpx.ASGITransport(app=cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url="http://orders.example") as api:
            yield Side(api, token, container.use_cases().fast_path().drain)


async def measure(pairs: int, creates: int, aws: str, collector: str, share: float) -> list[float]:
    """Returns what telemetry adds, as a fraction, once for each pair of rounds."""
    with TemporaryDirectory() as directory:
        settings = load_settings(
            environment="local",
            aws_endpoint_url=aws,
            dev_issuer_enabled=True,
            orders_data_dir=Path(directory),
            log_level="WARNING",
        )
        configure_logging(settings, stream=io.StringIO())
        async with open_clients(settings) as clients:
            # moto knows no way from a bus to a topic; publishing does not need one.
            topology = packaged_topology()
            topology = replace(topology, rules=tuple(rule for rule in topology.rules if rule.topic is None))
            await create_resources(topology, resource_clients(clients), environment="local")
        exporting = settings.model_copy(
            update={
                "otel_exporter_otlp_endpoint": collector,
                "otel_traces_sampler": "parentbased_traceidratio",
                "otel_traces_sampler_arg": share,
            }
        )
        async with AsyncExitStack() as opened:
            off = await opened.enter_async_context(_side(settings, Telemetry()))
            telemetry = await opened.enter_async_context(open_telemetry(exporting, Role.API))
            on = await opened.enter_async_context(_side(exporting, telemetry))
            for side in (off, on):
                await side.cpu_of(creates)
            added = []
            for pair in range(pairs):
                first, second = (off, on) if pair % 2 else (on, off)
                spent = {id(first): await first.cpu_of(creates)}
                spent[id(second)] = await second.cpu_of(creates)
                added.append(spent[id(on)] / spent[id(off)] - 1)
            return added


def interval(values: list[float], share: float = 0.95) -> tuple[float, float]:
    """Returns the interval of the median by bootstrap (percentiles of resampled medians)."""
    chance = random.Random(1)  # noqa: S311 - nothing secret is drawn
    medians = sorted(statistics.median(chance.choices(values, k=len(values))) for _ in range(RESAMPLES))
    cut = int(RESAMPLES * (1 - share) / 2)
    return medians[cut], medians[-cut - 1]


def main() -> int:
    """Measures, prints and judges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of traces that are kept, as an environment keeps them"
    )
    asked = parser.parse_args()
    pairs, creates = SHORT if asked.short else (PAIRS, CREATES)
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve_aws, args=(there,))
    process.start()
    try:
        aws, collector = here.recv()
        added = asyncio.run(measure(pairs, creates, aws, collector, asked.share))
        here.send(None)
        calls = here.recv()
    finally:
        process.join(10)
        process.kill()
    median, (low, high) = statistics.median(added), interval(added)
    say = Console(highlight=False).print
    how = f"{pairs} pairs of {creates}, {asked.share:.0%} of traces kept"
    say(f"telemetry adds {median:+.1%} to a create's CPU (95 %: {low:+.1%} to {high:+.1%}; {how})", soft_wrap=True)
    say(f"the collector was called {calls} times, on {os.cpu_count()} cores; bound: {BOUND:.0%}")
    return int(median > BOUND or calls == 0)


if __name__ == "__main__":
    sys.exit(main())
