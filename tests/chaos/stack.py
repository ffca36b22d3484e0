"""The whole service as separate processes over an emulator, with a fault-injecting proxy between; any of it can die."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

import aiohttp
from aiobotocore.session import get_session

from orders.adapters.outbound.local.dev_issuer import DevIssuer
from orders.bootstrap.dev import emulator
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.workers import WORKERS
from tests.chaos.observer import Observer
from tests.faults.proxy import FaultProxy
from tests.support.ports import free_port

ORDERS = Path(sys.executable).with_name("orders")
REGION = "af-south-1"
ENVIRONMENT = "local"
TENANT = "demo"
DEAD = f"-dlq-{ENVIRONMENT}"

# As `orders dev` has them: what died is taken up again within seconds.
SHORT_WAITS = {
    "QUEUE_VISIBILITY_SECONDS": "20",
    "MAIL_LEASE_SECONDS": "15",
    "QUEUE_WAIT_SECONDS": "5",
    "RELAY_LAG_SECONDS": "2",
    "STAFF_ADDRESS_FALLBACK": "staff@{tenant}.example",
    "LOG_LEVEL": "WARNING",
}


@asynccontextmanager
async def aws_client(endpoint_url: str, service: str, region: str = REGION) -> AsyncIterator[Any]:
    """An AWS client for an emulator."""
    session: Any = get_session()
    given = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": region}
    async with session.create_client(service, endpoint_url=endpoint_url, verify=False, **given) as client:
        yield client


class Emulated(Protocol):
    """A running service whose AWS can be looked at."""

    def client(self, service: str) -> AbstractAsyncContextManager[Any]:
        """An AWS client beside any proxy."""
        ...

    async def waiting(self) -> Counter[str]:
        """Counts the messages in each queue and the entries in the outbox."""
        ...


NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass
class Process:
    """One `orders` process that is started again after each of its deaths."""

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    kills: int = 0
    running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it, in a process group of its own: a renderer's children die with it."""
        with self.log.open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(
                ORDERS, *self.arguments, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    async def kill(self) -> None:
        """kill -9 of the whole group."""
        assert self.running is not None
        if self.running.returncode is None:
            os.killpg(self.running.pid, signal.SIGKILL)
            self.kills += 1
        await self.running.wait()

    async def terminate(self, within_seconds: float) -> float:
        """SIGTERM; how many seconds it took to end. Raises: TimeoutError."""
        assert self.running is not None
        clock = asyncio.get_running_loop()
        began = clock.time()
        self.running.terminate()
        async with asyncio.timeout(within_seconds):
            await self.running.wait()
        return clock.time() - began

    @property
    def died_by_itself(self) -> bool:
        """True if the process ended without being killed."""
        return self.running is not None and self.running.returncode is not None

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:]) if self.log.exists() else ""


@dataclass
class Stack:
    """A running service.

    Attributes:
        base: the API's address.
        emulator_url: AWS without the proxy, to look at what has come of it all.
    """

    base: str
    emulator_url: str
    proxy: FaultProxy
    observer: Observer
    processes: dict[str, Process]
    issuer: DevIssuer
    deaths: Counter[str] = field(default_factory=Counter)

    def token(self, role: str, customer: str = "cust_test_001") -> str:
        """A token of the demo shop, good for the whole run."""
        return self.issuer.token(
            tenant_id=TENANT,
            customer_id=customer,
            roles=[role],
            now=datetime.now(UTC),
            valid_for=timedelta(hours=4),
        )

    @asynccontextmanager
    async def client(self, service: str) -> AsyncIterator[Any]:
        """An AWS client beside the proxy."""
        async with aws_client(self.emulator_url, service) as client:
            yield client

    async def spawn(self, *arguments: str) -> asyncio.subprocess.Process:
        """An operator's command, under way."""
        environment = self.processes["api"].environment
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(ORDERS, *arguments, env=environment, stdout=pipe, stderr=pipe)

    async def command(self, *arguments: str) -> Any:
        """Runs an operator's command and returns its JSON output. Raises: RuntimeError with its error output."""
        process = await self.spawn(*arguments)
        printed, complaints = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"orders {' '.join(arguments)}: {complaints.decode()[-1000:]}")
        return json.loads(printed)

    async def waiting(self) -> Counter[str]:
        """Counts the messages in each queue and the entries in the outbox."""
        return await waiting_in(self)

    @staticmethod
    def moving(waiting: Counter[str]) -> int:
        """Counts what is in flight, dead letters excluded."""
        return sum(count for name, count in waiting.items() if not name.endswith(DEAD))

    @staticmethod
    def dead_letters(waiting: Counter[str]) -> dict[str, int]:
        """Counts the dead letters by queue."""
        return {name: count for name, count in waiting.items() if name.endswith(DEAD) and count}

    async def revive(self) -> None:
        """Start again what has ended, and note who ended without having been killed."""
        for process in self.processes.values():
            if process.running is None or process.running.returncode is not None:
                await process.start()

    async def working(self, within_seconds: float = 60) -> None:
        """Return when every worker has asked its queue for messages: from then on it bears what a start does not.

        Raises: TimeoutError with the queues that nobody asks, and what their processes said.
        """
        topology = packaged_topology()
        queues = {topology.queue_name(name, ENVIRONMENT) for name in self.processes if name in WORKERS}
        asleep = queues
        try:
            async with asyncio.timeout(within_seconds):
                while True:
                    asleep = queues - self.observer.received_from
                    if not asleep:
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise TimeoutError(f"nobody receives from {sorted(asleep)}; ended: {self.ended()}") from None

    def ended(self) -> dict[str, str]:
        """The end of the log of each process that isn't running."""
        return {name: process.last_words() for name, process in self.processes.items() if process.died_by_itself}

    async def ready(self, within_seconds: float = 60) -> None:
        """Return when the API answers. Raises: TimeoutError."""
        await until_it_answers(self.base, within_seconds)


async def until_it_answers(base: str, within_seconds: float) -> None:
    """Return when the API at this address answers. Raises: TimeoutError."""
    async with asyncio.timeout(within_seconds), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"{base}/health/live") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)


VISIBLE_OR_HELD: tuple[Literal["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"], ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
)

DELAYED: Literal["ApproximateNumberOfMessagesDelayed"] = "ApproximateNumberOfMessagesDelayed"


async def waiting_in(emulated: Emulated) -> Counter[str]:
    """Counts the messages in each queue and the entries in the outbox.

    Those delayed too, such as of a mail that somebody has claimed and not sent yet; but not of the event-processor: the
    second pass over an order that has ended comes minutes later, and is nobody's delay.
    """
    topology = packaged_topology()
    second_passes = topology.queue_name("event-processor", ENVIRONMENT)
    found: Counter[str] = Counter()
    async with emulated.client("sqs") as sqs, emulated.client("dynamodb") as dynamodb:
        for url in (await sqs.list_queues()).get("QueueUrls", []):
            name = url.rpartition("/")[2]
            counted = VISIBLE_OR_HELD if name == second_passes else (*VISIBLE_OR_HELD, DELAYED)
            attributes = (await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*counted]))["Attributes"]
            found[name] = sum(int(attributes[each]) for each in counted)
        table = topology.table_name(ENVIRONMENT)
        found["outbox"] = (await dynamodb.scan(TableName=table, IndexName="OutboxPending", Select="COUNT"))["Count"]
    return found


@asynccontextmanager
async def running_stack(
    directory: Path, *, workers: tuple[str, ...] = tuple(WORKERS), settings: Mapping[str, str] = NO_SETTINGS
) -> AsyncIterator[Stack]:
    """Emulator, resources, proxy, API, relay and workers, all on loopback; nothing is left running."""
    running = await emulator.start(directory / "emulator", emulator.emulator_python(), preferred_port=free_port())
    observer = Observer()
    proxy = FaultProxy(running.url, on_effect=observer)
    try:
        async with proxy.serving() as proxy_url:
            port = free_port()
            environment = os.environ | SHORT_WAITS | dict(settings) | {
                "ENVIRONMENT": ENVIRONMENT,
                "ORDERS_DATA_DIR": str(directory / "data"),
                "DEV_ISSUER_ENABLED": "true",
                "API_PORT": str(port),
            }  # fmt: skip
            made = await asyncio.create_subprocess_exec(
                ORDERS, "bootstrap", env=environment | {"AWS_ENDPOINT_URL": running.url}, stdout=asyncio.subprocess.PIPE
            )
            await made.communicate()
            if made.returncode:
                raise RuntimeError("the emulator's resources could not be created")
            environment["AWS_ENDPOINT_URL"] = proxy_url
            commands = {"api": ("api",), "relay": ("relay",)} | {name: ("worker", name) for name in workers}
            stack = Stack(
                base=f"http://127.0.0.1:{port}",
                emulator_url=running.url,
                proxy=proxy,
                observer=observer,
                processes={
                    name: Process(name, arguments, environment, directory / f"{name}.log")
                    for name, arguments in commands.items()
                },
                issuer=DevIssuer(directory / "data"),
            )
            try:
                await stack.revive()
                await stack.ready()
                yield stack
            finally:
                for process in stack.processes.values():
                    if process.running is not None:
                        await process.kill()
    finally:
        await asyncio.to_thread(emulator.stop, running)
