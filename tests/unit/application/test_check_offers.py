"""Orders of a shop whose products and campaigns are asked about ([DOM-7])."""

import asyncio
import logging
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from orders.adapters.outbound.memory.campaigns import Campaign, MemoryCampaigns
from orders.adapters.outbound.memory.products import MemoryProductCatalogue, Product
from orders.adapters.wire.pointers import pointer_of
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.application.policy.idempotency import AlreadyAnswered, KeyedRequest, Preconditions
from orders.domain.errors import IllegalTransition, InvalidOrder
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.placing import Draft
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import CampaignRefusalReason
from orders.domain.revising import Revision, revision_of
from orders.ports.acceptances import AcceptanceState
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import ORDERS_UNCHECKED
from tests.support.builders import a_draft, a_line
from tests.support.service import Service, a_caller

ZAR = Currency.of("ZAR")
CUSTOMER, STAFF = a_caller(), a_caller(Role.STAFF)
ACCEPT, REFUSE = WhenDown.ACCEPT, WhenDown.REFUSE


@dataclass
class Shop:
    """A service whose shop sells ``prod_001`` at 29.99 and runs ``SPRING``: 5.00 off."""

    products: MemoryProductCatalogue
    campaigns: MemoryCampaigns
    service: Service

    def sells(self, price: int = 2999, **more: Any) -> None:
        self.products.put("tenant_a", Product("prod_001", (Money(price, ZAR),), **more))

    async def place(self, draft: Draft | None = None) -> Order:
        return await self.service.place_order.execute(CUSTOMER, draft or a_draft())

    async def update(self, order: Order, revision: Revision, **more: Any) -> Order:
        return await self.service.update_order.execute(CUSTOMER, order, lambda _: revision, **more)


def a_shop(products: WhenDown = REFUSE, campaigns: WhenDown = REFUSE) -> Shop:
    catalogue, marketing = MemoryProductCatalogue(), MemoryCampaigns()
    shop = Shop(
        catalogue,
        marketing,
        Service(products=Consulted(catalogue, products), campaigns=Consulted(marketing, campaigns)),
    )
    shop.sells()
    marketing.put("tenant_a", Campaign("SPRING", amount=Money(500, ZAR)))
    return shop


def with_code(total: str = "54.98", code: str = "SPRING", **overrides: Any) -> Draft:
    return a_draft(campaign_code=code, total=Decimal(total), **overrides)


def keyed(key: str = "k") -> KeyedRequest:
    return KeyedRequest(key, "POST /v1.0/orders", "f", lambda order: order.order_id.encode())


def faults(error: pytest.ExceptionInfo[InvalidOrder]) -> list[tuple[str, str]]:
    return [(pointer_of(fault.path), fault.code) for fault in error.value.faults]


async def test_an_order_that_both_agree_with_is_placed_with_the_discount() -> None:
    shop = a_shop()
    order = await shop.place(with_code())
    kept = await shop.service.repository.get("tenant_a", order.order_id)
    assert kept is not None
    assert (kept.campaign_discount, kept.totals.total) == (Money(500, ZAR), Money(5498, ZAR))
    (asked,) = shop.products.asked
    assert (asked.tenant_id, asked.currency, asked.units) == ("tenant_a", ZAR, {"prod_001": 2})
    (asked_of_campaign,) = shop.campaigns.asked
    assert (asked_of_campaign.order_id, asked_of_campaign.placed_at) == (order.order_id, None)
    assert asked_of_campaign.totals.total == Money(5998, ZAR)


async def test_what_both_have_against_it_comes_at_once_and_nothing_is_kept() -> None:
    shop = a_shop()
    shop.sells(3100, stock=1)
    with pytest.raises(InvalidOrder) as caught:
        await shop.place(with_code(code="AUTUMN"))
    assert faults(caught) == [
        ("/items/0/price", "price_changed"),
        ("/items/0/quantity", "out_of_stock"),
        ("/campaign_code", "campaign_unknown"),
    ]
    assert shop.service.table.rows == {}


async def test_nobody_is_asked_about_what_is_wrong_in_itself() -> None:
    shop = a_shop()
    for draft in (a_draft(currency="XXX", total=Decimal(1)), with_code(lines=(a_line(quantity=0),))):
        with pytest.raises(InvalidOrder):
            await shop.place(draft)
    assert (shop.products.asked, shop.campaigns.asked) == ([], [])


async def test_campaigns_are_asked_about_codes_only() -> None:
    shop = a_shop()
    await shop.place()
    assert shop.campaigns.asked == []


async def test_both_are_asked_at_once() -> None:
    waiting, both = [], asyncio.Event()

    async def meet() -> None:
        waiting.append(1)
        if len(waiting) == 2:
            both.set()
        await both.wait()

    class Products(MemoryProductCatalogue):
        async def offers(self, enquiry: Any) -> Any:
            await meet()
            return await super().offers(enquiry)

    class Marketing(MemoryCampaigns):
        async def judge(self, enquiry: Any) -> Any:
            await meet()
            return await super().judge(enquiry)

    products, campaigns = Products(), Marketing()
    products.put("tenant_a", Product("prod_001", (Money(2999, ZAR),)))
    campaigns.put("tenant_a", Campaign("SPRING", amount=Money(500, ZAR)))
    service = Service(products=Consulted(products, REFUSE), campaigns=Consulted(campaigns, REFUSE))
    order = await service.place_order.execute(CUSTOMER, with_code())
    assert order.campaign_discount == Money(500, ZAR)


async def test_a_repeated_request_is_answered_again_whatever_prices_are_now() -> None:
    shop = a_shop()
    order = await shop.service.place_order.execute(CUSTOMER, a_draft(), keyed())
    shop.sells(9900)
    shop.products.reachable = False
    with pytest.raises(AlreadyAnswered) as again:
        await shop.service.place_order.execute(CUSTOMER, a_draft(), keyed())
    assert again.value.answer == order.order_id.encode()
    assert len(shop.products.asked) == 1


async def test_refused_until_the_product_service_is_back() -> None:
    shop = a_shop(products=REFUSE)
    shop.products.reachable = False
    with pytest.raises(TransientPortError) as caught:
        await shop.place()
    assert caught.value.dependency == "product service"
    assert shop.service.table.rows == {}
    assert shop.service.counters.of(ORDERS_UNCHECKED) == 0
    shop.products.reachable = True
    await shop.place()
    assert len(shop.service.table.rows) == 1


async def test_accepted_unchecked_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    shop = a_shop(products=ACCEPT)
    shop.sells(9900)
    shop.products.reachable = False
    with caplog.at_level(logging.WARNING):
        order = await shop.place()
    assert shop.service.counters.of(ORDERS_UNCHECKED, dependency="product service") == 1
    assert f"order {order.order_id} of tenant tenant_a goes on unchecked: product service" in caplog.text


async def test_what_the_other_service_says_counts_all_the_same() -> None:
    shop = a_shop(products=ACCEPT)
    shop.products.reachable = False
    with pytest.raises(InvalidOrder) as caught:
        await shop.place(with_code(code="AUTUMN"))
    assert faults(caught) == [("/campaign_code", "campaign_unknown")]


@pytest.mark.parametrize("total", ["54.98", "59.98"])
async def test_refused_until_the_campaigns_service_is_back(total: str) -> None:
    shop = a_shop(campaigns=REFUSE)
    shop.campaigns.reachable = False
    with pytest.raises(TransientPortError) as caught:
        await shop.place(with_code(total))
    assert caught.value.dependency == "campaigns service"
    await shop.place()
    assert len(shop.service.table.rows) == 1, "without a code nobody has to be asked"


async def test_accepted_without_the_discount_that_nobody_confirms() -> None:
    shop = a_shop(campaigns=ACCEPT)
    shop.campaigns.reachable = False
    order = await shop.place(with_code("59.98"))
    assert (order.campaign_code, order.campaign_discount) == ("SPRING", None)
    assert shop.service.counters.of(ORDERS_UNCHECKED, dependency="campaigns service") == 1


async def test_a_total_alone_grants_no_discount_in_an_outage() -> None:
    shop = a_shop(campaigns=ACCEPT)
    shop.campaigns.reachable = False
    with pytest.raises(TransientPortError):
        await shop.place(with_code("0.01"))
    with pytest.raises(InvalidOrder) as caught:
        await shop.place(with_code("60.00"))
    assert faults(caught) == [("/total", "total_mismatch")]
    assert shop.service.table.rows == {}


async def test_it_is_checked_before_it_is_accepted() -> None:
    shop = a_shop()
    shop.sells(3100)
    with pytest.raises(InvalidOrder) as caught:
        await shop.service.accept_order.execute(CUSTOMER, a_draft())
    assert faults(caught) == [("/items/0/price", "price_changed")]
    shop.products.reachable = False
    with pytest.raises(TransientPortError):
        await shop.service.accept_order.execute(CUSTOMER, a_draft())
    assert shop.service.table.accepted == {}


async def test_an_accepted_order_is_checked_again_when_placed() -> None:
    shop = a_shop()
    order = await shop.service.accept_order.execute(CUSTOMER, with_code())
    shop.sells(3100)
    await shop.service.place_accepted.execute("tenant_a", order.order_id)
    acceptance = await shop.service.acceptances.get("tenant_a", order.order_id)
    assert acceptance is not None
    assert acceptance.state is AcceptanceState.REJECTED
    assert [fault.message for fault in acceptance.faults] == ["prod_001 costs 31.00 ZAR now, not 29.99 ZAR"]


async def test_an_outage_in_between_delays_it() -> None:
    shop = a_shop()
    order = await shop.service.accept_order.execute(CUSTOMER, with_code())
    shop.products.reachable = False
    for _ in range(2):
        with pytest.raises(TransientPortError):
            await shop.service.place_accepted.execute("tenant_a", order.order_id)
    shop.products.reachable = True
    await shop.service.place_accepted.execute("tenant_a", order.order_id)
    kept = await shop.service.repository.get("tenant_a", order.order_id)
    assert kept is not None
    assert kept.campaign_discount == Money(500, ZAR)


async def test_placed_once_it_is_not_asked_about_again() -> None:
    shop = a_shop()
    order = await shop.service.accept_order.execute(CUSTOMER, a_draft())
    accepted = shop.service.table.accepted["tenant_a", order.order_id]
    await shop.service.place_accepted.execute("tenant_a", order.order_id)
    # As if the process had died before noting it; and by now it would be refused.
    shop.service.table.accepted["tenant_a", order.order_id] = accepted
    shop.sells(3100)
    await shop.service.place_accepted.execute("tenant_a", order.order_id)
    assert shop.service.table.accepted["tenant_a", order.order_id].state is AcceptanceState.PLACED


def more_of_it(order: Order, quantity: int, total: str) -> Revision:
    revision = revision_of(order)
    return replace(revision, lines=(replace(revision.lines[0], quantity=quantity),), total=Decimal(total))


async def test_what_is_added_is_checked() -> None:
    shop = a_shop()
    order = await shop.place()
    shop.sells(2999, stock=0)
    with pytest.raises(InvalidOrder) as caught:
        await shop.update(order, more_of_it(order, 3, "89.97"))
    assert faults(caught) == [("/items/0/quantity", "out_of_stock")]
    shop.sells(2999, stock=1)
    assert (await shop.update(order, more_of_it(order, 3, "89.97"))).lines[0].quantity == 3
    assert shop.products.asked[-1].units == {"prod_001": 1}


async def test_what_stays_or_shrinks_needs_nobodys_consent() -> None:
    shop = a_shop()
    order = await shop.place()
    shop.products.reachable = shop.campaigns.reachable = False
    asked = len(shop.products.asked)
    order = await shop.update(order, replace(revision_of(order), notes="ring twice"))
    assert (await shop.update(order, more_of_it(order, 1, "29.99"))).lines[0].quantity == 1
    assert len(shop.products.asked) == asked


async def test_the_campaign_is_asked_again_about_other_lines() -> None:
    shop = a_shop()
    shop.campaigns.put("tenant_a", Campaign("TENTH", rate=Decimal("0.1")))
    order = await shop.place(with_code("53.98", code="TENTH"))
    order = await shop.update(order, more_of_it(order, 1, "26.99"))
    assert (order.campaign_discount, order.totals.total) == (Money(300, ZAR), Money(2699, ZAR))
    asked = shop.campaigns.asked[-1]
    assert (asked.order_id, asked.placed_at, asked.totals.discount) == (
        order.order_id,
        order.created_at,
        Money(0, ZAR),
    )


async def test_an_ended_campaign_holds_nobody_to_their_items() -> None:
    shop = a_shop()
    order = await shop.place(with_code())
    shop.campaigns.put("tenant_a", Campaign("SPRING", refuses=CampaignRefusalReason.EXPIRED))
    with pytest.raises(InvalidOrder, match="the campaign SPRING has expired"):
        await shop.update(order, more_of_it(order, 1, "24.99"))
    order = await shop.update(order, more_of_it(order, 1, "29.99"))
    assert order.campaign_discount is None


async def test_events_tell_of_the_campaign_as_their_schemas_promise() -> None:
    shop = a_shop()
    order = await shop.place(with_code())
    shop.campaigns.put("tenant_a", Campaign("SPRING", refuses=CampaignRefusalReason.EXPIRED))
    await shop.update(order, more_of_it(order, 1, "29.99"))
    await shop.service.fast_path.drain()
    # The publisher takes none that isn't as promised.
    published = [(event.sequence, event.data["campaign_discount"]) for event in shop.service.publisher.published]
    assert published == [(1, "5.00"), (2, None)]


async def test_an_outage_gives_and_takes_nothing() -> None:
    shop = a_shop(campaigns=ACCEPT)
    order = await shop.place(with_code())
    shop.campaigns.reachable = False
    with pytest.raises(TransientPortError):
        await shop.update(order, more_of_it(order, 1, "24.99"))
    assert (await shop.service.repository.get("tenant_a", order.order_id)) == order


async def test_who_may_not_change_it_causes_no_question() -> None:
    shop = a_shop()
    order = await shop.place()
    order = await shop.service.change_status.execute(STAFF, order, Action.CANCEL)
    asked = len(shop.products.asked)
    with pytest.raises(IllegalTransition):
        await shop.update(order, more_of_it(order, 3, "89.97"))
    assert len(shop.products.asked) == asked


async def test_a_repeated_update_is_answered_again() -> None:
    shop = a_shop()
    order = await shop.place()
    terms = Preconditions(request=keyed())
    revision = more_of_it(order, 3, "89.97")
    changed = await shop.update(order, revision, terms=terms)
    shop.sells(9900)
    with pytest.raises(AlreadyAnswered):
        await shop.update(changed, revision, terms=terms)


async def test_fifty_at_once_are_all_decided_on_what_was_so() -> None:
    shop = a_shop()
    order = await shop.place()

    async def one_more(number: int) -> None:
        def plan(current: Order) -> Revision:
            revision = revision_of(current)
            line = replace(revision.lines[0], quantity=revision.lines[0].quantity + 1)
            total = (revision.total or Decimal(0)) + line.price
            return replace(revision, lines=(line,), total=total, metadata=((str(number), ""),))

        await shop.service.update_order.execute(CUSTOMER, order, plan)

    await asyncio.gather(*(one_more(number) for number in range(20)))
    kept = await shop.service.repository.get("tenant_a", order.order_id)
    assert kept is not None
    assert kept.lines[0].quantity == 22
