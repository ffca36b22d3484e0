"""Rules of prices in a caller's order, whichever way it is placed ([SEC-10])."""

import logging
from dataclasses import replace
from decimal import Decimal

import pytest

from orders.adapters.outbound.memory.clock import FixedClock
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.products import MemoryProductCatalogue, Product
from orders.adapters.outbound.memory.tenant_directory import MemoryTenantDirectory
from orders.adapters.outbound.memory.tenant_files import MemoryOrderingTenants, MemoryTenantFiles
from orders.application.operations.check_tenants import CheckTenants, TenantVerdict
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.application.orders.place_order import PlaceOrder
from orders.application.orders.price_terms import PriceTerms
from orders.application.policy.caller import Caller
from orders.application.policy.errors import ShopNotReady
from orders.domain.errors import InvalidOrder
from orders.domain.lifecycle import Role
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.price_rules import PriceRules
from orders.domain.revising import revision_of
from orders.ports.acceptances import Acceptance, AcceptanceState
from orders.ports.errors import TransientPortError
from orders.ports.tenants import TenantFile, TenantProfile
from tests.support.builders import NOON, a_draft, a_line, a_tenant, an_order_id
from tests.support.service import Service, a_caller

ZAR = Currency.of("ZAR")
CUSTOMER, STAFF = a_caller(), a_caller(Role.STAFF)
TAXED = PriceRules(tax_rates=frozenset({Decimal("0.15")}))


def a_service(rules: PriceRules = TAXED, **more: object) -> Service:
    service = Service(**more)  # type: ignore[arg-type]
    service.tenants.profiles["tenant_a"] = replace(a_tenant(), price_rules=rules)
    return service


def accepted(draft: object, roles: frozenset[Role]) -> Acceptance:
    """Accepts the draft as a release without these rules did."""
    return Acceptance(
        tenant_id="tenant_a",
        order_id=an_order_id(),
        customer_id="cust_test_001",
        principal="cust_test_001",
        roles=roles,
        accepted_at=NOON,
        draft=draft,  # type: ignore[arg-type]
        caller_customer_id="cust_test_001",
    )


@pytest.mark.parametrize(("role", "state"), [(Role.CUSTOMER, "rejected"), (Role.STAFF, "placed")])
async def test_what_was_accepted_is_placed_by_the_rules_of_who_sent_it(role: Role, state: str) -> None:
    service = a_service(PriceRules())
    await service.acceptances.add(accepted(a_draft(discount=Decimal(1)), frozenset({role})))
    await service.place_accepted.execute("tenant_a", an_order_id())
    kept = await service.acceptances.get("tenant_a", an_order_id())
    assert kept is not None
    assert kept.state == state
    assert [fault.code for fault in kept.faults] == (["discount_not_allowed"] if state == "rejected" else [])


async def test_what_a_shop_takes_no_longer_is_rejected_with_that_reason() -> None:
    service = a_service(prices_must_be_settled=True)
    await service.acceptances.add(accepted(a_draft(), frozenset({Role.CUSTOMER})))
    await service.place_accepted.execute("tenant_a", an_order_id())
    kept = await service.acceptances.get("tenant_a", an_order_id())
    assert kept is not None
    assert (kept.state, [fault.code for fault in kept.faults]) == (AcceptanceState.REJECTED, ["shop_not_ready"])


async def test_nobody_is_asked_about_the_profile_of_who_acts_for_the_shop() -> None:
    directory = MemoryTenantDirectory()
    directory.reachable = False
    terms = PriceTerms(directory, prices_must_be_settled=True)
    terms.check_ready(STAFF, await terms.rules(STAFF))
    with pytest.raises(TransientPortError):
        await terms.rules(CUSTOMER)


async def test_one_who_is_operator_and_customer_orders_as_a_customer() -> None:
    both = Caller("tenant_a", "p", frozenset({Role.CUSTOMER, Role.OPERATOR}), customer_id="cust_test_001")
    with pytest.raises(InvalidOrder, match="a customer can't give a discount"):
        await a_service(PriceRules()).place_order.execute(both, a_draft(discount=Decimal(1)))


async def test_the_same_key_again_is_answered_whatever_the_rules_are_by_now() -> None:
    service = a_service(PriceRules())
    rules: PlaceOrder = service.place_order
    order = await rules.execute(CUSTOMER, a_draft())
    service.tenants.profiles["tenant_a"] = replace(a_tenant(), price_rules=TAXED)
    changed = await service.update_order.execute(CUSTOMER, order, lambda now: replace(revision_of(now), notes="x"))
    assert changed.notes == "x", "its tax rate was right when it was agreed on"


# -- when the product service does not answer ----------------------------------------------------------------------


async def test_unchecked_by_an_outage_is_said_so_and_gives_nothing_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    catalogue = MemoryProductCatalogue()
    service = a_service(PriceRules(), products=Consulted(catalogue, WhenDown.ACCEPT), prices_must_be_settled=False)
    catalogue.put("tenant_a", Product("prod_001", (Money(2999, ZAR),)))
    catalogue.put("tenant_a", Product("gift", (Money(0, ZAR),)))
    gift = a_draft(lines=(a_line(), a_line(product_id="gift", price=Decimal(0))))
    assert not (await service.place_order.execute(CUSTOMER, gift)).prices_unchecked
    catalogue.reachable = False
    assert (await service.place_order.execute(CUSTOMER, a_draft())).prices_unchecked
    assert (await service.place_order.execute(STAFF, a_draft())).prices_unchecked
    with pytest.raises(InvalidOrder, match="gift is not free"):
        await service.place_order.execute(CUSTOMER, gift)


# -- which shops are not ready -------------------------------------------------------------------------------------


def checking(*files: TenantFile, checked: bool = False, named: tuple[str, ...] = ()) -> CheckTenants:
    return CheckTenants(
        MemoryTenantFiles(files),
        MemoryOrderingTenants(MemoryTable()),
        FixedClock(NOON),
        prices_checked=checked,
        named=named,
    )


def profile(tenant_id: str, rules: PriceRules) -> TenantFile:
    return TenantFile(tenant_id, TenantProfile(tenant_id, tenant_id, price_rules=rules))


async def test_each_shop_is_told_with_why() -> None:
    files = (
        profile("ready", PriceRules(as_ordered=True)),
        profile("silent", TAXED),
        TenantFile("broken", fault="name: Field required"),
        TenantFile("bare"),
    )
    assert await checking(*files, named=("client",)).execute(days=7, also=["other"]) == [
        TenantVerdict("bare", False, "it has no profile"),
        TenantVerdict("broken", False, "its profile can't be used", "name: Field required"),
        TenantVerdict("client", False, "it has no profile"),
        TenantVerdict("other", False, "it has no profile"),
        TenantVerdict("ready", True, "its profile says prices: as_ordered"),
        TenantVerdict("silent", False, "its profile says nothing of prices"),
    ]
    assert all(each.ready for each in await checking(*files, checked=True).execute(days=7))


async def test_a_shop_that_nobody_has_set_up_is_found_by_its_orders() -> None:
    service = Service(prices_must_be_settled=False)
    await service.place_order.execute(CUSTOMER, a_draft())
    ordering = MemoryOrderingTenants(service.table)
    check = CheckTenants(MemoryTenantFiles(), ordering, FixedClock(NOON), prices_checked=False)
    assert [each.tenant_id for each in await check.execute(days=1)] == ["tenant_a"]
    assert await check.execute(days=0) == []


async def test_the_refusal_says_nothing_of_others() -> None:
    with pytest.raises(ShopNotReady) as caught:
        await a_service(prices_must_be_settled=True).place_order.execute(CUSTOMER, a_draft())
    assert "tenant_a" not in str(caught.value)
