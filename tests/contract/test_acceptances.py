"""The contract of ``Acceptances``, on every backend."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orders.domain.errors import Fault
from orders.domain.events import Receipt
from orders.domain.lifecycle import Role, Status
from orders.ports.acceptances import Acceptance, AcceptanceState, KeyClaim
from orders.ports.errors import AcceptanceExists, OrderClaimed, OrderExists, OrderTooLarge
from orders.ports.order_repository import MAX_ORDER_BYTES, OrderQuery
from tests.contract.changes import placed
from tests.contract.order_stores import Store
from tests.support.builders import NOON, a_draft, a_line, a_receipt, an_order_id

OTHER_BODY = a_receipt("k", "another", 202, (("Location", "/x"),), b'{"status":"accepted"}')
OTHER_KEY = a_receipt("another", "f", 202, (("Location", "/x"),), b'{"status":"accepted"}')
WRONG = (Fault(("items", 0, "price"), "changed", "it is 31.00 now"), Fault((), "x", "y"))


def accepted(tenant_id: str, number: int = 1, **overrides: Any) -> Acceptance:
    draft = a_draft(lines=(a_line(), a_line(name="Émail – 琺瑯 🫖", sku=None)), metadata=(("z", "1"), ("a", "")))
    acceptance = Acceptance(
        tenant_id=tenant_id,
        order_id=an_order_id(number),
        customer_id=draft.customer_id,
        principal="cust_test_001",
        roles=frozenset({Role.CUSTOMER, Role.STAFF}),
        accepted_at=NOON,
        draft=draft,
        caller_customer_id="cust_test_001",
        traceparent="00-1-2-01",
        receipt=a_receipt("k", "f", 202, (("Location", "/x"),), b'{"status":"accepted"}'),
    )
    return replace(acceptance, **overrides)


async def test_it_comes_back_as_it_was_added(store: Store, tenant_id: str) -> None:
    full = accepted(tenant_id)
    bare = accepted(tenant_id, 2, receipt=None, traceparent=None, caller_customer_id=None)
    for acceptance in (full, bare):
        await store.acceptances.add(acceptance)
        assert await store.acceptances.get(tenant_id, acceptance.order_id) == acceptance
    assert await store.acceptances.get(tenant_id, an_order_id(3)) is None
    assert await store.acceptances.get(f"{tenant_id}x", full.order_id) is None


async def test_it_is_no_order_and_has_no_events(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    assert await store.orders.get(tenant_id, acceptance.order_id) is None
    assert await store.log.read(tenant_id, acceptance.order_id) == []


async def test_adding_is_idempotent_and_another_acceptance_of_the_id_is_refused(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    await store.acceptances.add(acceptance)
    with pytest.raises(AcceptanceExists) as refusal:
        await store.acceptances.add(replace(acceptance, principal="somebody else"))
    assert refusal.value.existing == acceptance


async def test_the_relay_finds_it_until_it_is_queued(store: Store, tenant_id: str) -> None:
    first, second = accepted(tenant_id), accepted(tenant_id, 2, accepted_at=NOON + timedelta(seconds=1))
    for acceptance in (first, second):
        await store.acceptances.add(acceptance)
    await store.orders.add(placed(tenant_id, order_id=an_order_id(4)))
    waiting = {entry.order_id: entry for shard in range(store.outbox.shards) for entry in await store.waiting(shard)}
    assert {order_id: entry.accepted for order_id, entry in waiting.items()} == {
        first.order_id: True,
        second.order_id: True,
        an_order_id(4): False,
    }
    assert waiting[second.order_id].since == second.accepted_at
    for _ in range(2):
        await store.acceptances.queued(tenant_id, first.order_id)
    assert [order_id for order_id, _ in await store.overdue()] == sorted([second.order_id, an_order_id(4)])
    assert await store.acceptances.get(tenant_id, first.order_id) == first


@pytest.mark.parametrize(
    ("state", "faults"),
    [
        (AcceptanceState.PLACED, ()),
        (AcceptanceState.REJECTED, (Fault(("items", 0, "price"), "changed", "it is 31.00 now"), Fault((), "x", "y"))),
    ],
)
async def test_what_is_decided_is_noted_and_the_draft_goes(
    store: Store, tenant_id: str, state: AcceptanceState, faults: tuple[Fault, ...]
) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    await store.acceptances.finish(tenant_id, acceptance.order_id, state, faults)
    expected = replace(acceptance, draft=None, state=state, faults=faults)
    assert await store.acceptances.get(tenant_id, acceptance.order_id) == expected
    assert await store.overdue() == []


async def test_what_was_placed_is_never_rejected_any_more(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    await store.acceptances.finish(tenant_id, acceptance.order_id, AcceptanceState.PLACED)
    await store.acceptances.finish(tenant_id, acceptance.order_id, AcceptanceState.REJECTED, (Fault((), "x", "y"),))
    found = await store.acceptances.get(tenant_id, acceptance.order_id)
    assert found is not None
    assert (found.state, found.faults) == (AcceptanceState.PLACED, ())


async def test_one_too_large_is_refused(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id, draft=a_draft(notes="é" * (MAX_ORDER_BYTES // 2)))
    with pytest.raises(OrderTooLarge):
        await store.acceptances.add(acceptance)
    assert await store.acceptances.get(tenant_id, acceptance.order_id) is None


@pytest.mark.parametrize("receipt", [None, a_receipt("k", "f", 202, (), b"{}")])
async def test_of_an_erased_order_only_the_redacted_receipt_is_left(
    store: Store, tenant_id: str, receipt: Receipt | None
) -> None:
    # Not yet marked as placed, nor as queued: whoever placed it died before.
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    for _ in range(2):
        await store.acceptances.redact(tenant_id, acceptance.order_id, receipt)
    expected = replace(acceptance, draft=None, state=AcceptanceState.PLACED, receipt=receipt)
    assert await store.acceptances.get(tenant_id, acceptance.order_id) == expected
    assert await store.overdue() == []
    await store.acceptances.queued(tenant_id, acceptance.order_id)
    await store.acceptances.finish(tenant_id, acceptance.order_id, AcceptanceState.PLACED)
    assert await store.acceptances.get(tenant_id, acceptance.order_id) == expected


async def test_redacting_what_was_never_accepted_makes_nothing(store: Store, tenant_id: str) -> None:
    await store.acceptances.redact(tenant_id, an_order_id(), None)
    assert await store.acceptances.get(tenant_id, an_order_id()) is None


def claim_of(acceptance: Acceptance, *faults: Fault) -> KeyClaim:
    return KeyClaim(acceptance.tenant_id, acceptance.order_id, acceptance.receipt, faults)


async def test_with_a_key_it_claims_the_orders_place_which_is_no_order(store: Store, tenant_id: str) -> None:
    keyed, plain = accepted(tenant_id), accepted(tenant_id, 2, receipt=None)
    for acceptance in (keyed, plain):
        await store.acceptances.add(acceptance)
    assert await store.orders.occupant(tenant_id, keyed.order_id) == claim_of(keyed)
    assert await store.orders.occupant(tenant_id, plain.order_id) is None
    assert await store.orders.get(tenant_id, keyed.order_id) is None
    assert await store.outbox.waiting(tenant_id, keyed.order_id) == []
    queries = [
        OrderQuery(tenant_id, include_deleted=True),
        OrderQuery(tenant_id, customer_id=keyed.customer_id),
        OrderQuery(tenant_id, statuses=(Status.PENDING, Status.REJECTED)),
        OrderQuery(tenant_id, order_number=keyed.order_number),
    ]
    assert [(await store.orders.page(query)).orders for query in queries] == [()] * len(queries)
    assert [order_id for order_id, _ in await store.overdue()] == sorted([keyed.order_id, plain.order_id])


async def test_no_order_takes_the_place_but_the_one_that_was_accepted(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    change = placed(tenant_id, order_id=acceptance.order_id)
    for other in (None, "another"):
        with pytest.raises(OrderClaimed) as refusal:
            await store.orders.add(change, claimed_by=other)
        assert refusal.value.existing == claim_of(acceptance)
    for _ in range(2):  # the second time as after a lost answer
        await store.orders.add(change, claimed_by="k")
    assert await store.orders.occupant(tenant_id, acceptance.order_id) == change.order
    assert [order.order_id for order in (await store.orders.page(OrderQuery(tenant_id))).orders] == [
        change.order.order_id
    ]
    with pytest.raises(OrderExists):
        await store.orders.add(placed(tenant_id, order_id=acceptance.order_id, notes="another"), claimed_by="k")


async def test_what_is_placed_can_not_be_accepted_any_more(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id)
    change = placed(tenant_id, order_id=acceptance.order_id)
    await store.orders.add(change, claimed_by="k")
    with pytest.raises(OrderExists) as refusal:
        await store.acceptances.add(acceptance)
    assert refusal.value.existing == change.order
    assert await store.acceptances.get(tenant_id, acceptance.order_id) is None


@pytest.mark.parametrize("receipt", [OTHER_BODY, OTHER_KEY])
async def test_a_place_is_claimed_for_one_key_and_body(store: Store, tenant_id: str, receipt: Receipt) -> None:
    acceptance = accepted(tenant_id)
    await store.acceptances.add(acceptance)
    with pytest.raises(OrderClaimed) as refusal:
        await store.acceptances.add(replace(acceptance, receipt=receipt))
    assert refusal.value.existing == claim_of(acceptance)
    assert await store.acceptances.get(tenant_id, acceptance.order_id) == acceptance
    with pytest.raises(AcceptanceExists):
        await store.acceptances.add(replace(acceptance, accepted_at=NOON + timedelta(seconds=1)))


@pytest.mark.parametrize("key", ["k", None])
async def test_what_is_rejected_is_never_placed_any_more(store: Store, tenant_id: str, key: str | None) -> None:
    acceptance = accepted(tenant_id) if key else accepted(tenant_id, receipt=None)
    await store.acceptances.add(acceptance)
    for faults in (WRONG, WRONG[1:]):
        await store.acceptances.finish(tenant_id, acceptance.order_id, AcceptanceState.REJECTED, faults)
    with pytest.raises(OrderClaimed) as refusal:
        await store.orders.add(placed(tenant_id, order_id=acceptance.order_id), claimed_by=key)
    assert refusal.value.existing == claim_of(acceptance, *WRONG)
    assert await store.orders.get(tenant_id, acceptance.order_id) is None
    found = await store.acceptances.get(tenant_id, acceptance.order_id)
    assert found == replace(acceptance, draft=None, state=AcceptanceState.REJECTED, faults=WRONG)


@pytest.mark.parametrize("key", ["k", None])
async def test_what_an_order_came_of_is_noted_as_placed_by_whoever_would_reject_it(
    store: Store, tenant_id: str, key: str | None
) -> None:
    acceptance = accepted(tenant_id) if key else accepted(tenant_id, receipt=None)
    await store.acceptances.add(acceptance)
    change = placed(tenant_id, order_id=acceptance.order_id)
    await store.orders.add(change, claimed_by=key)
    await store.acceptances.finish(tenant_id, acceptance.order_id, AcceptanceState.REJECTED, WRONG)
    found = await store.acceptances.get(tenant_id, acceptance.order_id)
    assert found == replace(acceptance, draft=None, state=AcceptanceState.PLACED)
    assert await store.orders.get(tenant_id, acceptance.order_id) == change.order


async def test_one_too_large_claims_nothing(store: Store, tenant_id: str) -> None:
    acceptance = accepted(tenant_id, draft=a_draft(notes="é" * (MAX_ORDER_BYTES // 2)))
    with pytest.raises(OrderTooLarge):
        await store.acceptances.add(acceptance)
    assert await store.orders.occupant(tenant_id, acceptance.order_id) is None
