"""Placing, opening, changing and listing orders."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from orders.application.orders.change_order import OrderChanger
from orders.application.policy.caller import Operation
from orders.application.policy.errors import ForeignCustomer, OrderNotFound, VersionMismatch
from orders.application.policy.idempotency import Preconditions
from orders.domain.errors import ActionForbidden, IllegalTransition
from orders.domain.events import EventType, OrderEvent
from orders.domain.lifecycle import Action, Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import Deletion, ParcelLine
from orders.domain.revising import revise, revision_of
from orders.domain.shipping import Shipment
from orders.ports.errors import StaleOrder, TransientPortError
from orders.ports.mail import MailIntent, MailTemplate
from orders.ports.order_repository import OrderQuery
from tests.support.builders import NOON, a_draft, a_line, an_order_id
from tests.support.service import Service, a_caller

CUSTOMER, STAFF = a_caller(), a_caller(Role.STAFF)


async def placed(service: Service) -> Order:
    order = await service.place_order.execute(CUSTOMER, a_draft(customer=None))
    await service.fast_path.drain()
    return order


async def test_a_placed_order_is_kept_and_told_of_once() -> None:
    service = Service()
    order = await placed(service)
    assert await service.open_order.execute(CUSTOMER, order.order_id) == order
    assert [(event.type, event.sequence) for event in service.publisher.published] == [(EventType.CREATED, 1)]
    assert await service.outbox.waiting("tenant_a", order.order_id) == []
    assert [event.type for event in await service.outbox.read("tenant_a", order.order_id)] == [EventType.CREATED]


async def test_mails_go_to_the_draft_else_to_the_customers_token_but_never_to_staff() -> None:
    service = Service()
    order = await placed(service)
    assert order.notification_email == "token@example.com"
    named = await service.place_order.execute(CUSTOMER, a_draft())
    assert named.notification_email == "thandi@example.com"
    by_staff = await service.place_order.execute(STAFF, a_draft(customer=None))
    assert by_staff.notification_email is None


async def test_the_tenants_currency_is_the_default() -> None:
    service = Service()
    service.tenants.profiles["tenant_a"] = replace(await service.tenants.profile("tenant_a"), currency="USD")
    order = await service.place_order.execute(CUSTOMER, replace(a_draft(), currency=""))
    assert order.currency == "USD"


async def test_customers_order_for_themselves_only() -> None:
    service = Service()
    with pytest.raises(ForeignCustomer):
        await service.place_order.execute(CUSTOMER, a_draft(customer_id="somebody_else"))
    with pytest.raises(ActionForbidden):
        await service.place_order.execute(a_caller(Role.OPERATOR), a_draft())


@pytest.mark.parametrize(
    "stranger",
    [a_caller(customer_id="other"), a_caller(tenant_id="tenant_b"), a_caller(Role.ADMIN, tenant_id="tenant_b")],
)
async def test_what_is_not_yours_is_not_there(stranger: object) -> None:
    service = Service()
    order = await placed(service)
    with pytest.raises(OrderNotFound):
        await service.open_order.execute(stranger, order.order_id)  # type: ignore[arg-type]


@pytest.mark.parametrize("order_id", ["", "ord_x", an_order_id(99), "../../etc"])
async def test_what_does_not_exist_is_not_there(order_id: str) -> None:
    with pytest.raises(OrderNotFound):
        await Service().open_order.execute(STAFF, order_id)


async def test_a_role_that_never_may_is_told_so_only_about_what_is_theirs() -> None:
    service = Service()
    order = await placed(service)
    with pytest.raises(ActionForbidden):
        await service.open_order.execute(CUSTOMER, order.order_id, Action.FULFIL)
    with pytest.raises(ActionForbidden):
        await service.open_order.execute(a_caller(Role.OPERATOR), order.order_id, Operation.READ)


async def test_deleted_orders_are_gone_from_reads_and_changes() -> None:
    service = Service()
    order = await placed(service)
    gone = (await service.change_status.execute(CUSTOMER, order, Action.CANCEL)).order_id
    cancelled = await service.open_order.execute(CUSTOMER, gone)
    deleted = replace(cancelled, deletion=Deletion(NOON, "admin"), sequence=3, version=3)
    event = deleted.event(EventType.DELETED, CUSTOMER.stamp(NOON), {})
    await service.repository.save(Change(deleted, event))
    with pytest.raises(OrderNotFound):
        await service.open_order.execute(CUSTOMER, order.order_id)
    with pytest.raises(OrderNotFound):
        await service.change_status.execute(CUSTOMER, order, Action.CANCEL)


async def test_the_whole_life_with_two_parcels() -> None:
    service = Service()
    order = await service.place_order.execute(CUSTOMER, a_draft(lines=(a_line(quantity=3),)))
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    for number, quantity in (("T1", 1), ("T2", 2)):
        shipment = Shipment("DHL", number, lines=(ParcelLine("line_1", quantity),))
        order = await service.fulfil_order.execute(STAFF, order, shipment)
    for parcel in ("par_1", "par_2"):
        order = await service.deliver_parcel.execute(STAFF, order, parcel)
    order = await service.change_status.execute(STAFF, order, Action.COMPLETE)
    await service.fast_path.drain()
    assert (order.status, order.version, order.sequence) == (Status.COMPLETED, 7, 7)
    page = await service.read_history.execute(a_caller(Role.STAFF), order)
    assert [str(getattr(entry, "type", "")) for entry in page.entries] == [
        "created", "processing", "fulfilled", "fulfilled", "delivered", "delivered", "completed",
    ]  # fmt: skip


async def test_history_comes_in_pages_without_gaps() -> None:
    service = Service()
    order = await placed(service)
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    order = await service.change_status.execute(STAFF, order, Action.CANCEL, reason="fraud")
    first = await service.read_history.execute(a_caller(Role.STAFF), order, limit=2)
    assert (len(first.entries), first.next_sequence) == (2, 2)
    rest = await service.read_history.execute(a_caller(Role.STAFF), order, after=2, limit=2)
    assert (len(rest.entries), rest.next_sequence) == (1, None)


async def test_history_is_in_the_order_of_events_although_clocks_differ() -> None:
    service = Service()
    order = await placed(service)
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    intent = MailIntent("tenant_a", order.order_id, 2, MailTemplate.STAFF_NEW_ORDER, "staff@example.com")
    for late_by in (-60, 0):  # a worker whose clock is behind tells of the second event
        await service.intents.claim(intent, now=NOON + timedelta(seconds=late_by), lease=timedelta(seconds=1))
    service.clock._next = NOON - timedelta(seconds=30)  # the next task's is behind, too
    order = await service.change_status.execute(STAFF, order, Action.CANCEL, reason="fraud")
    page = await service.read_history.execute(STAFF, order)
    created, processing, *others = page.entries
    assert [entry.sequence for entry in (created, processing)] == [1, 2]
    assert {getattr(entry, "type", "mail") for entry in others} == {"cancelled", "mail"}


async def test_repeating_an_action_changes_nothing_and_tells_nobody() -> None:
    service = Service()
    order = await placed(service)
    once = await service.change_status.execute(CUSTOMER, order, Action.CANCEL, reason="x")
    twice = await service.change_status.execute(CUSTOMER, once, Action.CANCEL, reason="y")
    await service.fast_path.drain()
    assert twice == once
    assert len(service.publisher.published) == 2


async def test_a_change_to_a_version_that_is_not_there_any_more_is_refused() -> None:
    service = Service()
    order = await placed(service)
    await service.change_status.execute(STAFF, order, Action.PROCESS)
    with pytest.raises(VersionMismatch) as caught:
        await service.change_status.execute(CUSTOMER, order, Action.CANCEL, terms=Preconditions(frozenset({1})))
    assert (caught.value.expected, caught.value.current) == (frozenset({1}), 2)


async def test_a_change_is_decided_anew_when_the_order_moved() -> None:
    service = Service()
    order = await placed(service)
    await service.change_status.execute(STAFF, order, Action.REJECT, reason="fraud")
    with pytest.raises(IllegalTransition, match="an order that is rejected does not allow cancel"):
        await service.change_status.execute(CUSTOMER, order, Action.CANCEL)  # with the order as it was


async def test_fifty_parcels_at_once_are_all_on_record() -> None:
    service = Service()
    order = await service.place_order.execute(CUSTOMER, a_draft(lines=(a_line(quantity=50),)))
    order = await service.change_status.execute(STAFF, order, Action.PROCESS)
    shipments = [Shipment("DHL", f"T{number}", lines=(ParcelLine("line_1", 1),)) for number in range(50)]
    await asyncio.gather(*(service.fulfil_order.execute(STAFF, order, shipment) for shipment in shipments))
    await service.fast_path.drain()
    done = await service.open_order.execute(STAFF, order.order_id)
    assert done.status is Status.FULFILLED
    assert {parcel.tracking_number for parcel in done.parcels} == {f"T{number}" for number in range(50)}
    events = await service.outbox.read("tenant_a", order.order_id, limit=100)
    assert [event.sequence for event in events] == list(range(1, 53))


async def test_changes_of_one_order_take_turns_and_those_of_another_do_not_wait() -> None:
    service = Service()
    one, other = await placed(service), await placed(service)
    written: list[str] = []
    held, writing = asyncio.Event(), asyncio.Event()

    class Slow:
        """A table whose first write of the first order takes effect when ``held`` is set."""

        async def get(self, tenant_id: str, order_id: str) -> Order | None:
            return await service.repository.get(tenant_id, order_id)

        async def save(self, change: Change) -> OrderEvent:
            written.append(change.order.order_id)
            if change.order.order_id == one.order_id:
                writing.set()
                await held.wait()
            return await service.repository.save(change)

    changer = OrderChanger(Slow(), service.clock, service.fast_path, service.replays)  # type: ignore[arg-type]

    async def note(order: Order, text: str) -> Order:
        return await changer.change(
            order, STAFF, lambda now, stamp: revise(now, replace(revision_of(now), notes=text), stamp, STAFF.roles)
        )

    waiting = [asyncio.create_task(note(one, f"note {number}")) for number in range(30)]
    await writing.wait()
    assert (await note(other, "meanwhile")).notes == "meanwhile"
    held.set()
    changed = await asyncio.gather(*waiting)
    assert sorted(order.version for order in changed) == list(range(2, 32))
    # Not one write in vain.
    assert written.count(one.order_id) == 30
    assert not changer._turns


async def test_endless_contention_ends_in_an_honest_refusal() -> None:
    class NeverFresh:
        async def get(self, tenant_id: str, order_id: str) -> Order | None:
            return await service.repository.get(tenant_id, order_id)

        async def save(self, change: Change) -> None:
            raise StaleOrder(change.order.order_id)

    service = Service()
    order = await placed(service)
    service.order_changer._repository = NeverFresh()  # type: ignore[assignment]
    with pytest.raises(TransientPortError, match="too many at once"):
        await service.change_status.execute(STAFF, order, Action.PROCESS)


async def test_customers_list_their_own_and_staff_the_shops() -> None:
    service = Service()
    mine = await placed(service)
    other = a_caller(customer_id="other")
    await service.place_order.execute(other, a_draft(customer_id="other"))
    query = OrderQuery("ignored")
    assert [order.order_id for order in (await service.list_orders.execute(CUSTOMER, query)).orders] == [mine.order_id]
    assert len((await service.list_orders.execute(STAFF, query)).orders) == 2
    assert (await service.list_orders.execute(CUSTOMER, replace(query, customer_id="other"))).orders == ()
    assert (await service.list_orders.execute(a_caller(Role.STAFF, tenant_id="tenant_b"), query)).orders == ()
    with pytest.raises(ActionForbidden):
        await service.list_orders.execute(STAFF, replace(query, include_deleted=True))
    with pytest.raises(ActionForbidden):
        await service.list_orders.execute(a_caller(Role.OPERATOR), query)


def test_the_leading_role_signs_for_a_change() -> None:
    both = replace(CUSTOMER, roles=frozenset({Role.CUSTOMER, Role.STAFF}))
    assert both.stamp(NOON).actor.role == "staff"
    assert replace(CUSTOMER, roles=frozenset()).stamp(NOON).actor.role == "none"
