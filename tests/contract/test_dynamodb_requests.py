"""Further promises of the DynamoDB adapters: the requests they make, and that no order of requests loses anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.dynamodb import listing
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.application.policy.idempotency import KeyedRequest
from orders.domain.errors import Fault
from orders.domain.lifecycle import Status
from orders.domain.order import Change
from orders.domain.parts import Deletion
from orders.ports.acceptances import AcceptanceState
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.order_repository import OrderPage, OrderQuery
from tests.contract.changes import event_of, placed, processed, shipped
from tests.contract.intercepted_client import Call, InterceptedClient, Stage, next_choices, repeated
from tests.contract.order_stores import EmulatorTable, Store, store_over
from tests.contract.test_acceptances import accepted
from tests.contract.test_outbox import assert_kept
from tests.support.builders import NOON, a_draft
from tests.support.service import Service, a_caller

REGION = "region-of-requests"
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
async def client(dynamo_table: EmulatorTable) -> AsyncIterator[Any]:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        yield client


@dataclass
class Meter:
    """Records requests and what they consumed."""

    requests: list[str] = field(default_factory=list)
    units: float = 0
    read: int = 0

    async def around(self, operation: str, call: Call, arguments: dict[str, Any]) -> Any:
        self.requests.append(operation)
        answer = await call(**arguments, ReturnConsumedCapacity="TOTAL")
        consumed = answer.get("ConsumedCapacity", [])
        self.units += sum(each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed]))
        self.read += answer.get("ScannedCount", 0)
        return answer

    def taken(self) -> tuple[list[str], float]:
        """Requests and units since it was asked last."""
        requests, units = self.requests, self.units
        self.requests, self.units, self.read = [], 0, 0
        return requests, units


COSTS = {
    # A write unit for each kilobyte begun, of the table and of each index that shows the item (two where it moves).
    "add": 8,  # table 2; the four listings, the number and the relay's index 1 each
    "save": 8,  # table 2; the four listings 1 each and one more for the status; the relay's index 1
    "settle": 5,  # the event and its index 1 each; table 2 and the relay's index 1
    "settle together": 0,  # the same for each of three, which DynamoDB Local does not tell of statements
    "claim": 1,
    "finish": 1,
    "redact event": 2,  # the event and its index 1 each
    "redact mails": 2,  # a read for the order's mails, a write for the one that says something
    "redact mails again": 1,
    # A read unit for each 4 KB begun, half of one from an index.
    "get": 1,
    "waiting": 1,
    "log": 2,
    "mails": 1,
    "page": 0.5,
    "by number": 1,
    "number": 0.5,
}
"""Capacity units that each operation consumes on a small order."""


async def test_each_operation_makes_the_requests_it_must_and_no_other(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    meter = Meter()
    store = store_over(InterceptedClient(client, meter.around), dynamo_table.name)
    first = placed(tenant_id)
    second = processed(first.order)
    order_id, number = first.order.order_id, first.order.order_number
    intent = MailIntent(tenant_id, order_id, 1, MailTemplate.ORDER_CONFIRMATION, "thandi@example.com")
    three = [await store.orders.add(placed(tenant_id)) for _ in range(3)]
    meter.taken()
    operations: dict[str, tuple[Callable[[], Awaitable[object]], list[str]]] = {
        "add": (lambda: store.orders.add(first), ["put_item"]),
        "settle": (lambda: store.outbox.settle(event_of(first)), ["put_item", "update_item"]),
        "settle together": (lambda: store.outbox.settle_all(three), ["batch_execute_statement"] * 2),
        "save": (lambda: store.orders.save(second), ["update_item"]),
        "get": (lambda: store.orders.get(tenant_id, order_id), ["get_item"]),
        "waiting": (lambda: store.outbox.waiting(tenant_id, order_id), ["get_item"]),
        "log": (lambda: store.log.read(tenant_id, order_id), ["get_item", "query"]),
        "page": (lambda: store.orders.page(OrderQuery(tenant_id)), ["query"]),
        "by number": (lambda: store.orders.page(OrderQuery(tenant_id, order_number=number)), ["query", "get_item"]),
        "number": (lambda: store.numbers.order_ids(tenant_id, number), ["query"]),
        "claim": (lambda: store.mails.claim(intent, now=NOON, lease=A_MINUTE), ["update_item"]),
        "finish": (lambda: store.mails.finish(intent, MailState.SENT, at=NOON), ["update_item"]),
        "mails": (lambda: store.mails.of_order(tenant_id, order_id), ["query"]),
        "redact event": (lambda: store.log.redact(replace(event_of(first), data={})), ["update_item"]),
        "redact mails": (lambda: store.mails.redact(tenant_id, order_id), ["query", "update_item"]),
        "redact mails again": (lambda: store.mails.redact(tenant_id, order_id), ["query"]),
    }
    costs = {}
    for name, (operation, requests) in operations.items():
        await operation()
        made, costs[name] = meter.taken()
        assert made == requests, name

    # The others' figures are not meant to be AWS's.
    assert costs == COSTS or dynamo_table.endpoint.name != "dynamodb-local"


async def test_a_claim_is_one_write_more_and_nothing_else(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    meter = Meter()
    store = store_over(InterceptedClient(client, meter.around), dynamo_table.name)
    keyed, plain, refused = accepted(tenant_id), accepted(tenant_id, 2, receipt=None), accepted(tenant_id, 3)
    finish = store.acceptances.finish
    wrong = (Fault((), "x", "y"),)
    change = placed(tenant_id, order_id=keyed.order_id)
    operations: list[tuple[Callable[[], Awaitable[object]], list[str]]] = [
        (lambda: store.acceptances.add(plain), ["put_item"]),
        (lambda: store.acceptances.add(keyed), ["put_item", "put_item"]),
        (lambda: store.orders.occupant(tenant_id, keyed.order_id), ["get_item"]),
        (lambda: store.orders.add(change, claimed_by="k"), ["put_item"]),
        (lambda: finish(tenant_id, keyed.order_id, AcceptanceState.PLACED), ["update_item"]),
        (lambda: store.acceptances.add(refused), ["put_item", "put_item"]),
        (
            lambda: finish(tenant_id, refused.order_id, AcceptanceState.REJECTED, wrong),
            ["update_item"] * 2,
        ),
    ]
    for operation, requests in operations:
        await operation()
        assert meter.taken()[0] == requests


async def test_a_create_makes_the_requests_it_must_and_no_other(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    meter = Meter()
    service = Service(over=store_over(InterceptedClient(client, meter.around), dynamo_table.name))
    service.commands.reachable = False  # what is queued at once costs the same with a key and without
    service.publisher.refuse = lambda _: "down"
    caller = a_caller(tenant_id=tenant_id)

    def keyed(key: str) -> KeyedRequest:
        return KeyedRequest(key, "POST /v1.0/orders", "f", lambda _: KeyedAnswer(201).encode())

    look, claim, put = ["get_item", "get_item"], ["put_item"], ["put_item"]
    order, accept = service.place_order.execute, service.accept_order.execute
    creates: list[tuple[Callable[..., Awaitable[object]], KeyedRequest | None, list[str]]] = [
        (order, None, put),
        (order, keyed("a"), look + put),
        (accept, None, put),
        (accept, keyed("b"), look + claim + put),
    ]
    for create, request, requests in creates:
        await create(caller, a_draft(), request)
        assert meter.taken()[0] == requests
    await service.fast_path.drain()


@pytest.mark.parametrize("statuses", [(), (Status.PENDING, Status.PROCESSING)])
async def test_a_page_reads_a_bounded_number_of_items(
    client: Any,
    dynamo_table: EmulatorTable,
    tenant_id: str,
    statuses: tuple[Status, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meter = Meter()
    store = store_over(InterceptedClient(client, meter.around), dynamo_table.name)
    changes = [placed(tenant_id, at=NOON + number * A_MINUTE) for number in range(20)]
    await asyncio.gather(
        *(
            store.orders.add(replace(change, order=replace(change.order, deletion=Deletion(NOON, "admin_1"))))
            for change in changes
        )
    )
    query = OrderQuery(tenant_id, statuses=statuses, limit=2)
    meter.taken()
    assert await store.orders.page(query) == OrderPage(())
    # Chunks of 3, 3, 6, 12: the twentieth is in the fourth. Another index has none of them.
    requests, _ = meter.taken()
    assert requests == ["query"] * (4 + max(0, len(statuses) - 1))

    monkeypatch.setattr(listing, "MAX_CONSIDERED", 8)
    monkeypatch.setattr(listing, "GROWN_CHUNK", 4)
    pages = 0
    while True:
        meter.taken()
        page = await store.orders.page(query)
        assert page.orders == ()
        assert meter.read <= 8 + 1 + 4
        pages += 1
        if page.next_position is None:
            break
        query = replace(query, after=page.next_position)
    assert pages == 3


async def test_every_operation_succeeds_when_its_answers_get_lost(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    store = store_over(InterceptedClient(client, repeated), dynamo_table.name)
    first = placed(tenant_id)
    second = processed(first.order)
    intent = MailIntent(tenant_id, first.order.order_id, 1, MailTemplate.ORDER_CONFIRMATION, "thandi@example.com")

    await store.history(first, second)
    await assert_kept(store, [event_of(first), event_of(second)], set())
    await store.outbox.settle(event_of(first))
    await store.outbox.settle(event_of(second))
    await assert_kept(store, [event_of(first), event_of(second)], {1, 2})
    several = [await store.orders.add(placed(tenant_id)) for _ in range(3)]
    assert await store.outbox.settle_all(several) == [False] * 3  # those that removed them got no answer
    for event in several:
        await assert_kept(store, [event], {1})
    for attempt in range(2):
        claim = await store.mails.claim(intent, now=NOON + attempt * timedelta(seconds=1), lease=A_MINUTE)
        assert (claim.granted, claim.record.attempts) == (True, 1)
        if not attempt:
            await store.mails.release(intent, claim, now=NOON + timedelta(seconds=1))
    await store.mails.finish(intent, MailState.SENT, at=NOON)
    [record] = await store.mails.of_order(tenant_id, first.order.order_id)
    assert (record.state, record.attempts) == (MailState.SENT, 1)
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    await store.orders.add(placed(tenant_id, order_id=acceptance.order_id), claimed_by="k")
    other = accepted(tenant_id, 2)
    await store.acceptances.add(other)
    await store.acceptances.finish(tenant_id, other.order_id, AcceptanceState.REJECTED, (Fault((), "x", "y"),))
    found = [await store.acceptances.get(tenant_id, each.order_id) for each in (acceptance, other)]
    assert [each.state for each in found if each] == [AcceptanceState.ACCEPTED, AcceptanceState.REJECTED]


async def test_no_order_of_requests_of_a_settler_and_a_writer_loses_anything(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async def perform(number: int, stage: Stage) -> None:
        first, second, third = _three_changes(f"{tenant_id}.{number}")
        settler, writer, audience = _stores(client, dynamo_table, stage, "settler", "writer")
        await audience.orders.add(first)

        async def write() -> None:
            await writer.orders.save(second)
            await writer.orders.save(third)

        await stage.perform(settler.outbox.settle(event_of(first)), write())
        await assert_kept(audience, [event_of(change) for change in (first, second, third)], {1})

    assert await _all_performances(perform) >= 6


async def test_no_order_of_requests_of_two_settlers_leaves_the_order_overdue(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async def perform(number: int, stage: Stage) -> None:
        first, second, _ = _three_changes(f"{tenant_id}.{number}")
        one, other, audience = _stores(client, dynamo_table, stage, "settler 1", "settler 2")
        await audience.history(first, second)

        await stage.perform(one.outbox.settle(event_of(first)), other.outbox.settle(event_of(second)))
        await assert_kept(audience, [event_of(first), event_of(second)], {1, 2})

    assert await _all_performances(perform) >= 20


async def test_no_order_of_requests_of_who_settles_many_and_a_writer_loses_anything(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async def perform(number: int, stage: Stage) -> None:
        tenant = f"{tenant_id}.{number}"
        first, second, third = _three_changes(tenant)
        other = placed(tenant)
        settler, writer, audience = _stores(client, dynamo_table, stage, "settler", "writer")
        await audience.orders.add(other)
        await audience.orders.add(first)

        async def write() -> None:
            await writer.orders.save(second)
            await writer.orders.save(third)

        async def settle() -> None:
            assert await settler.outbox.settle_all([event_of(first), event_of(other)]) == [True, True]

        await stage.perform(settle(), write())
        await assert_kept(audience, [event_of(change) for change in (first, second, third)], {1})
        await assert_kept(audience, [event_of(other)], {1})

    assert await _all_performances(perform) >= 6


async def test_no_order_of_requests_of_who_settles_one_and_who_settles_many_counts_an_event_twice(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async def perform(number: int, stage: Stage) -> None:
        tenant = f"{tenant_id}.{number}"
        first, other = placed(tenant), placed(tenant)
        many, one, audience = _stores(client, dynamo_table, stage, "many", "one")
        await audience.orders.add(first)
        await audience.orders.add(other)
        counted: list[object] = []

        async def settle_many() -> None:
            counted.extend(await many.outbox.settle_all([event_of(first), event_of(other)]))

        async def settle_one() -> None:
            counted.append(await one.outbox.settle(event_of(first)))

        await stage.perform(settle_many(), settle_one())
        assert sorted(map(str, counted)) == ["False", "True", "True"]
        await assert_kept(audience, [event_of(first)], {1})
        await assert_kept(audience, [event_of(other)], {1})

    assert await _all_performances(perform) >= 6


async def test_in_no_order_of_requests_a_reader_misses_an_event_being_settled(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async def perform(number: int, stage: Stage) -> None:
        first, *_ = _three_changes(f"{tenant_id}.{number}")
        settler, reader, audience = _stores(client, dynamo_table, stage, "settler", "reader")
        await audience.orders.add(first)

        async def read() -> None:
            assert await reader.log.read(first.order.tenant_id, first.order.order_id) == [first.event]

        await stage.perform(settler.outbox.settle(event_of(first)), read())

    assert await _all_performances(perform) == 6


# Hundreds of performances: on the reference implementation only.
@pytest.mark.parametrize("dynamo_table", [pytest.param("dynamodb-local", marks=pytest.mark.emulator)], indirect=True)
async def test_no_order_of_requests_of_two_settlers_and_a_writer_loses_anything(
    client: Any, dynamo_table: EmulatorTable, tenant_id: str
) -> None:
    async def perform(number: int, stage: Stage) -> None:
        first, second, third = _three_changes(f"{tenant_id}.{number}")
        one, other, writer, audience = _stores(client, dynamo_table, stage, "settler 1", "settler 2", "writer")
        await audience.history(first, second)

        await stage.perform(
            one.outbox.settle(event_of(first)), other.outbox.settle(event_of(second)), writer.orders.save(third)
        )
        await assert_kept(audience, [event_of(change) for change in (first, second, third)], {1, 2})

    assert await _all_performances(perform) >= 100


def _three_changes(tenant_id: str) -> tuple[Change, Change, Change]:
    first = placed(tenant_id)
    second = processed(first.order)
    return first, second, shipped(second.order, 1)


def _stores(client: Any, table: EmulatorTable, stage: Stage, *actors: str) -> list[Store]:
    """The actors' stores, and last that of the audience, who need not wait for their turn."""
    clients = [stage.client(client, actor) for actor in actors]
    return [store_over(each, table.name, REGION) for each in (*clients, client)]


async def _all_performances(perform: Callable[[int, Stage], Awaitable[None]]) -> int:
    choices: list[int] | None = []
    performances = 0
    while choices is not None:
        stage = Stage(choices)
        await perform(performances, stage)
        performances += 1
        choices = next_choices(choices, stage.options)
    return performances
