"""The whole service over an emulator: API, workers and relay in one process, with all that leaves it collected."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx

from orders.adapters.inbound.http.app import create_app
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.outbound.telemetry.export import Export, OtelTelemetry
from orders.application.events.publish_events import EventFastPath
from orders.bootstrap.aws import AwsClients, open_clients
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.container.adapter_factories import template_store
from orders.bootstrap.container.api_container import ApiContainer, api_dependencies
from orders.bootstrap.container.rendering import open_templates
from orders.bootstrap.dev.service import resource_clients
from orders.bootstrap.resources.addresses import Addresses, resolve_addresses
from orders.bootstrap.resources.creation import create_resources
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology_file import packaged_topology
from orders.bootstrap.server.worker import relay_loop, worker_loop
from orders.bootstrap.telemetry import resource_attributes
from orders.bootstrap.workers import WORKERS
from tests.support.canaries import CANARY, TellingRenderer
from tests.support.collector import Collector, collecting
from tests.support.outputs import Outputs, collected

ORDERS = "/v1.0/orders"
PATIENCE_SECONDS = 180.0
"""A message that fails on a busy machine is tried again after half a minute."""


@dataclass
class World:
    """The whole service over an emulator; ``api`` speaks for it, ``broken`` for one whose table is not there."""

    settings: Settings
    clients: AwsClients
    addresses: Addresses
    api: httpx.AsyncClient
    broken: httpx.AsyncClient
    outputs: Outputs
    heard_on: str
    collector: Collector
    telemetry: OtelTelemetry
    whole: ApiContainer

    async def call(self, method: str, path: str, body: Any = None, *, role: str = "customer", **more: Any) -> Any:
        client = more.pop("client", self.api)
        token = dev_issuer(self.settings).token(
            tenant_id="tenant_a",
            customer_id="cust_test_001",
            roles=[role],
            email=f"{CANARY}.claim@{CANARY}.example",
            now=datetime.now(UTC),
        )
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        answer = await client.request(method, path, json=body, headers=headers)
        await self.outputs.note_answer(answer)
        return answer

    async def until(self, look: Callable[[], Awaitable[object]], what: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await look():  # noqa: ASYNC110 - another process rings no bell
                await asyncio.sleep(0.1)

    async def sent(self, order_id: str, *templates: str) -> bool:
        """Returns whether these mails have been sent."""
        history = (await self.call("GET", f"{ORDERS}/{order_id}/history?limit=100", role="staff")).json()
        done = {each["template"] for each in history["items"] if each.get("state") == "sent"}
        return done >= set(templates)

    async def dead(self, worker: str, count: int) -> bool:
        """Returns whether that many messages of a worker were dead-lettered; records the reasons as outputs."""
        received = await self.clients.sqs.receive_message(
            QueueUrl=self.addresses.queues[worker].dead_letter_url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            VisibilityTimeout=600,
        )
        found = [each.get("MessageAttributes", {}) for each in received.get("Messages", [])]
        self.outputs.dead_letters += [f"{worker} {attributes}" for attributes in found]
        return sum(letter.startswith(worker) for letter in self.outputs.dead_letters) >= count

    def sent_telemetry(self) -> Collector:
        """Returns the collector once it has been sent everything so far."""
        self.telemetry.flush()
        return self.collector

    async def heard(self) -> None:
        """Collect what the bus has told."""
        while True:
            received = await self.clients.sqs.receive_message(
                QueueUrl=self.heard_on, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=600
            )
            if not received.get("Messages"):
                return
            self.outputs.events += [message["Body"] for message in received["Messages"]]


async def _listening(clients: AwsClients, bus: str, name: str) -> str:
    """The address of a queue to which the bus sends all there is."""
    url = (await clients.sqs.create_queue(QueueName=name))["QueueUrl"]
    attributes = await clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["io.bbws.orders"]})
    await clients.events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern, State="ENABLED")
    targets: Any = [{"Id": "1", "Arn": attributes["Attributes"]["QueueArn"]}]
    await clients.events.put_targets(Rule=name, EventBusName=bus, Targets=targets)
    return url


@asynccontextmanager
async def _running(container: ApiContainer) -> AsyncIterator[None]:
    """Every worker and the relay, until left."""
    stop = asyncio.Event()
    loops = [worker_loop(container, name) for name in WORKERS]
    tasks = [asyncio.create_task(cast("Any", loop(stop))) for loop in (*loops, relay_loop(container).run)]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait(tasks)


def _api(container: ApiContainer) -> httpx.AsyncClient:
    app = create_app(api_dependencies(container), metrics=container.counters(), tracing=container.tracing())
    transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://orders.example")


@asynccontextmanager
async def a_world(
    url: str, environment: str, data_dir: Path, *, without_fast_path: bool = False, relay_lag_seconds: float = 1
) -> AsyncIterator[World]:
    """Runs the service over the AWS at this address; ``without_fast_path``, the relay publishes every event.

    Its resources are its own: what one world has been told, such as a bounce, no other knows.
    """
    settings = load_settings(
        environment="local",
        aws_endpoint_url=url,
        log_level="DEBUG",
        dev_issuer_enabled=True,
        orders_data_dir=data_dir,
        queue_wait_seconds=1,
        relay_lag_seconds=relay_lag_seconds,
        staff_address_fallback=f"{CANARY}.staff@{CANARY}.example",
    ).model_copy(update={"environment": f"{environment}{uuid4().hex[:6]}"})
    with collected("json") as outputs, collecting() as collector:
        telemetry = OtelTelemetry(Export(collector.url, resource_attributes(settings, Role.LOCAL)))
        async with (
            open_clients(settings, watch=telemetry.aws_calls.watch) as clients,
            AsyncExitStack() as opened,
        ):
            opened.callback(telemetry.close_traces)
            opened.callback(telemetry.close_metrics)
            # moto knows no way from a bus to a topic; nobody here listens to one anyway.
            topology = packaged_topology()
            topology = replace(topology, rules=tuple(rule for rule in topology.rules if rule.topic is None))
            await create_resources(
                topology,
                resource_clients(clients),
                environment=settings.environment,
                sender_identities=[settings.mail_from],
            )
            addresses = await resolve_addresses(clients.sqs, topology, settings)

            store = template_store(clients, addresses, settings)
            templates = await opened.enter_async_context(open_templates(settings, store, telemetry.metrics))

            def container(where: Addresses) -> ApiContainer:
                return ApiContainer(
                    lease=AlwaysWriter(),
                    settings=settings,
                    clients=clients,
                    addresses=where,
                    templates=templates,
                    renderer=TellingRenderer(),
                    staff_address_fallback=settings.staff_address_fallback,
                    counters=telemetry.metrics,
                    tracing=telemetry.tracing,
                )

            whole = container(addresses)
            if without_fast_path:
                use_cases = whole.use_cases()
                use_cases.fast_path.override(EventFastPath(use_cases.publish_events(), limit=0))
            heard_on = await _listening(clients, addresses.bus, f"heard-{settings.environment}")
            nowhere = settings.model_copy(update={"orders_table": "nowhere"})
            broken = container(replace(addresses, names=names_of(nowhere, topology)))
            async with _api(whole) as api, _api(broken) as broken_api, _running(whole):
                yield World(
                    settings, clients, addresses, api, broken_api, outputs, heard_on, collector, telemetry, whole
                )
