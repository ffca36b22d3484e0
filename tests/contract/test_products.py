"""The contract of ``ProductCatalogue``, in memory and over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress, open_session
from orders.adapters.outbound.catalog_http.products import HttpProductCatalogue
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.products import MemoryProductCatalogue, Product
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.domain.pricing.offer_checks import Offer
from orders.ports.errors import TransientPortError
from orders.ports.products import ProductCatalogue, ProductEnquiry
from tests.contract.catalog_server import CatalogServer, catalog_server

ZAR, USD, JPY, BHD = (Currency.of(code) for code in ("ZAR", "USD", "JPY", "BHD"))
TRACE = f"00-{'a' * 32}-{'b' * 16}-01"


@dataclass
class Catalogue:
    """The adapter under test, and the products that it is to find."""

    port: ProductCatalogue
    stocked: MemoryProductCatalogue
    server: CatalogServer | None = None


@pytest.fixture(params=["memory", "http"])
async def catalogue(request: pytest.FixtureRequest) -> AsyncIterator[Catalogue]:
    if request.param == "memory":
        stocked = MemoryProductCatalogue()
        yield Catalogue(stocked, stocked)
        return
    async with catalog_server() as server, open_session() as session:
        address = ServiceAddress("product service", server.url, timedelta(seconds=20), token="s3cret")
        service = HttpService(session, address, MemoryMetrics(), request_id=lambda: "req-1", chance=lambda: 0.0)
        yield Catalogue(HttpProductCatalogue(service), server.products, server)


def enquiry(currency: Currency = ZAR, /, **units: int) -> ProductEnquiry:
    return ProductEnquiry("tenant_a", currency, units, TRACE)


async def test_products_are_found_with_price_and_stock(catalogue: Catalogue) -> None:
    catalogue.stocked.put(
        "tenant_a",
        Product("mug", (Money(2999, ZAR),), stock=3),
        Product("pot", (Money(0, ZAR),), sellable=False),
        Product("lid", (Money(10**9, ZAR),), stock=0),
    )
    assert await catalogue.port.offers(enquiry(mug=2, pot=1, lid=0)) == {
        "mug": Offer("mug", Money(2999, ZAR), available=3),
        "pot": Offer("pot", Money(0, ZAR), sellable=False),
        "lid": Offer("lid", Money(10**9, ZAR), available=0),
    }


@pytest.mark.parametrize(
    "price",
    [Money(1, ZAR), Money(60_00, ZAR), Money(12_345, JPY), Money(1_005, BHD), Money(9_007_199_254_740_993, USD)],
)
async def test_prices_are_exact_in_every_currency(catalogue: Catalogue, price: Money) -> None:
    catalogue.stocked.put("tenant_a", Product("mug", (price,)))
    found = await catalogue.port.offers(enquiry(price.currency, mug=1))
    assert found["mug"].price == price


async def test_a_product_that_is_not_sold_in_the_currency_has_no_price(catalogue: Catalogue) -> None:
    catalogue.stocked.put("tenant_a", Product("mug", (Money(2999, ZAR), Money(190, USD))))
    assert (await catalogue.port.offers(enquiry(USD, mug=1)))["mug"].price == Money(190, USD)
    assert (await catalogue.port.offers(enquiry(JPY, mug=1)))["mug"] == Offer("mug", None)


async def test_what_is_unknown_or_another_shops_is_not_among_them(catalogue: Catalogue) -> None:
    catalogue.stocked.put("tenant_b", Product("mug", (Money(2999, ZAR),)))
    catalogue.stocked.put("tenant_a", Product("pot", (Money(500, ZAR),)))
    assert set(await catalogue.port.offers(enquiry(mug=1, pot=1))) == {"pot"}


async def test_five_hundred_products_are_asked_about_at_once(catalogue: Catalogue) -> None:
    names = [f"{'p' * 60}{number:03d}" for number in range(500)]
    catalogue.stocked.put("tenant_a", *(Product(name, (Money(number, ZAR),)) for number, name in enumerate(names)))
    found = await catalogue.port.offers(ProductEnquiry("tenant_a", ZAR, dict.fromkeys(names, 1_000_000)))
    assert [found[name].price for name in names] == [Money(number, ZAR) for number in range(500)]
    assert len(catalogue.stocked.asked) == 1


async def test_what_was_asked_arrives_as_it_was(catalogue: Catalogue) -> None:
    await catalogue.port.offers(enquiry(mug=2, pot=0))
    (asked,) = catalogue.stocked.asked
    assert replace(asked, traceparent=TRACE) == enquiry(mug=2, pot=0)


async def test_over_http_the_trace_the_request_and_who_asks_go_with_it(catalogue: Catalogue) -> None:
    await catalogue.port.offers(enquiry(mug=1))
    if catalogue.server is None:
        assert catalogue.stocked.asked[0].traceparent == TRACE
        return
    (sent,) = catalogue.server.seen
    assert (sent["traceparent"], sent["x-request-id"], sent["authorization"]) == (TRACE, "req-1", "Bearer s3cret")


async def test_out_of_reach_is_a_reason_to_try_again(catalogue: Catalogue) -> None:
    # Over HTTP the adapter behind the server fails, which is a 500.
    catalogue.stocked.reachable = False
    with pytest.raises(TransientPortError) as failure:
        await catalogue.port.offers(enquiry(mug=1))
    assert failure.value.dependency == "product service"
    catalogue.stocked.reachable = True
    assert await catalogue.port.offers(enquiry(mug=1)) == {}
