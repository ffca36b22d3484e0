"""The contract of ``OrderRepository`` for single orders, on every backend. Its pages: test_order_listing.py."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from orders.domain.order import Change, Order
from orders.domain.parts import Deletion, ParcelLine
from orders.domain.reports import Report, Reported, ReportType
from orders.ports.errors import OrderExists, OrderTooLarge, OutboxFull, StaleOrder
from orders.ports.order_repository import MAX_ORDER_BYTES, MAX_PARKED_BYTES, MAX_PENDING_BYTES, MAX_PENDING_EVENTS
from tests.contract.changes import event_of, grown, placed, placed_in_full, processed, rendered, rendered_often, shipped
from tests.contract.order_stores import Store
from tests.support.builders import NOON, a_receipt, an_address


async def test_an_unknown_order_is_none(store: Store, tenant_id: str) -> None:
    assert await store.orders.get(tenant_id, placed(tenant_id).order.order_id) is None


async def test_an_order_comes_back_as_it_was_added(store: Store, tenant_id: str) -> None:
    change = placed_in_full(tenant_id)

    await store.orders.add(change)

    assert await store.orders.get(tenant_id, change.order.order_id) == change.order


async def test_another_tenant_does_not_see_it(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)

    assert await store.orders.get(f"{tenant_id}x", change.order.order_id) is None


async def test_an_order_comes_back_as_it_was_saved_last(store: Store, tenant_id: str) -> None:
    change = placed_in_full(tenant_id)
    await store.orders.add(change)
    for make in (processed, lambda order: shipped(order, 1), lambda order: shipped(order, 2), lambda o: rendered(o, 4)):
        change = make(change.order)
        await store.orders.save(change)
        assert await store.orders.get(tenant_id, change.order.order_id) == change.order


async def test_what_a_change_takes_away_is_gone(store: Store, tenant_id: str) -> None:
    first = placed_in_full(tenant_id)
    second = rendered(replace(first.order, deletion=Deletion(NOON, "admin_1")), 1)
    third = rendered(second.order, 2)
    bare = replace(
        third.order,
        document=None,
        deletion=None,
        prices_unchecked=False,
        notification_fault=None,
        campaign_discount=None,
        customer=None,
        notes=None,
        metadata=(),
        billing_address=None,
    )

    await store.history(first, second)
    assert await store.orders.get(tenant_id, first.order.order_id) == second.order
    await store.orders.save(replace(third, order=bare))

    assert await store.orders.get(tenant_id, first.order.order_id) == bare


async def test_a_change_without_an_event_is_refused(store: Store, tenant_id: str) -> None:
    change = replace(placed(tenant_id), event=None)

    with pytest.raises(ValueError, match="no event"):
        await store.orders.add(change)
    with pytest.raises(ValueError, match="no event"):
        await store.orders.save(change)


async def test_of_fifty_orders_of_one_id_one_is_kept(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id, principal="caller_0")
    changes = [first] + [
        placed(tenant_id, order_id=first.order.order_id, principal=f"caller_{number}") for number in range(1, 50)
    ]

    outcomes = await _all(store.orders.add(change) for change in changes)

    winners = [change for change, outcome in zip(changes, outcomes, strict=True) if outcome is None]
    assert len(winners) == 1
    refusals = [outcome for outcome in outcomes if outcome is not None]
    assert all(isinstance(each, OrderExists) and each.existing == winners[0].order for each in refusals)
    assert await store.outbox.waiting(tenant_id, first.order.order_id) == [winners[0].event]


async def test_adding_the_same_again_is_a_success_whatever_happened_since(store: Store, tenant_id: str) -> None:
    first = placed_in_full(tenant_id)
    assert first.event is not None
    second = processed(first.order)

    await store.orders.add(first)
    await store.orders.add(first)
    assert await store.outbox.waiting(tenant_id, first.order.order_id) == [first.event]
    await store.outbox.settle(first.event)
    await store.orders.add(first)
    await store.orders.save(second)
    await store.orders.add(first)

    assert await store.orders.get(tenant_id, first.order.order_id) == second.order
    assert await store.log.read(tenant_id, first.order.order_id) == [first.event, second.event]


async def test_of_requests_with_one_key_in_one_millisecond_one_makes_the_change(store: Store, tenant_id: str) -> None:
    def asked_by(change: Change, attempt: str) -> Change:
        return change.answered(replace(a_receipt("key", "fingerprint", 201), attempt=attempt))

    first = placed(tenant_id)
    await store.orders.add(asked_by(first, "a"))
    await store.orders.add(asked_by(first, "a"))
    with pytest.raises(OrderExists):
        await store.orders.add(asked_by(first, "b"))

    stored = await store.orders.get(tenant_id, first.order.order_id)
    assert stored is not None
    second = processed(stored)
    await store.orders.save(asked_by(second, "c"))
    await store.orders.save(asked_by(second, "c"))
    with pytest.raises(StaleOrder):
        await store.orders.save(asked_by(second, "d"))


async def test_an_order_that_differs_only_in_what_events_don_t_tell_is_another(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    other = placed(tenant_id, order_id=first.order.order_id, shipping_address=an_address(line1="1 Short Street"))
    assert first.event == other.event
    await store.orders.add(first)

    with pytest.raises(OrderExists) as refusal:
        await store.orders.add(other)

    assert refusal.value.existing == first.order


async def test_of_two_changes_of_one_version_one_wins(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    for version in range(2, 12):
        # Their events are equal to the millisecond: only what they did to the order tells them apart.
        rivals = [
            rendered(replace(change.order, notes=f"{version}, the one"), version),
            rendered(replace(change.order, notes=f"{version}, the other"), version),
        ]

        outcomes = await _all(store.orders.save(rival) for rival in rivals)

        assert [type(outcome) for outcome in outcomes if outcome] == [StaleOrder]
        change = rivals[outcomes.index(None)]
        assert await store.orders.get(tenant_id, change.order.order_id) == change.order


async def test_saving_the_same_again_is_a_success_whatever_happened_since(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    third = shipped(second.order, 1)
    assert second.event is not None
    await store.history(first, second)

    await store.orders.save(second)
    await store.outbox.settle(second.event)
    await store.orders.save(second)
    await store.orders.save(third)
    await store.orders.save(second)

    assert await store.orders.get(tenant_id, first.order.order_id) == third.order
    assert await store.log.read(tenant_id, first.order.order_id) == [first.event, second.event, third.event]


async def test_a_change_that_differs_only_in_what_events_don_t_tell_is_another(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    second = processed(first.order)
    await store.history(first, second)

    with pytest.raises(StaleOrder):
        await store.orders.save(replace(second, order=replace(second.order, notes="another's")))


async def test_a_change_of_what_is_not_there_is_stale(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    with pytest.raises(StaleOrder):
        await store.orders.save(processed(change.order))

    await store.orders.add(change)
    with pytest.raises(StaleOrder):
        await store.orders.save(shipped(processed(change.order).order, 1))


async def test_pending_events_are_limited_in_number(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    assert first.event is not None
    *fitting, last = rendered_often(first.order, MAX_PENDING_EVENTS)
    await store.history(first, *fitting)

    with pytest.raises(OutboxFull):
        await store.orders.save(last)
    assert await store.orders.get(tenant_id, first.order.order_id) == fitting[-1].order
    # Repeating the one before is a success all the same: it is there.
    await store.orders.save(fitting[-1])

    await store.outbox.settle(first.event)
    await store.orders.save(last)
    assert len(await store.outbox.waiting(tenant_id, first.order.order_id)) == MAX_PENDING_EVENTS


async def test_pending_events_are_limited_in_size(store: Store, tenant_id: str) -> None:
    first = placed(tenant_id)
    large = [grown(change, MAX_PENDING_BYTES * 3 // 10) for change in rendered_often(first.order, 5)]
    await store.history(first, *large[:3])

    with pytest.raises(OutboxFull):
        await store.orders.save(large[3])
    for settled in (large[0].event, large[1].event):
        assert settled is not None
        await store.outbox.settle(settled)
    await store.orders.save(large[3])
    await store.orders.save(large[4])

    assert [event.sequence for event in await store.outbox.waiting(tenant_id, first.order.order_id)] == [1, 4, 5, 6]


async def test_what_settling_frees_can_be_used_any_number_of_times(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    assert change.event is not None
    await store.orders.add(change)
    await store.outbox.settle(change.event)
    for next_change in rendered_often(change.order, 6):
        large = grown(next_change, MAX_PENDING_BYTES * 7 // 10)
        assert large.event is not None
        await store.orders.save(large)
        await store.outbox.settle(large.event)


async def test_an_order_too_large_is_refused(store: Store, tenant_id: str) -> None:
    fitting = placed(tenant_id, notes="é" * (MAX_ORDER_BYTES // 2 - 2_500))
    too_large = placed(tenant_id, notes="é" * (MAX_ORDER_BYTES // 2))
    store.orders.check_size(fitting.order)
    await store.orders.add(fitting)

    with pytest.raises(OrderTooLarge) as foretold:
        store.orders.check_size(too_large.order)
    with pytest.raises(OrderTooLarge) as refusal:
        await store.orders.add(too_large)
    assert foretold.value.size_bytes == refusal.value.size_bytes
    assert refusal.value.size_bytes > refusal.value.limit_bytes == MAX_ORDER_BYTES
    assert await store.orders.get(tenant_id, too_large.order.order_id) is None

    processing = processed(fitting.order)
    with pytest.raises(OrderTooLarge):
        await store.orders.save(replace(processing, order=replace(processing.order, campaign_code="x" * 5_000)))
    assert await store.orders.get(tenant_id, fitting.order.order_id) == fitting.order


async def test_an_event_too_large_to_ever_wait_is_refused(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    with pytest.raises(OrderTooLarge):
        await store.orders.add(grown(change, MAX_PENDING_BYTES))
    assert await store.orders.get(tenant_id, change.order.order_id) is None
    await store.orders.add(change)
    with pytest.raises(OrderTooLarge):
        await store.orders.save(grown(processed(change.order), MAX_PENDING_BYTES))


async def test_the_largest_order_fits_together_with_a_receipt_that_nothing_compresses(
    store: Store, tenant_id: str
) -> None:
    body = Random(7).randbytes(MAX_ORDER_BYTES)  # noqa: S311 - the same bytes each time
    receipt = a_receipt("k", "f", 201, (), body)
    change = placed(tenant_id, notes="é" * (MAX_ORDER_BYTES // 2 - 2_500)).answered(receipt)
    await store.orders.add(change)
    await store.outbox.settle(event_of(change))
    (logged,) = await store.log.read(tenant_id, change.order.order_id)
    assert logged.receipt == receipt


async def test_instants_keep_their_milliseconds(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id, at=NOON + timedelta(milliseconds=7))
    await store.orders.add(change)

    found = await store.orders.get(tenant_id, change.order.order_id)

    assert found is not None
    assert found.created_at == NOON + timedelta(milliseconds=7)
    assert found.created_at.utcoffset() == timedelta(0)


async def _all(calls: Iterable[Awaitable[object]]) -> list[BaseException | None]:
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    return [outcome if isinstance(outcome, BaseException) else None for outcome in outcomes]


# -- what is kept of other services' reports ---------------------------------------------------------------------------


def reported(order: Order, *parked: Report, revision: int = 1) -> Order:
    """The order with that among what it keeps of reports."""
    return replace(order, reported=Reported(revision, parked, captured_at=NOON, failed_at=NOON + timedelta(hours=1)))


def a_report(number: int = 1, **facts: object) -> Report:
    report = Report(
        id=f"evt-{number}",
        type=ReportType.SHIPMENT_DISPATCHED,
        at=NOON,
        reason_code="late",
        carrier="DHL",
        tracking_number="T1",
        tracking_url="https://dhl.example/T1",
        lines=(ParcelLine("line_1", 2),),
    )
    return replace(report, **facts)  # type: ignore[arg-type]


async def test_what_is_reported_is_kept_and_nothing_else_of_the_order_changes(store: Store, tenant_id: str) -> None:
    change = placed_in_full(tenant_id)
    await store.orders.add(change)
    noted = reported(change.order, a_report(1), a_report(2, lines=None))
    for _ in range(2):
        await store.orders.note(replace(noted, notes="not to be written"))
    assert await store.orders.get(tenant_id, change.order.order_id) == noted
    cleared = replace(change.order, reported=Reported(revision=2))
    await store.orders.note(cleared)
    assert await store.orders.get(tenant_id, change.order.order_id) == cleared
    assert len(await store.outbox.waiting(tenant_id, change.order.order_id)) == 1


async def test_a_change_carries_along_what_is_reported(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    noted = reported(change.order, a_report())
    await store.orders.note(noted)
    following = processed(replace(noted, reported=replace(noted.reported, parked=())))
    await store.orders.save(following)
    assert await store.orders.get(tenant_id, change.order.order_id) == following.order


async def test_a_note_and_a_change_of_the_same_moment_do_not_undo_each_other(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    noted = reported(change.order, a_report())
    await store.orders.note(noted)
    with pytest.raises(StaleOrder):
        await store.orders.save(processed(change.order))
    following = processed(noted)
    await store.orders.save(following)
    with pytest.raises(StaleOrder):
        await store.orders.note(reported(change.order, revision=2))
    assert await store.orders.get(tenant_id, change.order.order_id) == following.order


async def test_of_two_notes_of_one_revision_one_is_kept(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    outcomes = await _all(store.orders.note(reported(change.order, a_report(number))) for number in range(8))
    assert [outcome is None for outcome in outcomes].count(True) == 1
    assert all(isinstance(outcome, StaleOrder) for outcome in outcomes if outcome is not None)
    with pytest.raises(StaleOrder):
        await store.orders.note(reported(placed(tenant_id).order))


async def test_what_waits_has_a_room_of_its_own(store: Store, tenant_id: str) -> None:
    change = placed(tenant_id)
    await store.orders.add(change)
    lines = tuple(ParcelLine(f"line_{number}", 1) for number in range(500))
    with pytest.raises(OrderTooLarge) as refusal:
        await store.orders.note(reported(change.order, *(a_report(number, lines=lines) for number in range(3))))
    assert refusal.value.limit_bytes == MAX_PARKED_BYTES
    assert await store.orders.get(tenant_id, change.order.order_id) == change.order
