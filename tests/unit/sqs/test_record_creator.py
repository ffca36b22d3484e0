"""Messages of the record-creator and their effects ([PIPE-6], [API-7])."""

import asyncio
import json
from typing import Any

import pytest

from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.retry_policy import IMPOSSIBLE, PASSING
from orders.adapters.inbound.sqs.workers.record_creator import ANY, RecordCreator, Senders
from orders.adapters.outbound.memory.products import MemoryProductCatalogue, Product
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.application.policy.errors import OrderNotFound
from orders.application.policy.idempotency import KeyedRequest, KeyReused
from orders.domain.errors import InvalidOrder
from orders.domain.identity import derived_order_id
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.ports.errors import TransientPortError
from tests.support.builders import a_draft, an_order_id
from tests.support.service import Service, a_caller
from tests.support.workers import Handler, handled

ORDER = {
    "customer_id": "cust_test_001",
    "items": [{"product_id": "prod_001", "quantity": 2, "price": 29.99}],
    "total": 59.98,
    "currency": "USD",
}
SENDERS = Senders({"AROAIMPORT": "tenant_a", "AROAPORTAL": ANY})


def message(sender: str = "AROAIMPORT:task-1", order: Any = ORDER, **more: Any) -> ReceivedMessage:
    body = {"command": "create-order", "order": order} | more
    return ReceivedMessage("m1", json.dumps(body), "receipt", 1, sender=sender, author=sender)


def creator(service: Service, senders: Senders = SENDERS) -> Handler:
    return handled(RecordCreator(service.place_accepted, service.place_queued, senders))


async def test_an_order_of_another_service_is_placed_once_in_its_senders_tenant() -> None:
    service = Service()
    sent = message(idempotency_key="import/7", traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    for _ in range(3):
        await creator(service)(sent)
    await service.fast_path.drain()
    order_id = derived_order_id(tenant_id="tenant_a", principal="queue:AROAIMPORT", key="import/7")
    order = await service.repository.get("tenant_a", order_id)
    assert order is not None
    assert str(order.totals.total) == "59.98"
    (event,) = service.publisher.published
    assert (event.actor.principal, event.actor.role) == ("queue:AROAIMPORT", "service")
    assert event.traceparent == f"00-{'a' * 32}-{'b' * 16}-01"


async def test_services_say_what_things_cost_also_in_a_shop_without_checked_prices() -> None:
    service = Service(prices_must_be_settled=True)
    order = ORDER | {"discount": 9.98, "shipping": 1, "total": 51.0}
    await creator(service)(message(order_id=an_order_id(), order=order))
    placed = await service.repository.get("tenant_a", an_order_id())
    assert placed is not None
    assert (placed.totals.discount.minor, placed.prices_unchecked) == (998, False)


async def test_many_of_one_order_at_once_place_one() -> None:
    service = Service()
    await asyncio.gather(*(creator(service)(message(idempotency_key="k")) for _ in range(20)))
    assert len(service.table.rows) == 1


async def test_an_order_may_have_an_id_that_its_sender_chose() -> None:
    service = Service()
    chosen = message(order_id=an_order_id(7))
    for _ in range(2):
        await creator(service)(chosen)
    assert list(service.table.rows) == [("tenant_a", an_order_id(7))]


async def test_another_order_under_the_same_key_or_id_is_refused() -> None:
    service = Service()
    other = ORDER | {"notes": "another"}
    await creator(service)(message(idempotency_key="k"))
    with pytest.raises(KeyReused):
        await creator(service)(message(idempotency_key="k", order=other))
    await creator(service)(message(order_id=an_order_id(7)))
    with pytest.raises(KeyReused):
        await creator(service)(message(order_id=an_order_id(7), order=other))


async def test_an_id_that_an_order_over_http_has_is_refused() -> None:
    service = Service()
    order = await service.place_order.execute(a_caller(), a_draft())
    with pytest.raises(KeyReused):
        await creator(service)(message(order_id=order.order_id))


@pytest.mark.parametrize("key", [None, "k"])
async def test_an_id_that_an_order_was_accepted_under_is_refused_until_it_is_placed_and_after(key: str | None) -> None:
    service = Service()
    request = key and KeyedRequest(key, "POST /v1.0/orders", "f", lambda _: KeyedAnswer(202).encode())
    accepted = await service.accept_order.execute(a_caller(), a_draft(notes="accepted"), request or None)
    for _ in range(2):
        with pytest.raises(KeyReused):
            await creator(service)(message(order_id=accepted.order_id))
        await service.place_accepted.execute("tenant_a", accepted.order_id)
    order = await service.repository.get("tenant_a", accepted.order_id)
    assert order is not None
    assert order.notes == "accepted"


async def test_an_id_whose_place_is_claimed_is_refused_and_what_claimed_it_goes_on() -> None:
    service = Service()
    request = KeyedRequest("k", "POST /v1.0/orders", "f", lambda _: KeyedAnswer(202).encode())
    accepted = await service.accept_order.execute(a_caller(), a_draft(), request)
    service.table.accepted.clear()  # as if the process had died before it was kept
    with pytest.raises(KeyReused):
        await creator(service)(message(order_id=accepted.order_id))
    assert not service.table.accepted


async def test_a_sender_of_several_tenants_names_one() -> None:
    service = Service()
    await creator(service)(message("AROAPORTAL:x", idempotency_key="k", tenant_id="tenant_b"))
    assert [tenant for tenant, _ in service.table.rows] == ["tenant_b"]
    with pytest.raises(MessageRefused, match="has to say tenant_id"):
        await creator(service)(message("AROAPORTAL:x", idempotency_key="k"))


@pytest.mark.parametrize(
    ("sender", "tenant", "said"),
    [("AROAIMPORT:x", "tenant_b", "speaks for tenant_a"), ("AROASTRANGER:x", "tenant_a", "ORDER_SENDERS")],
)
async def test_nobody_places_orders_in_a_tenant_that_is_not_theirs(sender: str, tenant: str, said: str) -> None:
    service = Service()
    with pytest.raises(MessageRefused, match=said):
        await creator(service)(message(sender, idempotency_key="k", tenant_id=tenant))
    assert service.table.rows == {}


async def test_locally_everybody_may_for_any_tenant() -> None:
    service = Service()
    await creator(service, Senders({ANY: ANY}))(message("000000000000", idempotency_key="k", tenant_id="tenant_c"))
    assert [tenant for tenant, _ in service.table.rows] == ["tenant_c"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("not json", "not valid JSON"),
        ("[]", "command"),
        ('{"command":"destroy"}', "none of the commands"),
        ({"command": "create-order", "order": ORDER}, "idempotency_key or order_id"),
        ({"command": "create-order", "order": ORDER, "idempotency_key": "k", "order_id": an_order_id()}, "either"),
        ({"command": "create-order", "order": ORDER | {"totl": 1}, "idempotency_key": "k"}, "/order/totl"),
        ({"command": "create-order", "idempotency_key": "k"}, "/order"),
        ({"command": "place-accepted-order", "tenant_id": "tenant_a"}, "/order_id"),
    ],
)
async def test_what_is_no_command_is_refused_with_the_reason(body: Any, said: str) -> None:
    text = body if isinstance(body, str) else json.dumps(body)
    with pytest.raises(MessageRefused, match=said):
        await creator(Service())(ReceivedMessage("m1", text, "receipt", 1, author="AROAIMPORT:x"))


async def test_a_refusal_names_no_value() -> None:
    wrong = ORDER | {"customer": {"email": "thandi@@example.com"}, "notes": "4111 1111 1111 1111"}
    with pytest.raises(MessageRefused) as refusal:
        await creator(Service())(message(order=wrong, idempotency_key="k"))
    assert "/order/customer/email" in refusal.value.reason
    assert "thandi" not in refusal.value.reason
    assert "4111" not in refusal.value.reason


async def test_an_accepted_order_is_placed() -> None:
    service = Service()
    order = await service.accept_order.execute(a_caller(), a_draft())
    command = {"command": "place-accepted-order", "tenant_id": "tenant_a", "order_id": order.order_id}
    accepted = ReceivedMessage("m1", json.dumps(command), "receipt", 1, author="AROAAPI:task")
    for _ in range(2):
        await creator(service)(accepted)
    assert list(service.table.rows) == [("tenant_a", order.order_id)]


async def test_a_command_for_what_was_never_accepted_is_impossible() -> None:
    command = {"command": "place-accepted-order", "tenant_id": "tenant_a", "order_id": an_order_id()}
    with pytest.raises(OrderNotFound):
        await creator(Service())(ReceivedMessage("m1", json.dumps(command), "receipt", 1))


async def test_a_table_out_of_reach_is_a_reason_to_try_again() -> None:
    service = Service()
    service.table.reachable = False
    with pytest.raises(TransientPortError):
        await creator(service)(message(idempotency_key="k"))
    service.table.reachable = True
    await creator(service)(message(idempotency_key="k"))
    assert len(service.table.rows) == 1


async def test_a_service_that_can_not_be_asked_is_a_reason_to_try_again_and_a_refusal_is_not() -> None:
    catalogue = MemoryProductCatalogue()
    service = Service(products=Consulted(catalogue, WhenDown.REFUSE))
    catalogue.reachable = False
    with pytest.raises(TransientPortError) as failure:
        await creator(service)(message(idempotency_key="k"))
    assert isinstance(failure.value, PASSING)
    catalogue.reachable = True
    with pytest.raises(InvalidOrder, match="there is no product prod_001") as refusal:
        await creator(service)(message(idempotency_key="k"))
    assert isinstance(refusal.value, IMPOSSIBLE)
    catalogue.put("tenant_a", Product("prod_001", (Money(2999, Currency.of("USD")),)))
    await creator(service)(message(idempotency_key="k"))
    asked = len(catalogue.asked)
    catalogue.reachable = False
    await creator(service)(message(idempotency_key="k"))
    assert (len(service.table.rows), len(catalogue.asked)) == (1, asked)
