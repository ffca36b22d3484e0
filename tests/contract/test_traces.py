"""One trace for an order: from the request to both mails, whoever publishes, and what a redrive is linked to."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from orders.adapters.outbound.aws.sqs.dead_letters import Mailbox, SqsDeadLetterQueues
from orders.adapters.outbound.system import SystemClock
from orders.application.operations.dead_letters import DeadLetterService, LetterFilter
from tests.contract.aws_backends import endpoint_of
from tests.contract.world import ORDERS, World, a_world
from tests.support.canaries import a_body
from tests.support.collector import Collector, ReceivedSpan

TRACE_ID, CALLERS_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE_ID}-{CALLERS_SPAN}-01"
"""As the shop's web site gives it."""

Worlds = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture(params=["moto", pytest.param("localstack", marks=pytest.mark.emulator)])
def worlds(request: pytest.FixtureRequest, environment: str, tmp_path: Path) -> Worlds:
    return lambda **how: a_world(endpoint_of(request).url, environment, tmp_path, **how)


@pytest.fixture
async def world(worlds: Worlds) -> AsyncIterator[World]:
    async with worlds() as found:
        yield found


async def _ordered(world: World) -> str:
    """Places an order in the caller's trace and waits for both mails."""
    answer = await world.call("POST", ORDERS, a_body("one"), headers={"traceparent": TRACEPARENT})
    assert answer.status_code == 201
    order_id = str(answer.json()["order_id"])
    await world.until(lambda: world.sent(order_id, "order_confirmation", "staff_new_order"), "both mails")

    async def ended() -> bool:
        """A mail is known as sent a moment before its worker's span ends."""
        spans = world.sent_telemetry().trace(TRACE_ID)
        return not _orphans(spans) and sum("notifier" in span.name for span in spans) >= 2

    await world.until(ended, "the end of every span")
    return order_id


def _orphans(spans: Sequence[ReceivedSpan]) -> list[str]:
    known = {span.span_id for span in spans} | {CALLERS_SPAN}
    return [span.name for span in spans if span.parent not in known]


def _chain(collector: Collector, span: ReceivedSpan) -> list[str]:
    """Names of the spans above this one, up to the caller's."""
    by_id = {each.span_id: each for each in collector.spans}
    names = []
    while span.parent != CALLERS_SPAN:
        span = by_id[span.parent]
        names.append(span.name)
    return names


def _connected(collector: Collector, order_id: str) -> list[ReceivedSpan]:
    """The order's trace, each of whose spans has a parent in it, up to the request of the caller."""
    spans = collector.trace(TRACE_ID)
    assert _orphans(spans) == []
    assert [span.name for span in spans if span.parent == CALLERS_SPAN] == ["createOrder"]
    mails = [span for span in spans if span.attributes.get("rpc.service") == "SES" and "Send" in span.name]
    assert sorted(_chain(collector, span)[0] for span in mails) == [
        "customer-notifier order.document_ready",
        "internal-notifier order.created",
    ]
    for span in mails:
        assert _chain(collector, span)[-1] == "createOrder"
    about = {span.attributes.get("order.id") for span in spans if span.kind == 5}
    assert about == {order_id}
    return spans


@pytest.mark.timeout(300)
async def test_an_order_is_one_trace_from_the_request_to_both_mails(world: World) -> None:
    order_id = await _ordered(world)
    collector = world.sent_telemetry()
    spans = _connected(collector, order_id)
    names = [span.name for span in spans]
    for part in (
        "DynamoDB.PutItem",
        "publish events",
        "pdf-creator order.created",
        "S3.PutObject",
    ):
        assert part in names, part
    assert not [span for span in spans if span.failed]
    resource = {frozenset(span.resource.items()) for span in spans}
    assert len(resource) == 1
    assert {
        "service.name", "service.version", "deployment.environment.name", "cloud.region", "orders.role"
    } <= dict(resource.pop()).keys()  # fmt: skip


@pytest.mark.timeout(300)
async def test_it_is_one_trace_when_the_relay_publishes(worlds: Worlds) -> None:
    async with worlds(without_fast_path=True) as world:
        order_id = await _ordered(world)
        collector = world.sent_telemetry()
        spans = _connected(collector, order_id)
        created = next(span for span in spans if span.name == "createOrder")
        publications = [span for span in spans if span.name == "publish events"]
        assert publications
        assert min(span.began for span in publications) > created.ended


@pytest.mark.timeout(300)
async def test_a_redrive_is_linked_to_what_it_repeats(world: World) -> None:
    order_id = await _ordered(world)
    await world.heard()
    created = next(body for body in world.outputs.events if "order.created" in body and order_id in body)
    address = world.addresses.queues["pdf-creator"]
    await world.clients.sqs.send_message(QueueUrl=address.dead_letter_url, MessageBody=created)
    letters = SqsDeadLetterQueues(
        world.clients.sqs,
        {"pdf-creator": Mailbox(address.dead_letter_url, address.url)},
        may_forward=None,
        tracing=world.telemetry.tracing,
    )
    before = len(world.sent_telemetry().trace(TRACE_ID))
    tally = await DeadLetterService(letters, SystemClock()).redrive(["pdf-creator"], LetterFilter())
    assert (tally.acted_on, tally.failed) == (1, [])

    def repeated() -> list[ReceivedSpan]:
        return [span for span in world.sent_telemetry().trace(TRACE_ID) if span.kind == 5 and span.links]

    async def again() -> bool:
        return bool(repeated())

    await world.until(again, "the message being handled again")
    (span,) = repeated()
    assert span.name == "pdf-creator order.created"
    redrive = next(each for each in world.collector.spans if each.name == "redrive pdf-creator")
    assert span.links == ((redrive.trace_id, redrive.span_id),)
    assert redrive.trace_id != TRACE_ID
    assert [trace for trace, _ in redrive.links] == [TRACE_ID]
    assert len(world.collector.trace(TRACE_ID)) > before
