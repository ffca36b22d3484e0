"""The contract of ``WritableControlTable``, on every backend; and of reading it from either of its regions."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from orders.adapters.outbound.dynamodb.items.attribute_values import from_wire, to_wire
from orders.adapters.outbound.dynamodb.items.instants import instant_text
from orders.adapters.outbound.dynamodb.regions.control_table import ITEM_KEY, DynamoControlTable
from orders.adapters.outbound.memory.control_table import MemoryControlTable
from orders.ports.errors import ItemKind, NotPermitted, PermanentPortError, TransientPortError, UnreadableItem
from orders.ports.regions import ControlChanged, ControlState, Switch, SwitchStep, WritableControlTable
from tests.contract.aws_backends import DYNAMO_BACKENDS, MEMORY, endpoint_of
from tests.contract.endpoints import Endpoint
from tests.contract.intercepted_client import Around, Call, InterceptedClient
from tests.contract.order_stores import EmulatorTable, created_table
from tests.support.builders import NOON

FIRST = ControlState(1, "af-south-1", frozenset(), "terraform", NOON)
TAKEN_OVER = ControlState(2, "eu-west-1", frozenset({"af-south-1"}), "thandi", NOON + timedelta(days=1))
SWITCH = Switch(
    target="eu-west-1",
    source="af-south-1",
    planned=True,
    failback=False,
    step=SwitchStep.DRAIN,
    epoch=2,
    before=frozenset(),
    by="thandi",
    at=NOON,
)
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
async def control(emulated: EmulatorTable | None) -> AsyncIterator[tuple[WritableControlTable, Decisions]]:
    if emulated is None:
        table = MemoryControlTable()
        yield table, InMemory(table)
        return
    async with emulated.endpoint.client("dynamodb") as client:
        yield DynamoControlTable({IRELAND: client}, emulated.name), OnEmulator(client, emulated.name)


async def test_what_was_decided_last_is_read(control: tuple[WritableControlTable, Decisions]) -> None:
    table, decisions = control
    assert await table.read() is None
    for state in (FIRST, TAKEN_OVER):
        await decisions.decide(state)
        assert await table.read() == state


async def test_the_first_item_is_made_once(control: tuple[WritableControlTable, Decisions]) -> None:
    table, _ = control
    assert await table.replace(FIRST, seen=None) == FIRST
    with pytest.raises(ControlChanged) as refused:
        await table.replace(TAKEN_OVER, seen=None)
    assert refused.value.found == await table.read() == FIRST


async def test_what_was_seen_is_replaced_revision_by_revision(control: tuple[WritableControlTable, Decisions]) -> None:
    table, decisions = control
    await decisions.decide(FIRST)
    begun = await table.replace(replace(FIRST, by="thandi", switch=SWITCH), seen=FIRST)
    assert begun == replace(FIRST, by="thandi", switch=SWITCH, revision=1) == await table.read()
    over = await table.replace(replace(TAKEN_OVER, switch=replace(SWITCH, step=SwitchStep.DONE)), seen=begun)
    assert (over.revision, over.epoch, over.under_way) == (2, 2, None)
    assert await table.replace(TAKEN_OVER, seen=over) == replace(TAKEN_OVER, revision=3) == await table.read()


async def test_of_two_who_saw_the_same_one_writes_and_the_other_is_told(
    control: tuple[WritableControlTable, Decisions],
) -> None:
    table, decisions = control
    await decisions.decide(FIRST)
    won = await table.replace(replace(FIRST, switch=SWITCH), seen=FIRST)
    with pytest.raises(ControlChanged) as refused:
        await table.replace(replace(FIRST, by="sipho"), seen=FIRST)
    assert refused.value.found == won == await table.read()


async def test_what_is_gone_is_not_replaced(control: tuple[WritableControlTable, Decisions]) -> None:
    table, _ = control
    with pytest.raises(ControlChanged) as refused:
        await table.replace(TAKEN_OVER, seen=FIRST)
    assert refused.value.found is None
    assert await table.read() is None


async def test_a_damaged_item_names_nobody(control: tuple[WritableControlTable, Decisions]) -> None:
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
        tables: list[WritableControlTable] = [
            memory,
            DynamoControlTable({IRELAND: nobody, FRANKFURT: nobody}, "control"),
        ]
        for table in tables:
            with pytest.raises(TransientPortError) as failed:
                await table.read()
            assert failed.value.dependency == "control table"
            with pytest.raises(TransientPortError):
                await table.replace(TAKEN_OVER, seen=FIRST)


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
            if "ConsistentRead" in arguments:
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


async def losing_answers_of_writes(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    answer = await call(**arguments)
    if operation == "update_item":
        raise EndpointConnectionError(endpoint_url="https://dynamodb")
    return answer


async def losing_writes(operation: str, call: Call, arguments: dict[str, Any]) -> Any:
    if operation == "update_item":
        raise EndpointConnectionError(endpoint_url="https://dynamodb")
    return await call(**arguments)


@pytest.mark.parametrize("other", [answering, losing_answers_of_writes, losing_writes])
async def test_a_write_whose_answer_is_lost_is_found_by_reading(decided: OnEmulator, other: Around) -> None:
    regions = Regions(decided.client, decided.name, ireland=losing_answers_of_writes, frankfurt=other)
    stored = await regions.table.replace(TAKEN_OVER, seen=FIRST)
    assert stored == replace(TAKEN_OVER, revision=1) == await regions.table.read()


async def test_a_write_that_never_arrived_is_said_to_have_failed(decided: OnEmulator) -> None:
    regions = Regions(decided.client, decided.name, ireland=losing_writes, frankfurt=losing_writes)
    with pytest.raises(TransientPortError):
        await regions.table.replace(TAKEN_OVER, seen=FIRST)
    assert await regions.table.read() == FIRST


async def test_a_write_that_is_refused_after_another_ones_is_not_taken_for_it(decided: OnEmulator) -> None:
    regions = Regions(decided.client, decided.name, ireland=losing_answers_of_writes)
    await regions.table.replace(replace(FIRST, by="sipho"), seen=FIRST)
    with pytest.raises(ControlChanged) as refused:
        await regions.table.replace(TAKEN_OVER, seen=FIRST)
    assert refused.value.found == replace(FIRST, by="sipho", revision=1)


@pytest.mark.parametrize(
    "damaged",
    ["no map", {}, {"step": "drain"}, "step of a later release", "epoch of another type"],
)
async def test_who_writes_is_known_though_a_switch_cannot_be_read(decided: OnEmulator, damaged: Any) -> None:
    table = DynamoControlTable({IRELAND: decided.client}, decided.name)
    await table.replace(replace(FIRST, switch=SWITCH), seen=FIRST)
    item = from_wire((await decided.client.get_item(TableName=decided.name, Key=to_wire(ITEM_KEY)))["Item"])
    others = {"step of a later release": {"step": "reflect"}, "epoch of another type": {"epoch": "two"}}
    switch = item["switch"] | others[damaged] if isinstance(damaged, str) and damaged in others else damaged
    await decided.client.put_item(TableName=decided.name, Item=to_wire(item | {"switch": switch}))
    found = await table.read()
    assert found == replace(FIRST, revision=1, unclear=True)
    assert await table.replace(replace(found, unclear=False), seen=found) == replace(FIRST, revision=2)
