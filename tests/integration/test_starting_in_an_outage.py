"""Workers that start while SQS goes out of reach wait for it instead of ending: run here, over moto behind a proxy."""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orders.adapters.inbound.cli.commands.health import HealthQuestion, ask
from orders.bootstrap.aws import CLIENTS, open_clients
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.dev.service import resource_clients
from orders.bootstrap.logging import configure_logging
from orders.bootstrap.resources.creation import create_resources
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.worker import run_worker
from orders.bootstrap.workers import WORKERS
from tests.contract.moto_server import moto_server
from tests.faults.aws_calls import Call
from tests.faults.plan import Fault
from tests.faults.proxy import FaultProxy
from tests.support.eventually import eventually
from tests.support.ports import free_port
from tests.support.restored_logging import restored_logging

TRIES = 3
"""How often botocore tries a call ("standard" retries)."""
OWN_QUEUES = 2 * len(packaged_topology().workers)
"""The look-ups that every worker begins with, all at once."""


class OutageOfLookUps:
    """So many look-ups of queues get through, then as many fail as make one attempt of a start fail."""

    def __init__(self, through: int, failing: int) -> None:
        self._left = [None] * through + [Fault.RESET] * failing

    def fault(self, call: Call) -> Fault | None:
        """Only look-ups fail."""
        return self._left.pop(0) if self._left and call.operation == "GetQueueUrl" else None

    @property
    def over(self) -> bool:
        """True once every fault has happened."""
        return not self._left


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with moto_server() as url:
        asyncio.run(_create_resources(url))
        yield url


async def _create_resources(url: str) -> None:
    async with open_clients(load_settings(aws_endpoint_url=url), CLIENTS) as clients:
        await create_resources(packaged_topology(), resource_clients(clients), environment="dev")


AT_EACH_STEP = [
    pytest.param("mail-feedback", 0, TRIES * OWN_QUEUES, id="before anything is found"),
    *(
        pytest.param(worker.name, OWN_QUEUES, TRIES, id=f"{worker.name}, before the dead letters are found")
        for worker in WORKERS.values()
        if worker.reads_dead_letters
    ),
]


@pytest.mark.parametrize(("name", "through", "failing"), AT_EACH_STEP)
async def test_a_worker_waits_for_its_queues(aws: str, tmp_path: Path, name: str, through: int, failing: int) -> None:
    log, plan, stop = io.StringIO(), OutageOfLookUps(through, failing), asyncio.Event()
    proxy = FaultProxy(aws, plan=plan)
    with restored_logging():
        async with proxy.serving() as address:
            settings = load_settings(
                Role(name),
                environment="dev", aws_endpoint_url=address, orders_data_dir=tmp_path, queue_wait_seconds=0,
                health_port=free_port(),
            )  # fmt: skip
            configure_logging(settings, stream=log)
            running = asyncio.create_task(run_worker(settings, name, stop))
            receiving = asyncio.create_task(asyncio.to_thread(_until_ready, settings.health_port))
            await asyncio.wait({running, receiving}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await running
            await receiving
    assert plan.over
    said = [json.loads(line)["event"] for line in log.getvalue().splitlines()]
    trying = [event.startswith("the queues are out of reach, trying on") for event in said]
    assert (trying.count(True), said.count("the worker runs")) == (1, 1)
    assert trying.index(True) < said.index("the worker runs")


def _until_ready(port: int | None) -> None:
    def ready() -> bool:
        try:
            return ask(HealthQuestion(port or 0, ready=True))[0] == 200
        except OSError:
            return False

    eventually(ready, within_seconds=60, what="the worker is ready")
