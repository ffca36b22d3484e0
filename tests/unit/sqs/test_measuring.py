"""What is measured of deliveries, and which of them end the processing of an order, well or badly."""

import asyncio
from dataclasses import dataclass, field

import pytest

from orders.adapters.inbound.sqs.delivery import Outcome
from orders.adapters.inbound.sqs.measuring import DeliveryMeter, OrderDeliveryMeter
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.application.policy.caller import worker
from orders.ports.errors import NotYet, RenderingFailed, TransientPortError
from orders.ports.metric_catalogue import (
    MESSAGE_SECONDS,
    MESSAGES_HANDLED,
    MESSAGES_RETRIED,
    ORDER_PROCESSING_FAILURES,
    ORDERS_PROCESSED,
)
from tests.support.builders import a_draft
from tests.support.service import Service, a_caller
from tests.unit.sqs.bench import DEAD_LETTER_URL, Bench
from tests.unit.virtual_time import in_virtual_time

PDF = worker("tenant_a", "pdf-creator")


def orders(metrics: MemoryMetrics) -> tuple[float, float]:
    """Orders processed, and those among them that failed."""
    return metrics.of(ORDERS_PROCESSED), metrics.of(ORDER_PROCESSING_FAILURES)


def received(times: int) -> ReceivedMessage:
    """A message that has been received so often."""
    return ReceivedMessage("id", "body", "receipt", times)


@in_virtual_time
async def test_a_delivery_is_counted_with_its_outcome_its_retries_and_its_time() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(2)
        if len(bench.handled) <= 2:
            raise TransientPortError("orders table", "out of reach")

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    labels = frozenset({("worker", "pdf-creator"), ("outcome", "processed")})
    assert bench.metrics.counted(MESSAGES_HANDLED) == {labels: 1}
    assert bench.metrics.of(MESSAGES_RETRIED, worker="pdf-creator") == 2
    (seconds,) = bench.metrics.values(MESSAGE_SECONDS, worker="pdf-creator")
    assert 3 * 2 + 1 + 2 <= seconds <= bench.now, "three attempts and the pauses between them"
    assert orders(bench.metrics) == (0, 0)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("receives", [1, 2, 3, 4])
def test_an_order_is_lost_with_its_message_and_no_earlier(outcome: Outcome, receives: int) -> None:
    given_back = outcome in {Outcome.FAILED, Outcome.RELEASED}
    lost = outcome is Outcome.DEAD_LETTERED or (given_back and receives >= 3)
    metrics = MemoryMetrics()
    meter = OrderDeliveryMeter("record-creator", metrics, max_receives=3)
    meter.ended(received(receives), outcome, retries=0, seconds=1.0)
    assert orders(metrics) == (lost, lost)


@pytest.mark.parametrize("outcome", Outcome)
def test_a_mail_or_a_report_that_is_lost_is_no_order(outcome: Outcome) -> None:
    metrics = MemoryMetrics()
    DeliveryMeter("customer-notifier", metrics).ended(received(3), outcome, retries=0, seconds=1.0)
    assert orders(metrics) == (0, 0)
    assert metrics.of(MESSAGES_HANDLED, worker="customer-notifier", outcome=outcome.value) == 1


@in_virtual_time
async def test_one_that_fails_until_sqs_gives_up_is_one_order_failed() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise ZeroDivisionError

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.sqs.stored(DEAD_LETTER_URL))
    assert bench.ended("failed") == 3
    assert orders(bench.metrics) == (1, 1)


@dataclass
class Printing:
    """A pdf-creator on a queue, whose messages are the numbers of a service's orders."""

    service: Service = field(default_factory=Service)

    def __post_init__(self) -> None:
        self.bench = Bench(self._handle, metrics=self.service.counters)

    async def print(self, *order_ids: str) -> tuple[float, float]:
        """Delivers the messages; returns the orders processed and failed by now."""
        await self.bench.send(*order_ids)
        async with self.bench.running():
            await self.bench.until_empty()
        await self.service.fast_path.drain()
        return orders(self.service.counters)

    async def an_order(self) -> str:
        return (await self.service.place_order.execute(a_caller(), a_draft())).order_id

    async def _handle(self, message: ReceivedMessage) -> None:
        if message.body == "foreign":
            raise MessageRefused("it is not what this queue is for")
        await self.service.render_document.execute(PDF, message.body)


@in_virtual_time
async def test_a_document_on_record_is_one_order_however_often_it_is_delivered() -> None:
    printing = Printing()
    order_id = await printing.an_order()
    assert await printing.print(order_id, order_id) == (1, 0)


@in_virtual_time
async def test_a_document_that_can_not_be_rendered_is_one_order_failed_and_no_dead_letter() -> None:
    printing = Printing()
    printing.service.renderer.failures = [RenderingFailed("a bug")]
    assert await printing.print(await printing.an_order()) == (1, 1)
    assert printing.bench.sqs.stored(DEAD_LETTER_URL) == []


@in_virtual_time
async def test_a_dead_letter_is_one_order_failed_beside_those_that_were_printed() -> None:
    printing = Printing()
    assert await printing.print(await printing.an_order(), "foreign", "ord_unknown") == (3, 2)


@in_virtual_time
async def test_one_that_waits_is_counted_when_it_ends() -> None:
    printing = Printing()
    printing.service.renderer.failures = [NotYet("order ord_x is at event 1 here")]
    assert await printing.print(await printing.an_order()) == (1, 0)
    assert printing.bench.ended("waited") == 1
