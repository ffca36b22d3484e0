"""The contract of ``ControlTable``, on every backend; and of reading it from either of its regions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from orders.adapters.outbound.dynamodb.control_table import ITEM_KEY, DynamoControlTable
from orders.adapters.outbound.dynamodb.items.attribute_values import to_wire
from orders.adapters.outbound.dynamodb.items.instants import instant_text
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.ports.errors import ItemKind, NotPermitted, PermanentPortError, TransientPortError, UnreadableItem
from orders.ports.regions import ControlState, ControlTable
from tests.contract.aws_backends import DYNAMO_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.contract.intercepted_client import Around, Call, InterceptedClient
from tests.contract.order_stores import EmulatorTable, created_table
from tests.support.builders import NOON

FIRST = ControlState(1, "af-south-1", frozenset(), "terraform", NOON)
TAKEN_OVER = ControlState(2, "eu-west-1", frozenset({"af-south-1"}), "thandi", NOON + timedelta(days=1))
IRELAND, FRANKFURT = "eu-west-1", "eu-central-1"


class Decisions(Protocol):
    """Writes the table's item, as operators' commands do; and damages it."""

    async def decide(self, state: ControlState) -> None: ...

    async def damage(self) -> None: ...


@dataclass
class InMemory:
    table: MemoryControlTable

    async def decide(self, state: ControlState) -> None:
        self.table.state = state

    async def damage(self) -> None:
        self.table.damaged = True


@dataclass
class OnEmulator:
    client: Any
    name: str

    async def decide(self, state: ControlState) -> None:
        await self.put(
            epoch=state.epoch,
            writer=state.writer,
            evacuated=sorted(state.evacuated),
            by=state.by,
            at=instant_text(state.at),
        )

    async def damage(self) -> None:
        await self.put(epoch=1, writer="Cape Town", evacuated=[], by="thandi", at=instant_text(NOON))

    async def put(self, **attributes: Any) -> None:
        await self.client.put_item(TableName=self.name, Item=to_wire(ITEM_KEY | attributes))


@pytest.fixture(params=[MEMORY, *DYNAMO_BACKENDS])
def emulated(request: pytest.FixtureRequest) -> Iterator[EmulatorTable | None]:
    """The table, new for each test, since it has one item; ``None`` for memory."""
    with ExitStack() as stack:
        if request.param == MEMORY:
            yield None
        else:
            endpoint, environment = endpoint_of(request), f"t{uuid4().hex[:10]}"
            yield stack.enter_context(created_table(endpoint, environment, "control"))


@pytest.fixture
async def control(emulated: EmulatorTable | None) -> AsyncIterator[tuple[ControlTable, Decisions]]:
    if emulated is None:
        table = MemoryControlTable()
        yield table, InMemory(table)
        return
    async with emulated.endpoint.client("dynamodb") as client:
        yield DynamoControlTable({IRELAND: client}, emulated.name), OnEmulator(client, emulated.name)


async def test_what_was_decided_last_is_read(control: tuple[ControlTable, Decisions]) -> None:
    table, decisions = control
    assert await table.read() is None
    for state in (FIRST, TAKEN_OVER):
        await decisions.decide(state)
        assert await table.read() == state


async def test_a_damaged_item_names_nobody(control: tuple[ControlTable, Decisions]) -> None:
    table, decisions = control
    await decisions.decide(FIRST)
    await decisions.damage()
    with pytest.raises(UnreadableItem) as refused:
        await table.read()
    assert (refused.value.kind, refused.value.place) == (ItemKind.CONTROL, "WRITER")
    assert refused.value.dependency == "control table"


async def test_out_of_reach_it_says_so() -> None:
    memory = MemoryControlTable(FIRST)
    memory.reachable = False
    async with Endpoint("nobody", "http://127.0.0.1:9").client("dynamodb") as nobody:
        tables: list[ControlTable] = [memory, DynamoControlTable({IRELAND: nobody, FRANKFURT: nobody}, "control")]
        for table in tables:
            with pytest.raises(TransientPortError) as failed:
                await table.read()
            assert failed.value.dependency == "control table"


class Regions:
    """Both regions of a table, in front of one client; ``asked`` are those that were, in order."""

    def __init__(self, client: Any, name: str, **ways: Around) -> None:
        self.asked: list[str] = []
        self.consistent: set[bool] = set()
        given = {IRELAND: ways.get("ireland", answering), FRANKFURT: ways.get("frankfurt", answering)}
        clients: Any = {
            region: InterceptedClient(client, self._noting(region, around)) for region, around in given.items()
        }
        self.table = DynamoControlTable(clients, name, patience=timedelta(seconds=5))
        self.hasty = DynamoControlTable(clients, name, patience=timedelta())

    def _noting(self, region: str, around: Around) -> Around:
        async def noted(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
            self.asked.append(region)
            self.consistent.add(arguments["ConsistentRead"])
            return await around(operation, call, arguments)

        return noted


async def answering(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    return await call(**arguments)


async def unreachable(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    raise EndpointConnectionError(endpoint_url="https://dynamodb")


async def hanging(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    await asyncio.Event().wait()


async def without_table(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    return await call(**(arguments | {"TableName": "no-such-table"}))


async def refusing(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "role of an account"}}, operation)


@pytest.fixture
async def decided(moto_endpoint: Endpoint) -> AsyncIterator[OnEmulator]:
    """A table on moto whose item names the first writer."""
    stack = ExitStack()
    made = await asyncio.to_thread(stack.enter_context, created_table(moto_endpoint, f"t{uuid4().hex[:10]}", "control"))
    async with moto_endpoint.client("dynamodb") as client:
        table = OnEmulator(client, made.name)
        await table.decide(FIRST)
        yield table
    await asyncio.to_thread(stack.close)


@pytest.mark.parametrize("failing", [unreachable, without_table, refusing])
async def test_while_one_region_fails_the_other_is_read_and_asked_first_from_then_on(
    decided: OnEmulator, failing: Around
) -> None:
    regions = Regions(decided.client, decided.name, ireland=failing)
    assert [await regions.table.read() for _ in range(3)] == [FIRST] * 3
    assert regions.asked == [IRELAND, FRANKFURT, FRANKFURT, FRANKFURT]
    assert regions.consistent == {True}


async def test_a_region_that_hangs_is_not_waited_for(decided: OnEmulator) -> None:
    regions = Regions(decided.client, decided.name, ireland=hanging, frankfurt=hanging)
    with pytest.raises(TransientPortError, match=r"no answer from eu-west-1 within 0 s"):
        await regions.hasty.read()
    assert regions.asked == [IRELAND, FRANKFURT]


async def test_of_two_failures_the_one_that_may_pass_is_told(decided: OnEmulator) -> None:
    regions = Regions(decided.client, decided.name, ireland=without_table, frankfurt=refusing)
    with pytest.raises(NotPermitted):
        await regions.table.read()
    regions = Regions(decided.client, decided.name, ireland=without_table, frankfurt=without_table)
    with pytest.raises(PermanentPortError, match=r"control table: eu-west-1: ResourceNotFoundException"):
        await regions.table.read()


async def test_a_damaged_item_is_not_asked_for_elsewhere(decided: OnEmulator) -> None:
    await decided.damage()
    regions = Regions(decided.client, decided.name)
    with pytest.raises(UnreadableItem):
        await regions.table.read()
    assert regions.asked == [IRELAND]
