"""Replaying the ledger of erasures: dying anywhere, beside others, against a table of any time before."""

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest

from orders.adapters.outbound.memory.erasure_ledger import MemoryErasureLedger
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.application.events.publish_events import PublishEvents
from orders.application.operations.reapply_erasures import Reapplied, ReapplyErasures
from orders.domain.lifecycle import Action, Role, Status
from orders.domain.order import Order
from orders.ports.documents import document_key
from orders.ports.erasure_ledger import LedgerEntry
from orders.ports.errors import ItemKind, TransientPortError
from tests.support.builders import NOON, an_order_id
from tests.support.canaries import TellingRenderer, marks_in
from tests.support.crashing_process import Died, Life
from tests.support.service import Service, a_caller
from tests.support.workers import Workers
from tests.unit.application.test_scrub_order import (
    TENANT,
    a_service,
    dead_letter,
    kept_in,
    keyed,
    marked,
    marked_draft,
    scrubbing,
)


async def cancelled(service: Service, order: Order) -> Order:
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL, reason="canary changed her mind")
    await Workers(service).settle()
    return await service.open_order.execute(a_caller(), order.order_id)


async def lived(service: Service, key: str = "create") -> Order:
    """A placed order with its document and mails."""
    order = await service.accept_order.execute(a_caller(), marked_draft(), keyed(key))
    await service.place_accepted.execute(TENANT, order.order_id)
    await service.fast_path.drain()
    await Workers(service).settle()
    return await service.open_order.execute(a_caller(), order.order_id)


async def erased(service: Service, order: Order) -> Order:
    order = await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    await Workers(service).settle()
    return order


def restored(service: Service, backup: Service) -> Service:
    """A service over the table of a backup, and the ledger and buckets of the one that lost it."""
    return Service(
        table=backup.table,
        intents=backup.intents,
        documents=service.documents,
        elsewhere=service.elsewhere,
        ledger=service.ledger,
        renderer=TellingRenderer(),
        start=NOON + timedelta(days=1),
    )


def backed_up(service: Service) -> Service:
    """The table and the mails as they are now."""
    table = MemoryTable()
    for name in ("_rows", "_log", "_accepted", "_claims", "_unqueued"):
        setattr(table, name, copy.deepcopy(getattr(service.table, name)))
    found = Service(table=table)
    found.intents._entries.update(service.intents._entries)
    return found


async def a_loss(*, at_its_end: bool = True) -> tuple[Service, Order]:
    """A restored service in which an order is as it was before its erasure, at its end or before that."""
    service = a_service()
    order = await lived(service)
    if at_its_end:
        order = await cancelled(service, order)
    backup = backed_up(service)
    await erased(service, order if at_its_end else await cancelled(service, order))
    after = restored(service, backup)
    dead_letter(after, {"command": "create_order", "order_id": order.order_id, "order": {"notes": "canary"}})
    return after, order


def reapplying(service: Service, life: Life) -> ReapplyErasures:
    """The use case in a process with that much life."""
    scrub = scrubbing(service, life)
    return ReapplyErasures(
        life.of(service.repository), scrub._kept, scrub,
        PublishEvents(life.of(service.outbox), life.of(service.publisher), service.counters, AlwaysWriter()),
    )  # fmt: skip


async def test_what_was_erased_is_erased_again() -> None:
    service, order = await a_loss()
    assert {"events", "mails", "acceptances", "dead letters"} <= marked(service)
    assert marks_in(await service.repository.get(TENANT, order.order_id))
    done = await service.use_cases.reapply_erasures().execute()
    assert done == Reapplied(entries=1, erased=1)
    assert marked(service) == set()
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert marks_in(found) == []
    (entry,) = (await service.ledger.page()).entries
    assert found.erasure is not None
    assert (found.erasure.at, found.erasure.by) == (entry.at, entry.by)


async def test_an_order_that_was_not_erased_is_left_alone() -> None:
    service, _ = await a_loss()
    other = await cancelled(service, await lived(service, "another"))
    await service.use_cases.reapply_erasures().execute()
    assert await service.repository.get(TENANT, other.order_id) == other


async def test_an_order_that_came_back_from_before_its_end_is_erased_and_named() -> None:
    service, order = await a_loss(at_its_end=False)
    assert (await service.use_cases.reapply_erasures().plan()).unfinished == [order.order_id]
    done = await service.use_cases.reapply_erasures().execute()
    assert (done.erased, done.unfinished) == (1, [order.order_id])
    assert marked(service) == set()
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.status is Status.PENDING


async def test_looking_first_changes_nothing() -> None:
    service, order = await a_loss()
    await service.ledger.enter(LedgerEntry(TENANT, an_order_id(88), NOON, "somebody"))
    before = str(kept_in(service))
    assert await service.use_cases.reapply_erasures().plan() == Reapplied(entries=2, erased=1, absent=1)
    assert str(kept_in(service)) == before
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.erasure is None


async def test_of_one_shop_only() -> None:
    service, _ = await a_loss()
    assert await service.use_cases.reapply_erasures().execute(tenant_id="another") == Reapplied()
    assert marked(service)


async def test_repeated_it_does_nothing_more() -> None:
    service, _ = await a_loss()
    reapply = service.use_cases.reapply_erasures()
    await reapply.execute()
    before = str(kept_in(service))
    assert await reapply.execute() == Reapplied(entries=1, erased_before=1)
    assert str(kept_in(service)) == before


@pytest.mark.parametrize("after", [False, True])
async def test_whoever_dies_at_any_call_is_followed_by_one_who_finishes(after: bool) -> None:
    deaths = 0
    while True:
        service, order = await a_loss()
        try:
            await reapplying(service, Life(deaths, after)).execute()
        except Died:
            done = await service.use_cases.reapply_erasures().execute()
            assert done.failed == []
            assert marked(service) == set(), f"died at call {deaths + 1}"
            events = await service.outbox.read(TENANT, order.order_id)
            assert [event.sequence for event in events] == list(range(1, len(events) + 1))
            deaths += 1
        else:
            break
    assert deaths >= 15


async def test_a_document_of_a_key_that_the_erased_order_comes_to_have_goes_too() -> None:
    service, order = await a_loss()
    coming = document_key(
        tenant_id=TENANT, created_at=order.created_at, order_id=order.order_id, version=order.version + 1
    )
    await service.documents.put(coming, b"canary")
    await service.use_cases.reapply_erasures().execute()
    assert marked(service) == set()


@pytest.mark.parametrize("where", ["documents", "elsewhere", "letters"])
async def test_what_is_out_of_reach_is_told_and_come_back_to(where: str) -> None:
    service, order = await a_loss()
    getattr(service, where).reachable = False
    done = await service.use_cases.reapply_erasures().execute()
    told = {"letters": "dead-letter queues"}.get(where, order.order_id)
    assert len(done.failed) == 1
    assert done.failed[0].startswith(told)
    getattr(service, where).reachable = True
    assert (await service.use_cases.reapply_erasures().execute()).failed == []
    assert marked(service) == set()


async def test_one_order_s_failure_keeps_no_other_from_being_erased() -> None:
    service = a_service()
    orders = [await cancelled(service, await lived(service, f"key-{number}")) for number in range(3)]
    backup = backed_up(service)
    for order in orders:
        await erased(service, order)
    after = restored(service, backup)
    after.table.damage(ItemKind.ORDER, TENANT, orders[1].order_id)
    done = await after.use_cases.reapply_erasures().execute()
    assert (done.entries, done.erased) == (3, 2)
    assert [failure.partition(":")[0] for failure in done.failed] == [orders[1].order_id]


async def test_an_entry_that_cannot_be_read_is_told() -> None:
    service, order = await a_loss()
    assert isinstance(service.ledger, MemoryErasureLedger)
    service.ledger.damage(TENANT, order.order_id)
    done = await service.use_cases.reapply_erasures().execute()
    assert done.entries == 1
    assert "erasure ledger: the erasure at" in done.failed[0]


async def test_without_the_ledger_nothing_is_done() -> None:
    service, _ = await a_loss()
    assert isinstance(service.ledger, MemoryErasureLedger)
    service.ledger.reachable = False
    before = str(kept_in(service))
    with pytest.raises(TransientPortError, match="erasure ledger"):
        await service.use_cases.reapply_erasures().execute()
    assert str(kept_in(service)) == before


async def test_somebody_who_changes_the_order_meanwhile_loses_nothing() -> None:
    service, order = await a_loss()

    class Changing:
        """A repository in which somebody deletes the order between reading and writing."""

        def __init__(self) -> None:
            self.done = False

        def __getattr__(self, name: str) -> Callable[..., object]:
            return getattr(service.repository, name)  # type: ignore[no-any-return]

        async def save(self, change: object) -> None:
            if not self.done:
                self.done = True
                await service.delete_order.execute(a_caller(Role.ADMIN), order)
            await service.repository.save(change)  # type: ignore[arg-type]

    reapply = service.use_cases.reapply_erasures()
    reapply._repository = Changing()  # type: ignore[assignment]
    assert (await reapply.execute()).failed == []
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.erasure is not None
    assert found.deletion is not None
