"""The gate of a region's writers, and what a stream's record says."""

import asyncio

from tests.drill.replication.changes import ItemChange
from tests.drill.replication.gate import Gate


def a_record(name: str = "MODIFY") -> dict[str, object]:
    change: dict[str, object] = {
        "Keys": {"SK": {"S": "ORDER"}, "PK": {"S": "TENANT#demo#ORDER#1"}},
        "SequenceNumber": f"{1_790_000_000_123:020d}{7:010d}",
        "OldImage": {"PK": {"S": "old"}},
    }
    if name != "REMOVE":
        change["NewImage"] = {"PK": {"S": "new"}}
    return {"eventName": name, "dynamodb": change}


def test_a_record_tells_the_item_after_it_and_the_millisecond_of_the_write() -> None:
    change = ItemChange.of(a_record())
    assert change.key == ("TENANT#demo#ORDER#1", "ORDER")
    assert change.image == {"PK": {"S": "new"}}
    assert change.at_ms == 1_790_000_000_123


def test_a_record_of_a_deletion_tells_that_nothing_is_left() -> None:
    assert ItemChange.of(a_record("REMOVE")).image is None


async def test_replication_waits_for_the_writers_inside_and_keeps_out_those_who_come_meanwhile() -> None:
    gate, order = Gate(), []
    inside, leave = asyncio.Event(), asyncio.Event()

    async def writer() -> None:
        async with gate.passing():
            inside.set()
            await leave.wait()
            order.append("writer")

    async def replication() -> None:
        async with gate.alone():
            order.append("replication")

    async def late() -> None:
        async with gate.passing():
            order.append("late")

    first = asyncio.create_task(writer())
    await inside.wait()
    alone = asyncio.create_task(replication())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    third = asyncio.create_task(late())
    await asyncio.sleep(0)
    assert order == []
    leave.set()
    await asyncio.gather(first, alone, third)
    assert order == ["writer", "replication", "late"]


async def test_writers_pass_together() -> None:
    gate, inside = Gate(), 0
    async with gate.passing(), asyncio.timeout(1), gate.passing():
        inside += 2
    assert inside == 2


async def test_who_gives_up_waiting_to_be_alone_leaves_the_gate_open() -> None:
    gate = Gate()
    async with gate.passing():
        alone = asyncio.ensure_future(gate.alone().__aenter__())
        for _ in range(5):
            await asyncio.sleep(0)
        alone.cancel()
        await asyncio.gather(alone, return_exceptions=True)
        assert alone.cancelled()
        passed = False
        async with asyncio.timeout(1), gate.passing():
            passed = True
    assert passed
