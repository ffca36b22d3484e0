"""The contract of ``AloneConfirmations``, on every backend."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.regions.alone_confirmations import DynamoAloneConfirmations
from orders.adapters.outbound.memory.alone_confirmations import MemoryAloneConfirmations
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.ports.errors import TransientPortError, UnreadableItem
from orders.ports.regions import AloneConfirmation, AloneConfirmations, ConfirmationChanged
from tests.contract.aws_backends import DYNAMO_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.contract.order_stores import EmulatorTable, created_table
from tests.support.builders import NOON

CAPE, IRELAND = "af-south-1", "eu-west-1"
ASKED = AloneConfirmation(CAPE, 3, "thandi", None, NOON + timedelta(hours=1))
CONFIRMED = replace(ASKED, confirmed_by="sipho")


@pytest.fixture(params=[MEMORY, *DYNAMO_BACKENDS])
def emulated(request: pytest.FixtureRequest) -> Iterator[EmulatorTable | None]:
    with ExitStack() as stack:
        if request.param == MEMORY:
            yield None
        else:
            yield stack.enter_context(created_table(endpoint_of(request), f"t{uuid4().hex[:10]}"))


@pytest.fixture
async def confirmations(emulated: EmulatorTable | None) -> AsyncIterator[AloneConfirmations]:
    if emulated is None:
        yield MemoryAloneConfirmations()
        return
    async with emulated.endpoint.client("dynamodb") as client:
        yield DynamoAloneConfirmations(client, emulated.name, AlwaysWriter())


async def test_what_is_kept_is_read_each_region_for_itself(confirmations: AloneConfirmations) -> None:
    assert await confirmations.read(CAPE) is None
    await confirmations.keep(ASKED, seen=None)
    assert await confirmations.read(CAPE) == ASKED
    await confirmations.keep(CONFIRMED, seen=ASKED)
    assert await confirmations.read(CAPE) == CONFIRMED
    assert await confirmations.read(IRELAND) is None


@pytest.mark.parametrize("seen", [None, ASKED, replace(CONFIRMED, epoch=2), replace(CONFIRMED, asked_by="x")])
async def test_what_has_changed_meanwhile_is_not_replaced(
    confirmations: AloneConfirmations, seen: AloneConfirmation | None
) -> None:
    await confirmations.keep(CONFIRMED, seen=None)
    with pytest.raises(ConfirmationChanged):
        await confirmations.keep(replace(ASKED, asked_by="lerato"), seen=seen)
    assert await confirmations.read(CAPE) == CONFIRMED


async def test_what_was_never_there_is_not_replaced(confirmations: AloneConfirmations) -> None:
    with pytest.raises(ConfirmationChanged):
        await confirmations.keep(CONFIRMED, seen=ASKED)
    assert await confirmations.read(CAPE) is None


async def test_out_of_reach_it_says_so() -> None:
    memory = MemoryAloneConfirmations()
    memory.reachable = False
    async with Endpoint("nobody", "http://127.0.0.1:9").client("dynamodb") as nobody:
        backends: list[AloneConfirmations] = [memory, DynamoAloneConfirmations(nobody, "orders", AlwaysWriter())]
        for backend in backends:
            with pytest.raises(TransientPortError):
                await backend.read(CAPE)
            with pytest.raises(TransientPortError):
                await backend.keep(ASKED, seen=None)


async def test_a_damaged_item_allows_nothing(moto_endpoint: Endpoint) -> None:
    stack = ExitStack()
    made = await asyncio.to_thread(stack.enter_context, created_table(moto_endpoint, f"t{uuid4().hex[:10]}"))
    async with moto_endpoint.client("dynamodb") as client:
        item = {"PK": f"CONTROL#ALONE#{CAPE}", "SK": "ALONE", "region": CAPE, "epoch": "3", "askedBy": "thandi"}
        await client.put_item(TableName=made.name, Item=to_wire(item | {"until": "soon"}))
        with pytest.raises(UnreadableItem):
            await DynamoAloneConfirmations(client, made.name).read(CAPE)
    await asyncio.to_thread(stack.close)
