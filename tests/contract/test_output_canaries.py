"""The canary test on real adapters, all of them as talkative as they can be: what botocore, aiohttp and the servers'
answers bring into logs, problems, events and dead letters ([SEC-4])."""

import gc
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orders.contracts.mail_marks import MARK_TAG, mark_of
from orders.ports.mail import Mail, MailContent, MailReference, MailTemplate, recipient_hash
from tests.contract.aws_backends import AWS_BACKENDS, endpoint_of
from tests.contract.world import ORDERS, World, a_world
from tests.support.canaries import CANARY, a_body
from tests.support.mail_service import ses_event


@pytest.fixture(params=AWS_BACKENDS)
async def world(request: pytest.FixtureRequest, environment: str, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(endpoint_of(request).url, environment, tmp_path) as world:
        yield world


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

    collector = world.sent_telemetry()
    world.outputs.telemetry += collector.raw
    assert {"createOrder", "customer-notifier order.document_ready", "DynamoDB.PutItem"} <= {
        s.name for s in collector.spans
    }
    assert len({point.metric for point in collector.points}) > 3
    gc.collect()
    captured = capfd.readouterr()
    world.outputs.standard_error += [captured.out, captured.err]
    found = world.outputs.all()
    assert len(world.outputs.events) >= 5
    assert '"stream":"audit"' in found["logs"]
    assert "unexpected error" in found["logs"]
    for where, text in found.items():
        for mark in (CANARY, "eyJ"):
            at = text.find(mark)
            assert at < 0, f"{where}: {text[max(0, at - 300) : at + 100]}"
