"""Scrubbing what is kept of an erased order: dying anywhere, coming twice, and others who write meanwhile."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orders.adapters.inbound.sqs.retry_policy import RetryPolicy
from orders.adapters.outbound.memory.document_store import MemoryDocumentStore
from orders.adapters.outbound.memory.erasure_ledger import MemoryErasureLedger
from orders.adapters.outbound.memory.writer_leases import AlwaysWriter
from orders.adapters.wire.answer_redaction import redacted_answer
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.application.events.publish_events import PublishEvents
from orders.application.operations.dead_letters import LetterFilter
from orders.application.orders.scrub_order import SECOND_PASS_AFTER, PersonalDataStores, ScrubOrder
from orders.application.policy.caller import worker
from orders.application.policy.errors import OrderNotFound
from orders.application.policy.idempotency import KeyedRequest, Preconditions
from orders.contracts.commands import SCRUB_ORDER
from orders.domain.errors import ActionForbidden, IllegalTransition
from orders.domain.events import EventType
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.parts import Customer
from orders.domain.revising import Revision, revision_of
from orders.ports.acceptances import AcceptanceState
from orders.ports.dead_letters import DeadLetter
from orders.ports.erasure_ledger import LedgerEntry
from orders.ports.errors import ItemKind, NotYet, TransientPortError, UnreadableItem
from orders.ports.mail import MailIntent, MailState, MailTemplate
from orders.ports.tenants import TenantProfile
from tests.support.builders import NOON, a_draft, an_address, an_order_id
from tests.support.canaries import CANARY, TellingRenderer, marks_in
from tests.support.crashing_process import Died, Life
from tests.support.service import LEASE, Service, a_caller
from tests.support.workers import Workers, an_event_processor, handled, message

TENANT = "tenant_a"
PDF = worker(TENANT, "pdf-creator")


def marked_draft() -> Any:
    return a_draft(
        notes=f"{CANARY} notes",
        billing_address=an_address(name=CANARY),
        shipping_address=an_address(line1=CANARY),
        customer=Customer(name=CANARY, email=f"{CANARY}@{CANARY}.example"),
        metadata=((CANARY, CANARY),),
    )


def keyed(key: str) -> KeyedRequest:
    """A request whose answer tells the order's notes."""

    def respond(order: Order) -> bytes:
        body = b'{"notes":"%s","reason":"%s"}' % ((order.notes or "").encode(), CANARY.encode())
        return KeyedAnswer(200, (), body).encode()

    return KeyedRequest(key, "POST /v1.0/orders", "f", respond)


async def a_life(service: Service) -> Order:
    """An accepted order that was placed by somebody who died before noting so, rendered, mailed, cancelled, erased.

    Its last events still wait to be published.
    """
    order = await service.accept_order.execute(a_caller(), marked_draft(), keyed("create"))
    kept = await service.acceptances.get(TENANT, order.order_id)
    await service.place_accepted.execute(TENANT, order.order_id)
    assert kept is not None
    service.table.accepted[TENANT, order.order_id] = replace(
        kept, receipt=replace(kept.receipt, answer=keyed("").respond(order)) if kept.receipt else None
    )
    await service.fast_path.drain()
    await Workers(service).settle()
    service.publisher.refuse = lambda _: "the bus is busy"
    order = await service.open_order.execute(a_caller(), order.order_id)
    order = await service.change_status.execute(
        a_caller(), order, Action.CANCEL, reason=f"{CANARY} changed her mind", terms=Preconditions(request=keyed("end"))
    )
    order = await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    await service.fast_path.drain()
    service.publisher.refuse = lambda _: None
    if isinstance(service.elsewhere, MemoryDocumentStore):
        service.elsewhere.versions += service.documents.versions
    dead_letter(service, {"command": "create_order", "order_id": order.order_id, "order": {"notes": CANARY}})
    return order


def dead_letter(service: Service, body: dict[str, Any]) -> None:
    """Give up a message."""
    service.letters.dead_letter(DeadLetter("record-creator", f"m{body['order_id']}", json.dumps(body), NOON))


def a_service(**more: Any) -> Service:
    """A service in two regions, whose documents hold all that a real one prints."""
    return Service(renderer=TellingRenderer(), elsewhere=MemoryDocumentStore(), **more)


def kept_in(service: Service) -> dict[str, Any]:
    return {
        "events waiting": [row.waiting for row in service.table.rows.values()],
        "events": service.table._log,
        "acceptances": service.table.accepted,
        "mails": service.intents._entries,
        "documents": service.documents.versions,
        "documents elsewhere": getattr(service.elsewhere, "versions", []),
        "dead letters": [kept.letter.body for queue in service.letters._kept.values() for kept in queue.values()],
    }


def marked(service: Service) -> set[str]:
    return {where for where, what in kept_in(service).items() if marks_in(what)}


def scrubbing(service: Service, life: Life) -> ScrubOrder:
    """The use case in a process with that much life."""
    outbox = life.of(service.outbox)
    return ScrubOrder(
        life.of(service.repository),
        PersonalDataStores(
            outbox,
            life.of(service.acceptances),
            life.of(service.intents),
            [life.of(service.documents), life.of(service.elsewhere)],
            life.of(service.use_cases.dead_letters()),
            life.of(service.ledger),
        ),
        PublishEvents(outbox, life.of(service.publisher), service.counters, AlwaysWriter()),
        life.of(service.scrub_requests),
        redacted_answer,
    )


async def test_a_pass_finds_everything() -> None:
    service = a_service()
    order = await a_life(service)
    assert marked(service) == kept_in(service).keys()
    await service.scrub_order.execute(TENANT, order.order_id)
    assert marked(service) == set()
    assert service.scrub_requests.requested == [(TENANT, order.order_id, SECOND_PASS_AFTER)]
    acceptance = await service.acceptances.get(TENANT, order.order_id)
    assert acceptance is not None
    assert (acceptance.state, acceptance.draft) == (AcceptanceState.PLACED, None)
    assert [event.type for event in service.publisher.published][-2:] == [EventType.CANCELLED, EventType.ERASED]


@pytest.mark.parametrize("after", [False, True])
async def test_whoever_dies_at_any_call_is_followed_by_one_who_finishes(after: bool) -> None:
    deaths = 0
    while True:
        service = a_service()
        order = await a_life(service)
        try:
            await scrubbing(service, Life(deaths, after)).execute(TENANT, order.order_id)
        except Died:
            await service.scrub_order.execute(TENANT, order.order_id)
            assert marked(service) == set(), f"died at call {deaths + 1}"
            assert service.scrub_requests.requested
            events = await service.outbox.read(TENANT, order.order_id)
            assert [event.sequence for event in events] == list(range(1, order.sequence + 1))
            deaths += 1
        else:
            break
    assert deaths >= 16


async def test_again_and_again_it_has_the_effect_of_once() -> None:
    service = a_service()
    order = await a_life(service)
    await service.scrub_order.execute(TENANT, order.order_id)
    before = str(kept_in(service))
    await service.scrub_order.execute(TENANT, order.order_id)
    await service.scrub_order.execute(TENANT, order.order_id, again=False)
    assert str(kept_in(service)) == before
    assert len(service.scrub_requests.requested) == 2


async def test_what_the_bus_does_not_take_keeps_nothing_else_from_being_scrubbed() -> None:
    service = a_service()
    order = await a_life(service)
    service.publisher.refuse = lambda event: "too large" if event.type is EventType.CANCELLED else None
    with pytest.raises(TransientPortError, match="1 events of order") as failure:
        await service.scrub_order.execute(TENANT, order.order_id)
    assert failure.value.dependency == "event bus"
    assert marked(service) == {"events waiting"}
    assert service.scrub_requests.requested == []
    service.publisher.refuse = lambda _: None
    await service.scrub_order.execute(TENANT, order.order_id)
    assert marked(service) == set()


@pytest.mark.parametrize("where", ["documents", "elsewhere", "intents", "table", "scrub_requests", "letters", "ledger"])
async def test_what_is_out_of_reach_is_come_back_to(where: str) -> None:
    service = a_service()
    order = await a_life(service)
    getattr(service, where).reachable = False
    with pytest.raises(TransientPortError):
        await service.scrub_order.execute(TENANT, order.order_id)
    assert service.scrub_requests.requested == []
    getattr(service, where).reachable = True
    await service.scrub_order.execute(TENANT, order.order_id)
    assert marked(service) == set()


async def test_nothing_of_an_order_that_is_not_erased_is_touched() -> None:
    service = a_service()
    order = await service.place_order.execute(a_caller(), marked_draft(), keyed("create"))
    await Workers(service).settle()
    before = str(kept_in(service))
    with pytest.raises(NotYet, match="is not erased"):
        await service.scrub_order.execute(TENANT, order.order_id)
    with pytest.raises(OrderNotFound):
        await service.scrub_order.execute(TENANT, an_order_id(77))
    assert str(kept_in(service)) == before


async def test_a_log_with_a_gap_is_not_taken_for_scrubbed() -> None:
    service = a_service()
    order = await a_life(service)
    lost = service.table.log(TENANT, order.order_id).pop(1)
    with pytest.raises(NotYet, match="event 1 of order"):
        await service.scrub_order.execute(TENANT, order.order_id)
    assert service.scrub_requests.requested == []
    service.table.log(TENANT, order.order_id)[1] = lost
    await service.scrub_order.execute(TENANT, order.order_id)
    assert marked(service) == set()


async def test_an_event_that_cannot_be_read_keeps_nothing_else_from_being_scrubbed_and_is_told_of() -> None:
    service = a_service()
    order = await a_life(service)
    events = dict(service.table.log(TENANT, order.order_id))
    service.table.damage(ItemKind.EVENT, TENANT, order.order_id, 1)
    with pytest.raises(UnreadableItem):
        await service.scrub_order.execute(TENANT, order.order_id)
    after = service.table.log(TENANT, order.order_id)
    assert after[1] == events[1]
    assert all(event == service.scrub_order._redacted(event) for sequence, event in after.items() if sequence != 1)
    assert service.scrub_requests.requested == []
    service.table._damaged.clear()
    await service.scrub_order.execute(TENANT, order.order_id)
    assert marked(service) == set()


async def test_a_long_log_is_gone_through_to_its_end() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), marked_draft())

    def another_note(current: Order) -> Revision:
        return replace(revision_of(current), notes=f"{current.notes}.")

    for number in range(120):
        terms = Preconditions(request=keyed(f"update-{number}"))
        order = await service.update_order.execute(a_caller(), order, another_note, terms=terms)
        await service.fast_path.drain()
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL, reason=CANARY)
    order = await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    await service.scrub_order.execute(TENANT, order.order_id)
    assert order.sequence == 123
    assert marked(service) == set()


async def test_the_other_region_out_of_reach_keeps_nothing_else_from_being_scrubbed() -> None:
    service = a_service()
    order = await a_life(service)
    assert isinstance(service.elsewhere, MemoryDocumentStore)
    service.elsewhere.reachable = False
    with pytest.raises(TransientPortError, match="documents bucket"):
        await service.scrub_order.execute(TENANT, order.order_id)
    assert marked(service) == {"documents elsewhere"}
    assert service.scrub_requests.requested == []


async def test_only_dead_letters_about_the_order_are_deleted() -> None:
    service = a_service()
    order = await a_life(service)
    for order_id, tenant in ((order.order_id, "another_shop"), (an_order_id(77), TENANT), (an_order_id(78), TENANT)):
        dead_letter(service, {"command": "place_accepted", "tenant_id": tenant, "order_id": order_id})
    await service.scrub_order.execute(TENANT, order.order_id)
    left, _ = await service.use_cases.dead_letters().list(service.letters.names, LetterFilter())
    assert sorted(json.loads(each.body)["tenant_id"] for each in left) == ["another_shop", TENANT, TENANT]


async def test_an_order_that_an_earlier_release_erased_is_entered_in_the_ledger() -> None:
    service = a_service()
    order = await a_life(service)
    assert order.erasure is not None
    service.ledger = MemoryErasureLedger()
    await scrubbing(service, Life(10_000, after=False)).execute(TENANT, order.order_id)
    entry = LedgerEntry(TENANT, order.order_id, order.erasure.at, "admin-principal")
    assert (await service.ledger.page()).entries == [entry]


# -- the ledger first --------------------------------------------------------------------------------------------------


async def test_an_erasure_is_in_the_ledger_before_anything_is_erased() -> None:
    service = a_service()
    order = await ended(service)
    service.table.reachable = False
    with pytest.raises(TransientPortError, match="orders table"):
        await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    service.table.reachable = True
    assert [each.order_id for each in (await service.ledger.page()).entries] == [order.order_id]
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.erasure is None


async def test_nothing_is_erased_while_the_ledger_is_out_of_reach() -> None:
    ledger = MemoryErasureLedger()
    service = a_service(ledger=ledger)
    order = await ended(service)
    ledger.reachable = False
    with pytest.raises(TransientPortError, match="erasure ledger"):
        await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert marks_in(found)


async def test_what_may_not_be_erased_is_not_in_the_ledger() -> None:
    service = a_service()
    order = await service.place_order.execute(a_caller(), marked_draft())
    with pytest.raises(IllegalTransition):
        await service.erase_personal_data.execute(a_caller(Role.ADMIN), order)
    with pytest.raises(ActionForbidden):
        await service.erase_personal_data.execute(a_caller(), await ended(service))
    assert (await service.ledger.page()).entries == []


async def test_erased_twice_it_is_in_the_ledger_once() -> None:
    service = a_service()
    order = await service.erase_personal_data.execute(a_caller(Role.ADMIN), await ended(service))
    await service.erase_personal_data.execute(a_caller(Role.OPERATOR), order)
    (entry,) = (await service.ledger.page()).entries
    assert order.erasure is not None
    assert (entry.at, entry.by) == (order.erasure.at, order.erasure.by)


# -- others who write meanwhile ----------------------------------------------------------------------------------------


async def ended(service: Service) -> Order:
    order = await service.place_order.execute(a_caller(), marked_draft())
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL, reason=CANARY)
    await service.fast_path.drain()
    return order


async def erased(service: Service, order: Order) -> None:
    """Erase the order and scrub it once."""
    current = await service.repository.get(TENANT, order.order_id)
    assert current is not None
    await service.erase_personal_data.execute(a_caller(Role.ADMIN), current)
    await service.fast_path.drain()
    await service.scrub_order.execute(TENANT, order.order_id)


async def second_pass(service: Service) -> None:
    """Deliver the command that the first one has sent, and no event."""
    ((tenant_id, order_id, _),) = service.scrub_requests.requested
    service.scrub_requests.requested.clear()
    body = {"command": SCRUB_ORDER, "tenant_id": tenant_id, "order_id": order_id}
    await handled(an_event_processor(service))(message(body))


class SlowRenderer(TellingRenderer):
    """A renderer during whose first work something else happens."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        pdf = await super().render(order, tenant)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return pdf


class SlowStore(MemoryDocumentStore):
    """A bucket on the way to which something else happens, once."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def put(self, key: str, pdf: bytes, *, expires_at: datetime | None = None) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().put(key, pdf, expires_at=expires_at)


async def test_a_document_that_is_being_rendered_while_the_order_is_erased_is_thrown_away() -> None:
    renderer = SlowRenderer()
    service = Service(renderer=renderer)
    order = await ended(service)
    renderer.meanwhile = lambda: erased(service, order)
    await service.render_document.execute(PDF, order.order_id)
    assert service.documents.versions == []
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.document is None
    await service.render_document.execute(PDF, order.order_id)
    assert [key.rpartition("/")[2] for key, _ in service.documents.versions] == ["3.pdf"]


async def test_a_document_that_is_no_longer_what_is_printed_is_thrown_away() -> None:
    renderer = SlowRenderer()
    service = Service(renderer=renderer)
    order = await service.place_order.execute(a_caller(), marked_draft())

    async def update() -> None:
        await service.update_order.execute(
            a_caller(), order, lambda current: replace(revision_of(current), notes="another")
        )

    renderer.meanwhile = update
    await service.render_document.execute(PDF, order.order_id)
    assert service.documents.versions == []
    await service.render_document.execute(PDF, order.order_id)
    assert [key.rpartition("/")[2] for key, _ in service.documents.versions] == ["2.pdf"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_document_of_an_order_that_is_deleted_meanwhile_is_nobodys_trouble(late: bool) -> None:
    renderer, bucket = SlowRenderer(), SlowStore()
    service = Service(renderer=renderer, documents=bucket)
    order = await ended(service)

    async def delete() -> None:
        await service.delete_order.execute(a_caller(Role.ADMIN), order)

    (bucket if late else renderer).meanwhile = delete
    await service.render_document.execute(PDF, order.order_id)
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.deletion is not None
    assert found.document is None, "what is deleted changes no more"
    assert len(service.documents.versions) == int(late)


async def test_a_document_on_its_way_to_the_bucket_while_the_order_is_erased_goes_with_the_second_pass() -> None:
    bucket = SlowStore()
    service = Service(renderer=TellingRenderer(), documents=bucket)
    order = await ended(service)
    bucket.meanwhile = lambda: erased(service, order)
    await service.render_document.execute(PDF, order.order_id)
    assert marked(service) == {"documents"}
    found = await service.repository.get(TENANT, order.order_id)
    assert found is not None
    assert found.document is None, "what was erased is not put on record"
    workers = Workers(service)
    await workers.settle()
    await workers.let_time_pass()
    assert marked(service) == set()
    assert len(bucket.documents) == 1


async def test_a_mail_on_its_way_while_the_order_is_erased_leaves_no_hint_after_the_second_pass() -> None:
    service = Service(renderer=TellingRenderer())
    order = await ended(service)
    intent = MailIntent(TENANT, order.order_id, 2, MailTemplate.ORDER_CANCELLED, f"{CANARY}@{CANARY}.example")
    await service.intents.claim(intent, now=NOON, lease=LEASE)
    await erased(service, order)
    assert marked(service) == set()
    await service.intents.finish(intent, MailState.FAILED, at=NOON, detail=f"{CANARY} is not known here")
    assert marked(service) == {"mails"}
    await second_pass(service)
    assert marked(service) == set()
    (record,) = await service.intents.of_order(TENANT, order.order_id)
    assert (record.state, record.recipient_hint, record.detail) == (MailState.FAILED, "[erased]", "[erased]")


async def test_an_event_that_somebody_is_just_settling_does_not_come_back() -> None:
    service = Service(renderer=TellingRenderer())
    order = await a_life(service)
    waiting = await service.outbox.waiting(TENANT, order.order_id)
    await service.scrub_order.execute(TENANT, order.order_id)
    for event in waiting:
        await service.outbox.settle(event)
    assert marks_in(waiting)
    assert marked(service) == set()


@pytest.mark.parametrize("event", [EventType.DOCUMENT_READY, EventType.CANCELLED])
async def test_nobody_is_written_to_about_an_erased_order(event: EventType) -> None:
    service = Service(renderer=TellingRenderer())
    order = await ended(service)
    await erased(service, order)
    await service.notify_customer.execute(TENANT, order.order_id, event, 2)
    assert service.sender.sent == []
    assert await service.intents.of_order(TENANT, order.order_id) == []


async def test_the_second_pass_asks_for_no_third() -> None:
    service = Service()
    order = await ended(service)
    await erased(service, order)
    await second_pass(service)
    assert service.scrub_requests.requested == []


def test_the_second_pass_comes_when_whoever_read_the_order_before_has_ended() -> None:
    assert RetryPolicy().attempt_limit < SECOND_PASS_AFTER <= timedelta(minutes=15)
