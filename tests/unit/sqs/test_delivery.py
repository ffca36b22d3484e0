"""Handling of messages whose handler fails, for each kind of failure."""

import asyncio
import json
from collections.abc import MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.trace_context import current_traceparent
from orders.application.policy.errors import OrderNotFound
from orders.domain.errors import IllegalTransition
from orders.ports.dead_letters import ERROR_ATTRIBUTE, REASON_ATTRIBUTE
from orders.ports.errors import DocumentMissing, TransientPortError
from tests.unit.sqs.bench import DEAD_LETTER_URL, POLICY, URL, Bench, Switch, with_settings
from tests.unit.virtual_time import in_virtual_time


@pytest.mark.parametrize(
    "error",
    [
        MessageRefused("not JSON"),
        IllegalTransition(action="cancel", status="fulfilled", allowed_actions=[]),
        DocumentMissing("orders/x.pdf"),
        OrderNotFound("ord_x"),
    ],
    ids=lambda error: type(error).__name__,
)
@in_virtual_time
async def test_what_is_impossible_goes_to_the_dead_letter_queue_at_once(error: Exception) -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise error

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    (dead,) = bench.sqs.stored(DEAD_LETTER_URL)
    assert dead.body == "order"
    assert dead.attributes[REASON_ATTRIBUTE]["StringValue"] == type(error).__name__
    assert dead.attributes[ERROR_ATTRIBUTE]["StringValue"] == str(error)
    assert bench.handled == ["order"]
    assert bench.ended("dead_lettered") == 1


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CAUSED = f'"traceparent": "00-{TRACE}-00f067aa0ba902b7-01"'


@pytest.mark.parametrize(
    "body",
    [
        f'{{"detail": {{{CAUSED}}}}}',
        json.dumps({"TopicArn": "t", "Message": f'{{"detail": {{{CAUSED}}}}}'}),
        f'{{{CAUSED}, "broken',
    ],
)
@in_virtual_time
async def test_lines_about_a_message_name_the_trace_that_it_belongs_to(body: str) -> None:
    seen: list[str | None] = []

    async def refuse(_: ReceivedMessage) -> None:
        raise MessageRefused("never")

    def note(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        seen.append(current_traceparent.get())
        return event

    bench = Bench(refuse)
    await bench.send(body, "{}")
    with capture_logs(processors=[note]) as logs:
        async with bench.running():
            await bench.until_empty()
    assert {line["event"] for line in logs} == {"message dead-lettered"}
    assert sorted(seen, key=str) == [f"00-{TRACE}-00f067aa0ba902b7-01", None]


@in_virtual_time
async def test_a_dead_letter_is_sent_before_the_message_is_deleted() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise MessageRefused("no")

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    operations = [operation for operation, call in bench.sqs.calls if operation != "receive_message"]
    assert operations == ["send_message", "send_message", "delete_message_batch"]


@in_virtual_time
async def test_without_its_dead_letter_queue_an_impossible_message_stays() -> None:
    async def handle(_: ReceivedMessage) -> None:
        del bench.sqs._queues[DEAD_LETTER_URL]
        raise MessageRefused("no")

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.ended("failed") == 1)
        assert bench.receive_counts() == [1]
    assert bench.ended("dead_lettered") == 0


@in_virtual_time
async def test_a_bug_is_logged_with_its_traceback_and_left_to_the_redrive_policy() -> None:
    async def handle(_: ReceivedMessage) -> None:
        raise ZeroDivisionError("surprise")

    bench = Bench(handle)
    await bench.send("order")
    with capture_logs() as logs:
        async with bench.running():
            await bench.until(lambda: bench.sqs.stored(DEAD_LETTER_URL))
    assert bench.handled == ["order"] * 3
    # 30 s, 60 s and 120 s after the three deliveries.
    assert 210 <= bench.now <= 260
    told = [log for log in logs if log["event"] == "handler failed unexpectedly"]
    assert len(told) == 3
    assert all(log["exc_info"] and log["log_level"] == "error" for log in told)
    assert not any("order" in str(log.get("body", "")) for log in told)


@in_virtual_time
async def test_messages_that_fail_do_not_delay_the_others() -> None:
    async def handle(message: ReceivedMessage) -> None:
        match message.body:
            case "refused":
                raise MessageRefused("no")
            case "bug":
                raise ZeroDivisionError
            case "slow":
                await asyncio.sleep(250)
            case "own trouble":
                raise TransientPortError("document renderer", "killed")
            case _:
                done.append(bench.now)

    done: list[float] = []
    bench = Bench(handle, probes=[Switch("document renderer")], settings=with_settings(concurrency=3))
    await bench.send("refused", "bug", "slow", "own trouble", *("good" for _ in range(50)))
    async with bench.running():
        await bench.until(lambda: len(done) == 50)
    assert max(done) < 1


@in_virtual_time
async def test_a_handler_slower_than_the_visibility_timeout_keeps_its_message() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(280)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    assert bench.handled == ["order"]
    assert len(bench.sqs.made("change_message_visibility")) == 280 // 30


@in_virtual_time
async def test_a_missed_heartbeat_is_made_up_for_in_time() -> None:
    async def handle(_: ReceivedMessage) -> None:
        await asyncio.sleep(120)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.now > 29)
        bench.sqs.reachable = False
        await bench.until(lambda: bench.now > 40)
        bench.sqs.reachable = True
        await bench.until_empty()
    assert bench.handled == ["order"]


@in_virtual_time
async def test_a_handler_that_hangs_is_given_up() -> None:
    async def handle(_: ReceivedMessage) -> None:
        if len(bench.handled) == 1:
            await asyncio.sleep(10_000)

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until_empty()
    assert bench.handled == ["order"] * 2
    assert bench.ended("failed") == 1


@in_virtual_time
async def test_a_delete_that_fails_is_repeated_without_handling_again() -> None:
    async def handle(_: ReceivedMessage) -> None:
        bench.sqs.reachable = False

    bench = Bench(handle)
    await bench.send("order")
    async with bench.running():
        await bench.until(lambda: bench.now > 5)
        bench.sqs.reachable = True
        await bench.until_empty()
    assert bench.handled == ["order"]
    assert bench.ended("processed") == 1


@in_virtual_time
async def test_messages_done_together_are_deleted_together() -> None:
    bench = Bench(settings=with_settings(retries=replace(POLICY, visibility=timedelta(seconds=20))))
    await bench.send(*(str(number) for number in range(10)))
    async with bench.running():
        await bench.until_empty()
    deletes = bench.sqs.made("delete_message_batch")
    assert sum(len(call["Entries"]) for call in deletes) == 10
    assert len(deletes) == 1
    assert bench.sqs.stored(URL) == []


@in_virtual_time
async def test_a_delete_that_fails_by_itself_in_a_call_that_succeeds_is_repeated() -> None:
    bench = Bench()
    bench.sqs.undeletable = 1
    await bench.send("a", "b", "c")
    async with bench.running():
        await bench.until_empty()
    assert sorted(bench.handled) == ["a", "b", "c"]
    assert bench.ended("processed") == 3
