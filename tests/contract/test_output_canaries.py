"""The canary test on real adapters, all of them as talkative as they can be: what botocore, aiohttp and the servers'
answers bring into logs, problems, events and dead letters ([SEC-4])."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from orders.adapters.inbound.http.app import create_app
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.bootstrap.aws import AwsClients, open_clients
from orders.bootstrap.config.keys import dev_issuer
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
from orders.bootstrap.workers import WORKERS
from orders.contracts.mail_marks import MARK_TAG, mark_of
from orders.ports.mail import Mail, MailContent, MailReference, MailTemplate, recipient_hash
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.support.canaries import CANARY, TellingRenderer, a_body
from tests.support.mail_service import ses_event
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

    async def call(self, method: str, path: str, body: Any = None, *, role: str = "customer", **more: Any) -> Any:
        client = more.pop("client", self.api)
        token = dev_issuer(self.settings).token(
            tenant_id="tenant_a",
            customer_id="cust_test_001",
            roles=[role],
            email=f"{CANARY}.claim@{CANARY}.example",
            now=datetime.now(UTC),
        )
        answer = await client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
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
    transport = httpx.ASGITransport(
        app=cast("Any", create_app(api_dependencies(container))), raise_app_exceptions=False
    )
    return httpx.AsyncClient(transport=transport, base_url="http://orders.example")


@pytest.fixture(params=AWS_BACKENDS)
async def world(request: pytest.FixtureRequest, environment: str, tmp_path: Path) -> AsyncIterator[World]:
    url = endpoint_of(request).url
    settings = load_settings(
        environment="local",
        aws_endpoint_url=url,
        log_level="DEBUG",
        dev_issuer_enabled=True,
        orders_data_dir=tmp_path,
        queue_wait_seconds=1,
        relay_lag_seconds=1,
        staff_address_fallback=f"{CANARY}.staff@{CANARY}.example",
    ).model_copy(update={"environment": f"{environment}o"})
    with collected("json") as outputs:
        async with open_clients(settings) as clients, AsyncExitStack() as opened:
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
            templates = await opened.enter_async_context(open_templates(settings, store, MemoryMetrics()))

            def container(where: Addresses) -> ApiContainer:
                return ApiContainer(
                    settings=settings,
                    clients=clients,
                    addresses=where,
                    templates=templates,
                    renderer=TellingRenderer(),
                    staff_address_fallback=settings.staff_address_fallback,
                )

            whole = container(addresses)
            heard_on = await _listening(clients, addresses.bus, f"heard-{settings.environment}")
            nowhere = settings.model_copy(update={"orders_table": "nowhere"})
            broken = container(replace(addresses, names=names_of(nowhere, topology)))
            async with _api(whole) as api, _api(broken) as broken_api, _running(whole):
                yield World(settings, clients, addresses, api, broken_api, outputs, heard_on)


async def _told_by_others(world: World, order_id: str) -> None:
    """Sends events of the mail service and other services: of each a usable, an unusable and an impossible one."""
    staff = f"{CANARY}.staff@{CANARY}.example"
    reference = MailReference("tenant_a", order_id, 1, MailTemplate.STAFF_NEW_ORDER, recipient_hash(staff))
    content = MailContent(f"{CANARY} subject", CANARY, CANARY)
    mail = Mail(staff, f"{CANARY} shop", content, tags=((MARK_TAG, mark_of(reference)),))
    report = {
        "event_id": "evt-1",
        "occurred_at": "2026-03-01T12:00:00Z",
        "tenant_id": "tenant_a",
        "order_id": order_id,
        "carrier": f"{CANARY} carrier",
        "tracking_number": f"{CANARY}-number",
        "lines": [{"line_id": "line_1", "quantity": 1}],
    }
    sent = {"id": "1", "source": "io.bbws.fulfilment", "detail-type": "ShipmentDispatched"}
    sent |= {"time": "2026-03-01T12:00:00Z"}
    bodies = {
        "mail-feedback": [ses_event(mail, "Bounce"), ses_event(mail, "Bounce", bounceType=f"{CANARY} <{staff}>")],
        "event-processor": [sent | {"detail": report}, sent | {"detail": report | {"occurred_at": CANARY}}],
    }
    for worker, told in bodies.items():
        for body in told:
            await world.clients.sqs.send_message(
                QueueUrl=world.addresses.queues[worker].url, MessageBody=json.dumps(body)
            )
    await world.until(lambda: world.dead("mail-feedback", 1), "a dead letter of mail-feedback")
    await world.until(lambda: world.dead("event-processor", 2), "dead letters of event-processor")

    async def bounced() -> bool:
        history = (await world.call("GET", f"{ORDERS}/{order_id}/history", role="staff")).json()
        return any(entry.get("feedback", {}).get("kind") == "bounced" for entry in history["items"])

    await world.until(bounced, "a bounce in the order's history")


@pytest.mark.timeout(600)
async def test_real_adapters_leave_no_mark(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    order = (await world.call("POST", ORDERS, a_body("one"))).json()
    order_id = order["order_id"]
    await world.until(lambda: world.sent(order_id, "order_confirmation", "staff_new_order"), "mails")
    await world.call("PATCH", f"{ORDERS}/{order_id}", {"notes": f"{CANARY} again"})
    await world.call("POST", f"{ORDERS}/{order_id}/cancel", {"reason": f"{CANARY} changed her mind"})
    await world.until(lambda: world.sent(order_id, "order_cancelled", "staff_order_cancelled"), "mails")
    for part in ("", "/document", "/events", "/track"):
        await world.call("GET", f"{ORDERS}/{order_id}{part}")
    await world.call("GET", ORDERS)

    assert (await world.call("POST", ORDERS, a_body("two", total=1))).status_code == 422
    assert (await world.call("POST", ORDERS, a_body("two"), client=world.broken)).status_code == 500
    assert (await world.call("GET", f"{ORDERS}/{order_id}", client=world.broken)).status_code == 500
    health = await world.broken.get("/health/ready")
    world.outputs.health.append(health.text)
    assert health.status_code == 503

    create = {"command": "create-order", "tenant_id": "tenant_a", "idempotency_key": CANARY}
    for body in (create | {"order": a_body("x", total=1)}, create | {"order": a_body("x", metadata={CANARY: 5})}):
        url = world.addresses.queues["record-creator"].url
        await world.clients.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))
    await world.until(lambda: world.dead("record-creator", 2), "dead letters")
    await _told_by_others(world, order_id)
    await world.heard()

    gc.collect()
    captured = capfd.readouterr()
    world.outputs.standard_error += [captured.out, captured.err]
    found = world.outputs.all()
    assert len(world.outputs.events) >= 5
    assert '"stream": "audit"' in found["logs"]
    assert "unexpected error" in found["logs"]
    for where, text in found.items():
        for mark in (CANARY, "eyJ"):
            at = text.find(mark)
            assert at < 0, f"{where}: {text[max(0, at - 300) : at + 100]}"
