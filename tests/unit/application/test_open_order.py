"""Who is shown which order: placed ones, accepted ones, deleted ones ([SEC-2], [API-7])."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orders.application.policy.caller import Caller
from orders.application.policy.errors import NotPlacedYet, OrderNotFound
from orders.application.policy.idempotency import KeyedRequest
from orders.domain.errors import ActionForbidden
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.placing import ReadAmounts, ReadLine
from orders.ports.errors import TransientPortError
from orders.ports.tenants import TenantProfile
from tests.support.builders import a_draft, an_order_id
from tests.support.service import Service, a_caller

KEYED = KeyedRequest("key-1", "POST /v1.0/orders", "fingerprint", lambda _: b"accepted")


async def accepted(service: Service, caller: Caller) -> Order:
    return await service.accept_order.execute(caller, a_draft(), KEYED)


async def test_an_accepted_order_is_there_for_its_customer_and_the_shop() -> None:
    service, owner = Service(), a_caller()
    order = await accepted(service, owner)
    for caller in (owner, a_caller(Role.STAFF)):
        with pytest.raises(NotPlacedYet) as waiting:
            await service.open_order.execute(caller, order.order_id)
        assert waiting.value.acceptance.order_id == order.order_id


@pytest.mark.parametrize("caller", [a_caller(customer_id="another"), a_caller(Role.STAFF, tenant_id="tenant_b")])
async def test_an_accepted_order_does_not_exist_for_others(caller: Caller) -> None:
    service = Service()
    order = await accepted(service, a_caller())
    with pytest.raises(OrderNotFound):
        await service.open_order.execute(caller, order.order_id)


async def test_an_accepted_order_is_refused_to_roles_that_never_may_do_that() -> None:
    service, owner = Service(), a_caller()
    order = await accepted(service, owner)
    with pytest.raises(ActionForbidden):
        await service.open_order.execute(owner, order.order_id, Action.FULFIL)
    with pytest.raises(ActionForbidden):
        await service.open_order.execute(owner, order.order_id, include_deleted=True)


@pytest.mark.parametrize("order_id", ["ord_1", an_order_id(77)])
async def test_what_is_no_order_is_not_found(order_id: str) -> None:
    with pytest.raises(OrderNotFound):
        await Service().open_order.execute(a_caller(), order_id)


async def test_a_deleted_order_is_shown_only_to_who_may_see_it_and_asks() -> None:
    service = Service()
    admin = a_caller(Role.ADMIN)
    order = await service.place_order.execute(a_caller(), a_draft())
    order = await service.change_status.execute(a_caller(), order, Action.CANCEL)
    await service.delete_order.execute(admin, order)
    for caller, asks in ((admin, False), (a_caller(), False), (a_caller(), True)):
        with pytest.raises((OrderNotFound, ActionForbidden)):
            await service.open_order.execute(caller, order.order_id, include_deleted=asks)
    assert (await service.open_order.execute(admin, order.order_id, include_deleted=True)).deletion is not None


AMOUNTS = ReadAmounts(
    (ReadLine(1, Decimal(10), Decimal(0), Decimal(0)),), total=Decimal(11), shipping=Decimal(0), discount=Decimal(0)
)


async def test_amounts_without_a_currency_are_checked_in_the_shops() -> None:
    service = Service()
    (fault,) = await service.place_order.amount_faults(a_caller(), AMOUNTS)
    assert (fault.path, fault.code) == (("total",), "total_mismatch")
    (fault,) = await service.place_order.amount_faults(a_caller(), replace(AMOUNTS, currency="nope"))
    assert fault.path == ("currency",)


async def test_while_the_shops_profile_is_out_of_reach_other_faults_can_still_be_reported() -> None:
    class Away:
        async def profile(self, tenant_id: str) -> TenantProfile:
            raise TransientPortError("templates bucket", f"no profile of {tenant_id}")

    service = Service(tenants=Away())  # type: ignore[arg-type]
    assert await service.place_order.amount_faults(a_caller(), AMOUNTS) == ()
