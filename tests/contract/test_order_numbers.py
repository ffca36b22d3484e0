"""The contract of ``OrderNumbers``, on every backend; and how the adapter to DynamoDB judges an index that lags."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb.acceptances import DynamoAcceptances
from orders.adapters.outbound.dynamodb.order_numbers import (
    MAX_REMEMBERED,
    REMEMBERED_SECONDS,
    USUAL_LAG_SECONDS,
    DynamoOrderNumbers,
    RecentNumbers,
)
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.domain.errors import Fault
from orders.domain.identity import order_number
from orders.domain.parts import Deletion
from orders.ports.acceptances import AcceptanceState
from orders.ports.errors import NumberNotIndexed
from orders.ports.order_repository import OrderPage, OrderQuery
from tests.contract.changes import placed
from tests.contract.intercepted_client import Call, InterceptedClient
from tests.contract.order_stores import EmulatorTable, Store
from tests.contract.test_acceptances import accepted
from tests.support.builders import NOON, an_order_id

UNKNOWN = order_number(an_order_id(99_999))


async def test_an_order_is_found_by_its_number_in_its_shop_only(store: Store, tenant_id: str) -> None:
    order = placed(tenant_id).order
    deleted = placed(tenant_id).order
    await store.orders.add(placed(tenant_id, order_id=order.order_id))
    change = placed(tenant_id, order_id=deleted.order_id)
    await store.orders.add(replace(change, order=replace(change.order, deletion=Deletion(NOON, "admin_1"))))

    assert await store.numbers.order_ids(tenant_id, order.order_number) == (order.order_id,)
    assert await store.numbers.order_ids(tenant_id, deleted.order_number) == (deleted.order_id,)
    assert await store.numbers.order_ids(f"{tenant_id}x", order.order_number) == ()
    assert await store.numbers.order_ids(tenant_id, order.order_number, besides=(order.order_id,)) == ()
    assert await store.numbers.order_ids(tenant_id, UNKNOWN) == ()


@pytest.mark.parametrize("keyed", [True, False])
async def test_what_is_accepted_is_found_from_then_on_as_one(store: Store, tenant_id: str, keyed: bool) -> None:
    acceptance = accepted(tenant_id) if keyed else accepted(tenant_id, receipt=None)
    number, found = acceptance.order_number, (acceptance.order_id,)
    await store.acceptances.add(acceptance)
    assert await store.numbers.order_ids(tenant_id, number) == found
    # A listing has orders only, and a claim is none.
    assert await store.orders.page(OrderQuery(tenant_id, order_number=number)) == OrderPage(())

    await store.acceptances.queued(tenant_id, acceptance.order_id)
    order = placed(tenant_id, order_id=acceptance.order_id)
    claimed_by = acceptance.receipt.key if acceptance.receipt else None
    await store.orders.add(order, claimed_by=claimed_by)
    await store.acceptances.finish(tenant_id, acceptance.order_id, AcceptanceState.PLACED)
    assert await store.numbers.order_ids(tenant_id, number) == found
    page = await store.orders.page(OrderQuery(tenant_id, order_number=number))
    assert [each.order_id for each in page.orders] == [acceptance.order_id]


async def test_what_was_accepted_and_rejected_keeps_its_number(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    await store.acceptances.finish(
        tenant_id, acceptance.order_id, AcceptanceState.REJECTED, (Fault((), "out_of_stock", "gone"),)
    )
    assert await store.numbers.order_ids(tenant_id, acceptance.order_number) == (acceptance.order_id,)


async def test_orders_that_share_a_number_are_all_found_and_listed(store: Store, tenant_id: str) -> None:
    one, other = placed(tenant_id), placed(tenant_id)
    shared = replace(other, order=replace(other.order, order_number=one.order.order_number))
    await store.orders.add(one)
    await store.orders.add(shared)
    ids = {one.order.order_id, other.order.order_id}
    number = one.order.order_number
    assert set(await store.numbers.order_ids(tenant_id, number)) == ids
    assert await store.numbers.order_ids(tenant_id, number, besides={one.order.order_id}) == (other.order.order_id,)
    for ascending in (False, True):
        query = OrderQuery(tenant_id, order_number=one.order.order_number, ascending=ascending)
        found = [each.order_id for each in (await store.orders.page(query)).orders]
        assert found == sorted(ids, reverse=not ascending)


@dataclass
class Index:
    """An index by number that hides numbers written lately, and whoever asks it.

    Attributes:
        hidden: the keys that it does not show yet.
        shown_after: how many looks later it shows them; ``None`` for never.
        seconds: the monotonic clock.
    """

    hidden: set[str] = field(default_factory=set)
    shown_after: int | None = None
    seconds: float = 1000.0
    asked: list[str] = field(default_factory=list)

    async def around(self, operation: str, call: Call, arguments: dict[str, Any]) -> Any:
        answer = await call(**arguments)
        if operation != "query":
            return answer
        ((_, value),) = arguments["ExpressionAttributeValues"].items()
        key = value["S"] if isinstance(value, dict) else value
        self.asked.append(key)
        shown = self.shown_after is not None and self.asked.count(key) > self.shown_after
        return answer if key not in self.hidden or shown else {**answer, "Items": []}

    async def pause(self, seconds: float) -> None:
        self.seconds += seconds


class Task:
    """A process that writes orders and looks them up by number."""

    def __init__(self, client: Any, table: EmulatorTable, index: Index) -> None:
        written = RecentNumbers(lambda: index.seconds)
        seen: Any = InterceptedClient(client, index.around)
        rest: dict[str, Any] = {"region": "r", "outbox_shards": 2, "written": written}
        self.orders = DynamoOrderRepository(seen, table.name, AlwaysWriter(), **rest)
        self.acceptances = DynamoAcceptances(seen, table.name, AlwaysWriter(), **rest)
        self.numbers = DynamoOrderNumbers(seen, table.name, written, pause=index.pause)

    async def place(self, tenant_id: str) -> tuple[str, str, str]:
        """Returns id, number and key in the index of a new order."""
        order = placed(tenant_id).order
        await self.orders.add(placed(tenant_id, order_id=order.order_id))
        return order.order_id, order.order_number, f"{tenant_id}#{order.order_number}"


@pytest.fixture
async def client(dynamo_table: EmulatorTable) -> AsyncIterator[Any]:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        yield client


async def test_a_number_that_is_indexed_takes_one_look(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    index = Index()
    task = Task(client, dynamo_table, index)
    order_id, number, key = await task.place(tenant_id)
    assert await task.numbers.order_ids(tenant_id, number) == (order_id,)
    assert (index.asked, index.seconds) == ([key], 1000.0)


async def test_an_order_that_is_left_out_takes_as_long_as_one_that_is_not_there(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    looks = []
    for number_of_another in (True, False):
        index = Index()
        task = Task(client, dynamo_table, index)
        order_id, number, _ = await task.place(tenant_id)
        asked, besides = (number, (order_id,)) if number_of_another else (UNKNOWN, ())
        assert await task.numbers.order_ids(tenant_id, asked, besides=besides) == ()
        looks.append((len(index.asked), index.seconds))
    assert looks == [(3, 1000.0 + USUAL_LAG_SECONDS)] * 2


async def test_within_the_usual_lag_a_second_look_finds_it(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    index = Index(shown_after=1)
    writer, reader = Task(client, dynamo_table, index), Task(client, dynamo_table, index)
    order_id, number, key = await writer.place(tenant_id)
    index.hidden.add(key)
    assert await reader.numbers.order_ids(tenant_id, number) == (order_id,)
    assert index.seconds == 1000.0 + USUAL_LAG_SECONDS


async def test_its_own_number_that_the_index_does_not_show_is_not_denied(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    index = Index()
    task = Task(client, dynamo_table, index)
    _, placed_number, placed_key = await task.place(tenant_id)
    acceptance = accepted(tenant_id, 90_000)  # placed orders are counted from 1
    await task.acceptances.add(acceptance)
    index.hidden |= {placed_key, f"{tenant_id}#{acceptance.order_number}"}
    for number in (placed_number, acceptance.order_number):
        with pytest.raises(NumberNotIndexed):
            await task.numbers.order_ids(tenant_id, number)


async def test_another_tasks_number_is_not_denied_while_the_index_hides_ones_own(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    index = Index()
    writer, reader = Task(client, dynamo_table, index), Task(client, dynamo_table, index)
    placed_id, number, key = await writer.place(tenant_id)
    order_id, _, own = await reader.place(tenant_id)
    index.hidden |= {key, own}
    with pytest.raises(NumberNotIndexed):
        await reader.numbers.order_ids(tenant_id, number)
    with pytest.raises(NumberNotIndexed):
        await reader.numbers.order_ids(tenant_id, UNKNOWN)

    index.hidden = {own}
    with pytest.raises(NumberNotIndexed):
        await reader.numbers.order_ids(tenant_id, number, besides=(placed_id,))

    index.hidden.clear()
    assert await reader.numbers.order_ids(tenant_id, UNKNOWN) == ()
    assert await reader.numbers.order_ids(tenant_id, order_number(order_id)) == (order_id,)


async def test_after_a_minute_what_is_not_shown_is_not_there(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    index = Index()
    task = Task(client, dynamo_table, index)
    _, number, key = await task.place(tenant_id)
    index.hidden.add(key)
    index.seconds += REMEMBERED_SECONDS + 1
    assert await task.numbers.order_ids(tenant_id, number) == ()


def test_so_many_numbers_are_remembered_the_newest_of_them_judge() -> None:
    seconds = 0.0
    recent = RecentNumbers(lambda: seconds)
    assert recent.newest_settled() is None
    for number in range(MAX_REMEMBERED + 1):
        recent.note(f"t#{number}")
    assert (recent.has("t#0"), recent.has("t#1"), recent.newest_settled()) == (False, True, None)
    seconds = USUAL_LAG_SECONDS
    assert recent.newest_settled() == f"t#{MAX_REMEMBERED}"
    recent.note("t#1")
    assert recent.newest_settled() == f"t#{MAX_REMEMBERED}"
    seconds += USUAL_LAG_SECONDS
    assert recent.newest_settled() == "t#1"
    seconds += REMEMBERED_SECONDS
    assert (recent.newest_settled(), recent.has("t#1")) == (None, False)
