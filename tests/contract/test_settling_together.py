"""``Outbox.settle_all``: what ``settle`` promises of one event holds for events of many orders together."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from orders.adapters.outbound.memory.writer_leases import SetLease
from orders.domain.events import OrderEvent
from orders.domain.order import Change
from orders.ports.errors import NotTheWriter, PermanentPortError
from tests.contract.changes import event_of, placed, processed, shipped
from tests.contract.intercepted_client import Call, InterceptedClient
from tests.contract.order_stores import EmulatorTable, Store, store_over
from tests.support.crashing_process import Died

ALL_OF_A_BATCH_AND_MORE = 28


async def stored(store: Store, tenant_id: str) -> list[Change]:
    """The three changes of a new order, all of whose events wait."""
    first = placed(tenant_id)
    second = processed(first.order)
    changes = [first, second, shipped(second.order, 1)]
    await store.history(*changes)
    return changes


def events_of(*changes: Change) -> list[OrderEvent]:
    return [event_of(change) for change in changes]


async def kept(store: Store, changes: Sequence[Change]) -> tuple[list[int], list[int]]:
    """Sequences of the order's events that wait, and of all that its history tells."""
    order = changes[0].order
    waiting = await store.outbox.waiting(order.tenant_id, order.order_id)
    history = await store.log.read(order.tenant_id, order.order_id)
    assert history == events_of(*changes)
    return [event.sequence for event in waiting], [event.sequence for event in history]


async def test_events_of_many_orders_and_tenants_are_settled_once(store: Store, tenant_id: str) -> None:
    single = [placed(f"{tenant_id}.{number % 3}") for number in range(ALL_OF_A_BATCH_AND_MORE)]
    for change in single:
        await store.orders.add(change)
    several = [await stored(store, tenant_id) for _ in range(2)]
    events = events_of(*single, *several[0], *several[1])

    assert await store.outbox.settle_all(events) == [True] * len(events)

    assert await store.overdue() == []
    for changes in (*([change] for change in single), *several):
        assert (await kept(store, changes))[0] == []
    assert await store.outbox.settle_all(events) == [False] * len(events)


async def test_nothing_is_settled_of_nothing(store: Store) -> None:
    assert await store.outbox.settle_all([]) == []


async def test_an_order_stays_overdue_while_events_wait_that_are_not_settled(store: Store, tenant_id: str) -> None:
    one, other = await stored(store, tenant_id), await stored(store, tenant_id)

    assert await store.outbox.settle_all([event_of(one[0]), event_of(one[1]), event_of(other[1])]) == [True] * 3

    assert await kept(store, one) == ([3], [1, 2, 3])
    assert await kept(store, other) == ([1, 3], [1, 2, 3])
    assert len(await store.overdue()) == 2
    assert await store.outbox.settle_all([event_of(one[2]), event_of(other[0]), event_of(other[2])]) == [True] * 3
    assert await store.overdue() == []


async def test_an_order_whose_log_contradicts_it_keeps_back_its_own_events_alone(store: Store, tenant_id: str) -> None:
    wrong, right = await stored(store, tenant_id), await stored(store, tenant_id)
    await store.outbox.settle(replace(event_of(wrong[1]), version=9))

    outcomes = await store.outbox.settle_all(events_of(*wrong, *right))

    assert [outcomes[0], *outcomes[3:]] == [True] * 4
    assert all(isinstance(outcome, PermanentPortError) for outcome in outcomes[1:3])
    third = event_of(wrong[2])
    assert third in await store.outbox.waiting(tenant_id, third.order_id)
    assert await kept(store, right) == ([], [1, 2, 3])


async def test_what_an_earlier_epoch_logged_is_replaced_and_a_later_one_stays(store: Store, tenant_id: str) -> None:
    lost, stays, other = placed(tenant_id), placed(tenant_id), placed(tenant_id)
    for change in (lost, stays):
        await store.outbox.settle(event_of(change))
    assert isinstance(store.lease, SetLease)
    store.lease.epoch = 2
    later = [replace(event_of(change), epoch=2) for change in (lost, other)]
    of_another_epoch = replace(event_of(stays), version=9)

    outcomes = await store.outbox.settle_all([*later, of_another_epoch])

    assert outcomes[:2] == [False, False]  # nothing waits in orders that are not there
    assert isinstance(outcomes[2], PermanentPortError)
    for event in (*later, event_of(stays)):
        assert await store.log.read(tenant_id, event.order_id) == [event]


async def test_what_erasure_took_from_the_log_stays_out_of_it(store: Store, tenant_id: str) -> None:
    one, other = placed(tenant_id), placed(tenant_id)
    for change in (one, other):
        await store.orders.add(change)
    await store.outbox.settle(replace(event_of(one), data={}))

    assert await store.outbox.settle_all(events_of(one, other)) == [False, True]

    assert [event.data for event in await store.log.read(tenant_id, one.order.order_id)] == [{}]


async def test_who_is_not_the_writer_settles_none(store: Store, tenant_id: str) -> None:
    one, other = await stored(store, tenant_id), await stored(store, tenant_id)
    assert isinstance(store.lease, SetLease)
    store.lease.epoch = None

    outcomes = await store.outbox.settle_all(events_of(*one, *other))

    assert [type(outcome) for outcome in outcomes] == [NotTheWriter] * 6
    store.lease.epoch = 1
    assert await kept(store, one) == ([1, 2, 3], [1, 2, 3])


@pytest.mark.parametrize("settled_before", [1, 2, 3])
async def test_it_goes_on_where_another_process_has_stopped(store: Store, tenant_id: str, settled_before: int) -> None:
    one, other = await stored(store, tenant_id), await stored(store, tenant_id)
    for change in one[:settled_before]:
        await store.outbox.settle(event_of(change))

    outcomes = await store.outbox.settle_all(events_of(*one, *other))

    assert outcomes == [False] * settled_before + [True] * (6 - settled_before)
    assert (await kept(store, one))[0] == (await kept(store, other))[0] == []
    assert await store.overdue() == []


class Killed:
    """A process that is killed at one of its requests: right before the table does it, or right after."""

    def __init__(self, requests: int, after: bool) -> None:
        self._left, self._after = requests, after

    async def around(self, _: str, call: Call, arguments: dict[str, Any]) -> Any:
        self._left -= 1
        if self._left < 0 and not self._after:
            raise Died
        answer = await call(**arguments)
        if self._left < 0:
            raise Died
        return answer


@pytest.mark.timeout(600)
@pytest.mark.parametrize("after", [False, True])
async def test_whoever_is_killed_at_any_request_leaves_what_another_finishes(
    dynamo_table: EmulatorTable, tenant_id: str, after: bool
) -> None:
    async with dynamo_table.endpoint.client("dynamodb") as client:
        audience = store_over(client, dynamo_table.name)
        for requests in count():
            one, other = await stored(audience, tenant_id), await stored(audience, tenant_id)
            # As by another process: the batch finds it in the log, and looks at it alone.
            await audience.outbox.settle(event_of(other[0]))
            events = events_of(*one, *other)
            dying = store_over(InterceptedClient(client, Killed(requests, after).around), dynamo_table.name)
            try:
                first = list(await dying.outbox.settle_all(events))
            except Died:
                first = []
            for changes in (one, other):
                await kept(audience, changes)  # what waits no longer is in the log
            second = await audience.outbox.settle_all(events)
            assert not [outcome for outcome in (*first, *second) if isinstance(outcome, Exception)]
            for changes in (one, other):
                assert (await kept(audience, changes))[0] == []
            if first:
                break
        assert await audience.overdue() == []
        assert requests >= 6
