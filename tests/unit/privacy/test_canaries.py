"""Marked values in every personal field go through every operation, error and worker, and leave by none ([SEC-4])."""

import asyncio
import gc
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.middleware.edge import LOCAL
from orders.adapters.inbound.http.middleware.rate_limit import Rate
from orders.adapters.inbound.sqs.message_handler import AuditedHandler
from orders.adapters.outbound.rendering.environment import Sources, TemplateRenderer
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.adapters.outbound.rendering.overrides import PackagedTemplates, Rendered, Wish
from orders.adapters.wire.parsing import parse_object, validate
from orders.adapters.wire.requests import CreateOrderBody
from orders.bootstrap.workers import WORKERS
from orders.contracts.mail_marks import MARK_HEADER, MARK_TAG, mark_of
from orders.domain.events import OrderEvent
from orders.domain.lifecycle import Action
from orders.domain.reports import SOURCES
from orders.ports.errors import MailRejected, RenderingFailed, TransientPortError
from orders.ports.mail import Mail, MailContent, MailReference, MailTemplate, recipient_hash
from orders.ports.tenants import TenantProfile
from tests.support.builders import an_order_id
from tests.support.canaries import CANARY, Lives, a_body, an_address
from tests.support.http_api import ORDERS, Api, an_api, an_api_in_this_loop
from tests.support.mail_service import identity_notification, in_sns, ses_event
from tests.support.outputs import Outputs, collected
from tests.support.service import Service, a_caller
from tests.support.workers import Workers, delivered
from tests.unit.sqs.bench import DEAD_LETTER_URL, Bench
from tests.unit.virtual_time import in_virtual_time

API_KEY = "bbws_" + "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6"
CLAIM = f"{CANARY}.claim@{CANARY}.example"
MARKED = {"X-Api-Key": API_KEY, "Cookie": f"session={CANARY}"}


BOTH_FORMATS = pytest.mark.parametrize("outputs", ["json", "console"], indirect=True)


@pytest.fixture
def outputs(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Iterator[Outputs]:
    gc.freeze()  # what is there before is nobody's output, and takes long to be looked through
    with collected(getattr(request, "param", "json")) as found:
        yield found
        gc.collect()  # tasks that nobody asked complain when they are thrown away
        gc.unfreeze()
        captured = capfd.readouterr()
        found.standard_error += [captured.out, captured.err]
    expect_no_canary(found)


def expect_no_canary(outputs: Outputs, *more: str) -> None:
    # A reason in the form of a code is published, whatever word it is: docs/adr/0016-reasons-stay-inside.md.
    codes = f'\\"reason_code\\":\\"{CANARY}_name\\"'
    for where, text in ((name, found.replace(codes, "")) for name, found in outputs.all().items()):
        for mark in (CANARY, API_KEY, "eyJ", *more):
            at = text.find(mark)
            assert at < 0, f"{where}: {text[max(0, at - 300) : at + 100]}"


class Observed:
    """An API whose refusals are collected, with the workers behind it."""

    def __init__(self, api: Api, outputs: Outputs) -> None:
        self.api = api
        self.service = api.service
        self.outputs = outputs
        self.workers = Workers(api.service)
        hooks = api.client.event_hooks
        api.client.event_hooks = {"response": [*hooks["response"], outputs.note_answer]}

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = MARKED | more.pop("headers", {})
        return await self.api.call(method, path, body, tenant="tenant_a", headers=headers, email=CLAIM, **more)

    async def finish(self) -> None:
        """Collect what is kept until somebody looks."""
        await self.outputs.note_events(self.service.publisher.published)
        self.outputs.audit += [repr(record) for record in self.service.trail.records]
        self.outputs.telemetry.append(repr(self.service.counters.__dict__))


@pytest.fixture
async def observed(outputs: Outputs, tmp_path: Path) -> Any:
    async with an_api_in_this_loop(tmp_path, Service()) as api:
        found = Observed(api, outputs)
        yield found
        await found.finish()


@BOTH_FORMATS
async def test_whole_lives_leave_no_mark(observed: Observed) -> None:
    lives = Lives(observed.api, observed.workers)
    await lives.live()
    await lives.read()
    await lives.erase()
    await observed.workers.settle()
    await observed.workers.let_time_pass()
    await lives.replayed()
    assert len(observed.service.publisher.published) > 10
    assert len(observed.service.sender.sent) > 3
    assert len(observed.service.trail.records) > 30


async def test_the_rest_of_a_life_leaves_none_either(observed: Observed) -> None:
    body = a_body("one")
    del body["customer"]
    order = (await observed.call("POST", ORDERS, body)).json()
    here = f"{ORDERS}/{order['order_id']}"
    staff = {"role": "staff"}
    parcel = {"carrier": "DHL", "tracking_number": "1", "tracking_url": f"https://track.example/{CANARY}"}
    for request, who in (
        (("PUT", f"{here}/status", {"status": "processing"}), staff),
        (("POST", f"{here}/fulfill", parcel), staff),
        (("POST", f"{here}/parcels/par_1/deliver", {}), staff),
        (("PUT", f"{here}/status", {"status": "completed"}), staff),
        (("DELETE", here), {"role": "admin"}),
        (("GET", f"{here}?include_deleted=true"), {"role": "admin"}),
        (("GET", f"{ORDERS}?customer_id=cust_test_001"), staff),
        (("GET", f"{here}/document"), {"role": "admin"}),
    ):
        answer = await observed.call(*request, **who)
        assert answer.status_code < 400 or "document" in here + request[1], answer.text
        await observed.workers.settle()
    recipients = {mail.recipient for mail in observed.service.sender.sent}
    assert CLAIM in recipients


def _refused_bodies() -> Iterator[dict[str, Any]]:
    """Bodies each of which is wrong in as many ways as fit into one."""
    long = f"{CANARY} " * 300
    wrong_address = an_address("x") | {"country": CANARY, "postal_code": long, "phone": f"{CANARY}\u0007"}
    yield a_body("x", billing_address=wrong_address, shipping_address=an_address("x") | {"line1": f"{CANARY}\n"})
    yield a_body("x", customer={"name": long, "email": f"{CANARY} no address", "phone": long})
    yield a_body("x", payment={"last4": CANARY, "token": f"{CANARY} {CANARY}", "brand": long, "method": long})
    yield a_body("x", notes=long, metadata={"key": long, "other": 5}, locale=f"{CANARY}!!", currency=CANARY)
    yield a_body("x", customer_id=f"{CANARY} {CANARY}", campaign_code=f"{CANARY} {CANARY}", total=CANARY)
    yield a_body("x", items=[{"product_id": f"{CANARY} x", "quantity": CANARY, "price": CANARY, "name": long}])
    yield a_body("x", customer=CANARY, items=CANARY, notes={"of": CANARY}, metadata=[CANARY])
    yield a_body("x", total=1)
    yield a_body("x", notes=f"{CANARY} 4111 1111 1111 1111")


@BOTH_FORMATS
async def test_what_is_refused_is_told_without_marks(observed: Observed) -> None:
    order = (await observed.call("POST", ORDERS, a_body("one"))).json()
    here = f"{ORDERS}/{order['order_id']}"
    staff = {"role": "staff"}
    call = observed.call
    for body in _refused_bodies():
        assert (await call("POST", ORDERS, body)).status_code in {403, 422}
        assert (await call("POST", ORDERS, body, **staff)).status_code == 422
        assert (await call("PUT", here, order | body)).status_code == 422
        patch = {name: body[name] for name in ("notes", "metadata", "billing_address", "shipping_address")}
        await call("PATCH", here, patch | {"customer": {"name": CANARY}})
    statuses = [
        (await call("POST", ORDERS, f'{{"notes": "{CANARY}')).status_code,
        (await call("POST", ORDERS, f'["{CANARY}"]')).status_code,
        (await call("GET", f"{ORDERS}?status={CANARY}&limit={CANARY}&created_from={CANARY}")).status_code,
        (await call("GET", f"{ORDERS}?customer_id={CANARY}%20{CANARY}&order_number={CANARY}")).status_code,
        (await call("GET", f"{ORDERS}?cursor={CANARY}")).status_code,
        (await call("PATCH", here, {"notes": CANARY}, headers={"If-Match": CANARY})).status_code,
        (await call("PATCH", here, {"notes": CANARY}, headers={"Idempotency-Key": f"{CANARY} " * 50})).status_code,
        (await observed.api.client.post(ORDERS, content=json.dumps(a_body("x")))).status_code,
        (await observed.api.client.post(ORDERS, headers={"Authorization": f"Bearer {CANARY}.x.y"})).status_code,
        (await call("POST", ORDERS, a_body("x", customer_id="other"))).status_code,
        (await call("PATCH", here, {"notes": CANARY}, role="operator")).status_code,
        (await call("PATCH", here, {"notes": CANARY}, customer="other")).status_code,
        (await call("POST", here, {"notes": CANARY})).status_code,
        (await call("PUT", f"{here}/status", {"status": "completed", "reason": CANARY}, **staff)).status_code,
        (await call("PUT", f"{here}/status", {"status": "completed"}, **staff)).status_code,
        (await call("PATCH", here, {"notes": CANARY}, headers={"If-Match": '"9"'})).status_code,
        (await call("POST", ORDERS, a_body("x", notes=CANARY * 50_000))).status_code,
        (await call("POST", ORDERS, json.dumps(a_body("x")), headers={"Content-Type": "text/plain"})).status_code,
        (await call("PUT", f"{here}/status", {"status": CANARY, "reason": CANARY * 100}, **staff)).status_code,
        (await call("POST", f"{here}/cancel", {"reason": f"{CANARY} " * 100})).status_code,
        (await call("PUT", f"{here}/status", {"status": "fulfilled", "reason": CANARY}, **staff)).status_code,
    ]
    assert statuses == [
        400, 422, 400, 400, 400, 400, 400, 401, 401, 403, 403, 404, 405, 422, 409, 412, 413, 415, 422, 422, 422,
    ]  # fmt: skip


async def test_parcels_and_keys_are_refused_without_marks(observed: Observed) -> None:
    order = (await observed.call("POST", ORDERS, a_body("one"), headers={"Idempotency-Key": f"{CANARY}-1"})).json()
    here = f"{ORDERS}/{order['order_id']}"
    staff = {"role": "staff"}
    reused = await observed.call("POST", ORDERS, a_body("two"), headers={"Idempotency-Key": f"{CANARY}-1"})
    assert reused.status_code == 422
    await observed.call("PUT", f"{here}/status", {"status": "processing"}, **staff)
    parcel = {"carrier": "DHL", "tracking_number": "1"}
    wrong = parcel | {"tracking_url": CANARY, "shipped_at": CANARY, "lines": [{"line_id": CANARY, "quantity": CANARY}]}
    assert (await observed.call("POST", f"{here}/fulfill", wrong, **staff)).status_code == 422
    unknown = parcel | {"lines": [{"line_id": CANARY, "quantity": 1}]}
    assert (await observed.call("POST", f"{here}/fulfill", unknown, **staff)).status_code == 422
    assert (await observed.call("POST", f"{here}/fulfill", parcel, **staff)).status_code == 200
    other = parcel | {"lines": [{"line_id": "line_1", "quantity": 1}]}
    assert (await observed.call("POST", f"{here}/fulfill", other, **staff)).status_code == 409


class Broken(dict[str, TenantProfile]):
    """Profiles that nobody can read, for a reason that nobody has foreseen and that quotes somebody."""

    def get(self, *_: Any) -> Any:
        try:
            int(CANARY)
        except ValueError as error:
            raise RuntimeError(f"{CANARY} of {CLAIM}", {"name": CANARY}) from error


@BOTH_FORMATS
async def test_bugs_and_outages_are_told_without_marks(observed: Observed) -> None:
    service = observed.service
    order = (await observed.call("POST", ORDERS, a_body("one"))).json()
    service.tenants.profiles = Broken()
    body = a_body("two")
    del body["currency"]
    assert (await observed.call("POST", ORDERS, body)).status_code == 500

    def failing(_: OrderEvent) -> str | None:
        raise RuntimeError(f"{CANARY} is no event")

    service.publisher.refuse = failing  # in the background, where nobody waits for it
    assert (await observed.call("PATCH", f"{ORDERS}/{order['order_id']}", {"notes": CANARY})).status_code == 200
    service.tenants.profiles = {}
    service.table.reachable = False
    assert (await observed.call("POST", ORDERS, a_body("three"))).status_code == 503
    service.dependency.fail()
    health = await observed.api.client.get("/health/ready")
    observed.outputs.health.append(health.text)
    assert health.status_code == 503


async def test_too_many_requests_are_told_without_marks(outputs: Outputs, tmp_path: Path) -> None:
    async with an_api(tmp_path, replace(LOCAL, rate=Rate(per_second=0.001, burst=1))) as api:
        observed = Observed(api, outputs)
        await observed.call("POST", ORDERS, a_body("one"))
        assert (await observed.call("POST", ORDERS, a_body("two"))).status_code == 429
        await observed.finish()


# -- workers --------------------------------------------------------------------------------------------------------


class Line:
    """A worker on a queue, in virtual time."""

    def __init__(self, service: Service, worker: str, outputs: Outputs) -> None:
        (handler,) = (each for each in Workers(service).workers if each.name == worker)
        self.bench = Bench(AuditedHandler(handler, service.audit))
        self.service = service
        self.outputs = outputs

    async def give(self, *bodies: str) -> None:
        """See the messages through, or give up on them."""
        for body in bodies:
            await self.bench.send(body)
        async with self.bench.running():
            await asyncio.sleep(timedelta(hours=2).total_seconds())
        self.outputs.dead_letters += [repr(dead.attributes) for dead in self.bench.sqs.stored(DEAD_LETTER_URL)]
        self.outputs.telemetry.append(repr(self.bench.metrics.__dict__))
        self.outputs.audit += [repr(record) for record in self.service.trail.records]


async def _an_order(service: Service) -> list[OrderEvent]:
    """Placed and cancelled, full of marks; its events."""
    body = validate(CreateOrderBody, parse_object(json.dumps(a_body("one")).encode(), "application/json"))
    caller = a_caller()
    order = await service.place_order.execute(caller, body.to_draft())
    await service.render_document.execute(caller, order.order_id)
    await service.fast_path.drain()
    cancelled = await service.repository.get(order.tenant_id, order.order_id)
    assert cancelled is not None
    await service.change_status.execute(caller, cancelled, Action.CANCEL, reason=f"{CANARY} changed her mind")
    await service.fast_path.drain()
    return service.publisher.published


def _bodies_of(events: list[OrderEvent]) -> list[str]:
    return [delivered(event).body for event in events]


def _marked_junk() -> list[str]:
    """Messages that no worker can do anything with."""
    order = a_body("x", customer={"name": CANARY * 100, "nickname": CANARY}, metadata={f"{CANARY}-key": 5})
    create = {"command": "create-order", "tenant_id": "tenant_a", "idempotency_key": f"{CANARY}-k", "order": order}
    event = {"id": CANARY, "source": f"{CANARY} x", "detail-type": f"{CANARY} y", "time": CANARY, "detail": CANARY}
    ours = event | {"source": "io.bbws.orders", "time": "2026-03-01T12:00:00Z", "detail": {"type": f"{CANARY} z"}}
    return [
        f'{{"notes": "{CANARY}',
        json.dumps([CANARY]),
        json.dumps({"command": f"{CANARY} command", "tenant_id": "t", "order_id": CANARY, "name": CANARY}),
        json.dumps(create),
        json.dumps(create | {"tenant_id": f"{CANARY} x", "order": a_body("x", total=1)}),
        json.dumps(event),
        json.dumps(ours),
        json.dumps({"Type": "Notification", "TopicArn": CANARY, "Message": CANARY}),
        *_marked_reports(),
        *_marked_feedback(),
    ]


def _marked_reports() -> list[str]:
    """Events of other services that no worker can do anything with."""
    detail = {
        "event_id": f"{CANARY}-1",
        "occurred_at": "2026-03-01T12:00:00Z",
        "tenant_id": "tenant_a",
        "order_id": an_order_id(99),
        "carrier": f"{CANARY} carrier",
        "tracking_number": f"{CANARY}-number",
        "reason_code": f"{CANARY} was rude",
        "lines": [{"line_id": f"{CANARY}_line", "quantity": 1}],
    }
    found = []
    for type_, source in SOURCES.items():
        event = {"id": "1", "source": source, "detail-type": type_, "time": "2026-03-01T12:00:00Z"}
        found += [event | {"detail": each} for each in (detail, detail | {"occurred_at": CANARY}, {CANARY: CANARY})]
    return [json.dumps(each) for each in found]


def _marked_feedback() -> list[str]:
    """Yields notifications about unknown mails, and unreadable ones, with marks."""
    template, order_id = MailTemplate.ORDER_SHIPPED, an_order_id(99)
    mark = mark_of(MailReference("tenant_a", order_id, 1, template, recipient_hash(CLAIM)))
    content = MailContent(f"{CANARY} subject", CANARY, CANARY)
    mail = Mail(CLAIM, f"{CANARY} shop", content, tags=((MARK_TAG, mark),), headers=((MARK_HEADER, mark),))
    unreadable = ses_event(mail, "Bounce", bounceType=f"{CANARY} <{CLAIM}>", timestamp=CANARY)
    marked = ses_event(mail, "Complaint")
    marked["mail"]["tags"] = {MARK_TAG: [f"{CANARY} {CLAIM}"]}
    bodies = [ses_event(mail, "Bounce"), identity_notification(mail, "Complaint"), unreadable, marked]
    bodies.append({"mail": unreadable["mail"], CANARY: CLAIM})
    return [json.dumps(body) for each in bodies for body in (each, in_sns(each))]


@pytest.mark.parametrize("worker", WORKERS)
def test_workers_succeed_and_refuse_without_marks(outputs: Outputs, worker: str) -> None:
    @in_virtual_time
    async def run() -> None:
        service = Service()
        events = await _an_order(service)
        line = Line(service, worker, outputs)
        await line.give(*_bodies_of(events), *_marked_junk())
        assert line.bench.ended("dead_lettered") > 3
        assert len(service.trail.records) >= len(events) + 8

    run()


def _a_bug(service: Service) -> None:
    service.renderer.failures += [KeyError(CANARY), RuntimeError(f"{CANARY} {CLAIM}")] * 5
    service.tenants.profiles = Broken()


def _an_outage(service: Service) -> None:
    service.table.reachable = False


def _refusals(service: Service) -> None:
    service.renderer.failures += [RenderingFailed("template order_document/document.html: UndefinedError")] * 5
    service.sender.failures += [MailRejected(f"MessageRejected: Address {CLAIM} is blacklisted.")] * 5


def _passing(service: Service) -> None:
    service.sender.failures += [TransientPortError("mail service", f"not now, {CLAIM}", throttled=True)] * 5
    service.renderer.failures += [TransientPortError("document renderer", "a document took longer than 60 s")] * 5


@pytest.mark.parametrize("trouble", [_a_bug, _an_outage, _refusals, _passing])
@pytest.mark.parametrize("worker", WORKERS)
def test_workers_fail_without_marks(outputs: Outputs, worker: str, trouble: Callable[[Service], None]) -> None:
    @in_virtual_time
    async def run() -> None:
        service = Service()
        bodies = _bodies_of(await _an_order(service))
        service.documents.documents.clear()
        body = a_body("two")
        del body["currency"]
        queued = {"command": "create-order", "tenant_id": "tenant_a", "idempotency_key": "k", "order": body}
        trouble(service)
        await Line(service, worker, outputs).give(*bodies, json.dumps(queued))

    run()
    assert outputs.audit, "the worker had nothing to do"


async def test_the_relay_fails_without_marks(outputs: Outputs) -> None:
    service = Service()
    service.publisher.refuse = lambda event: "ThrottlingException"
    await _an_order(service)

    def failing(_: OrderEvent) -> str | None:
        raise RuntimeError(f"{CANARY} is no event")

    assert await service.relay().sweep(0) + await service.relay().sweep(1) == 0
    service.publisher.refuse = failing
    for shard in range(service.outbox.shards):
        await service.relay().sweep(shard)
    assert "is passed over, and its events wait" in outputs.logs.getvalue()


@BOTH_FORMATS
async def test_templates_fail_without_marks(outputs: Outputs) -> None:
    service = Service()
    await _an_order(service)
    (row,) = service.table.rows.values()
    tenant = await service.tenants.profile("tenant_a")
    log = logging.getLogger("orders.templates")
    for template in (
        "{{ order[order.notes] }}",
        "{% include order.notes %}",
        "{{ order.notes + 1 }}",
        "{{ nobody }}",
        "{% if %}",
    ):
        source = _Source(TemplateRenderer(Sources({"order_cancelled/subject.txt": template})))
        with pytest.raises(RenderingFailed) as caught:
            await JinjaMailComposer(source).compose("order_cancelled", row.order, tenant)  # type: ignore[arg-type]
        log.error("not rendered: %s", caught.value, exc_info=caught.value)
        outputs.dead_letters.append(str(caught.value))


class _Source(PackagedTemplates):
    def __init__(self, renderer: TemplateRenderer) -> None:
        self._renderer = renderer

    async def render(self, wish: Wish) -> Rendered:
        return Rendered(self._renderer.render(wish.path, wish.context))


def test_the_search_finds_what_is_there() -> None:
    with collected("json") as outputs:
        logging.getLogger("orders.x").warning("this says %s", CANARY)
    with pytest.raises(AssertionError, match="logs"):
        expect_no_canary(outputs)
