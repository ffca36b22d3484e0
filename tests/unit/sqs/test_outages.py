"""Failures that pass: outages, throttles, what is not ready yet. None of them may cost a message its receives."""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import pytest
from structlog.testing import capture_logs

from orders.adapters.inbound.sqs.poller import PollerState
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.outbound.catalog_http.breaker import CircuitBreaker, CircuitOpen
from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.ports.errors import NotPermitted, TransientPortError
from orders.ports.metric_catalogue import MESSAGES_RETRIED
from tests.unit.sqs.bench import DEAD_LETTER_URL, POLICY, Bench, Switch, with_settings
from tests.unit.virtual_time import in_virtual_time

if TYPE_CHECKING:
    import aiohttp


@in_virtual_time
async def test_an_outage_of_five_attempts_costs_no_receive() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if len(bench.handled) <= 5:
            raise TransientPortError("orders table", "out of reach")
        counts.append(message.receive_count)

    counts: list[int] = []
    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    assert counts == [1]
    assert len(bench.sqs.made("receive_message")) <= 7
    assert bench.metrics.of(MESSAGES_RETRIED, worker="pdf-creator") == 5


@in_virtual_time
async def test_while_a_dependency_is_down_nothing_is_received_and_nothing_is_lost() -> None:
    async def handle(_: ReceivedMessage) -> None:
        table.call()

    table = Switch("orders table")
    bench = Bench(handle, probes=[table], settings=with_settings(concurrency=3))
    table.on = False
    await bench.send(*(str(number) for number in range(10)))
    with capture_logs() as logs:
        async with bench.running():
            await bench.until(lambda: bench.now > 60)
            assert bench.poller.state is PollerState.PAUSED
            assert bench.poller.healthy
            received = len(bench.sqs.made("receive_message"))
            await asyncio.sleep(7200)
            assert len(bench.sqs.made("receive_message")) == received
            assert sum(bench.receive_counts()) <= 10
            # Asked now and then, and by one only, however many wait.
            assert table.checks < 300
            table.on = True
            await bench.until_empty()
    assert bench.now < 7400
    assert bench.sqs.stored(DEAD_LETTER_URL) == []
    assert [log["event"] for log in logs].count("dependency is down, receiving pauses") == 1
    assert bench.ended("processed") == 10


@in_virtual_time
async def test_an_open_circuit_pauses_receiving_and_costs_no_receive() -> None:
    class Down(Exception):
        pass

    async def ask() -> None:
        calls.append(bench.now)
        await asyncio.sleep(0.8)
        if bench.now < 1200:
            raise Down

    async def handle(message: ReceivedMessage) -> None:
        try:
            with breaker.call():
                await ask()
        except (Down, CircuitOpen) as error:
            raise TransientPortError("product service", str(error)) from error
        counts.append(message.receive_count)

    counts: list[int] = []
    calls: list[float] = []
    breaker = CircuitBreaker(failures=(Down,), monotonic=asyncio.get_running_loop().time)
    address = ServiceAddress("product service", "http://products.example", timedelta(seconds=1))
    # Only its probe is used, which calls nobody.
    service = HttpService(cast("aiohttp.ClientSession", None), address, MemoryMetrics(), breaker=breaker)
    bench = Bench(handle, probes=[service], settings=with_settings(concurrency=3))
    await bench.send(*(str(number) for number in range(10)))
    async with bench.running():
        await bench.until(lambda: bench.poller.state is PollerState.PAUSED, within=60)
        await asyncio.sleep(300)
        before = len(calls)
        await asyncio.sleep(600)
        # One call at a time finds out, for all of them.
        assert 10 < len(calls) - before <= 600 / 10
        await bench.until_empty()
    assert counts == [1] * 10
    assert bench.sqs.stored(DEAD_LETTER_URL) == []


@in_virtual_time
async def test_a_message_in_trouble_of_its_own_is_redelivered_and_then_dead_lettered() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise TransientPortError("document renderer", "out of memory")

    bench = Bench(handle, probes=[Switch("document renderer")])
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.sqs.stored(DEAD_LETTER_URL))
    assert len(bench.handled) == 3 * POLICY.attempts
    assert bench.ended("failed") == 3


@in_virtual_time
async def test_without_a_probe_it_is_the_success_of_others_that_tells() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if message.body == "poison":
            raise TransientPortError("document renderer", "out of memory")

    bench = Bench(handle)
    await bench.send("poison")
    async with bench.running():
        await asyncio.sleep(3600)
        assert bench.receive_counts() == [1]
        for number in range(400):
            await bench.send(str(number))
            await asyncio.sleep(10)
        await bench.until(lambda: bench.sqs.stored(DEAD_LETTER_URL))
    assert bench.ended("processed") == 400


@pytest.mark.parametrize("probes", [[], ["orders table"]], ids=["no probe", "a probe that is content"])
@in_virtual_time
async def test_a_missing_permission_pauses_the_worker_unready_and_costs_no_receive(probes: list[str]) -> None:
    async def handle(message: ReceivedMessage) -> None:
        if message.body == "whole":
            return
        if bench.now < 7200:
            raise NotPermitted("orders table", "AccessDeniedException")
        counts.append(message.receive_count)

    counts: list[int] = []
    bench = Bench(handle, probes=[Switch(name) for name in probes])
    await bench.send("refused")
    with capture_logs() as logs:
        async with bench.running():
            await bench.until(lambda: bench.now > 60)
            paused = bench.poller.waits_for
            await bench.send("whole")
            await bench.until_empty()
    assert counts == [1]
    assert (paused, bench.poller.waits_for) == (("orders table: AccessDeniedException",), ())
    assert bench.sqs.stored(DEAD_LETTER_URL) == []
    assert "error" in {log["log_level"] for log in logs if log["event"] == "dependency refuses us, receiving pauses"}


@in_virtual_time
async def test_throttles_cost_no_receive_however_long_they_last() -> None:
    async def handle(message: ReceivedMessage) -> None:
        if bench.now < 6 * 3600:
            raise TransientPortError("mail service", "Daily message quota exceeded.", throttled=True)
        counts.append(message.receive_count)

    counts: list[int] = []
    bench = Bench(handle, probes=[Switch("mail service")])
    await bench.send("a", "b", "c")
    async with bench.running():
        await asyncio.sleep(6 * 3600)
        await bench.until_empty()
    assert counts == [1, 1, 1]


@in_virtual_time
async def test_no_message_is_held_for_longer_than_its_queue_hides_it() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise TransientPortError("mail service", "paused", throttled=True)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await asyncio.sleep(11 * 3600)
        assert bench.ended("failed") == 0
        await bench.until(lambda: bench.ended("failed") == 1, within=600)


@in_virtual_time
async def test_a_probe_that_does_not_answer_tells_of_an_outage() -> None:
    class Silent:
        name = "orders table"

        async def check(self) -> None:
            if bench.now < 100:
                await asyncio.sleep(10_000)

    async def handle(message: ReceivedMessage) -> None:
        if bench.now < 100:
            raise TransientPortError("orders table", "timed out")
        counts.append(message.receive_count)

    counts: list[int] = []
    bench = Bench(handle, probes=[Silent()])
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    assert counts == [1]
