"""The other services that a process asks: those whose address is set, by the policy that is set ([DOM-7])."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orders.adapters.inbound.http.middleware.request_context import current_request_id
from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.memory.products import Product
from orders.application.orders.check_offers import WhenDown
from orders.bootstrap.config.settings import Settings, load_settings
from orders.bootstrap.container.services import NO_SERVICES, Services, addresses_of, open_services
from orders.bootstrap.workers import WORKERS
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money
from orders.ports.metric_catalogue import SERVICE_CALLS
from orders.ports.products import ProductEnquiry
from tests.contract.catalog_server import catalog_server
from tests.unit.bootstrap.test_container import a_container

URLS = {"product_api_url": "http://products.example", "campaigns_api_url": "http://campaigns.example/v2"}


async def opened(settings: Settings) -> Services:
    async with open_services(settings, MemoryMetrics()) as services:
        return services


async def test_without_addresses_nobody_is_asked() -> None:
    assert await opened(load_settings()) is NO_SERVICES


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        ({}, ["product service", "campaigns service"]),
        ({"product_api_policy": "accept"}, ["campaigns service"]),
        ({"product_api_policy": "accept", "campaigns_api_policy": "accept"}, []),
    ],
)
async def test_the_record_creator_pauses_for_what_orders_are_refused_without(
    given: Mapping[str, Any], needed: list[str]
) -> None:
    services = await opened(load_settings(**URLS, **given))
    assert [probe.name for probe in services.probes] == needed
    assert services.products is not None
    assert services.products.when_down is WhenDown(given.get("product_api_policy", "refuse"))


async def test_one_may_be_there_without_the_other() -> None:
    services = await opened(load_settings(campaigns_api_url="http://campaigns.example"))
    assert services.products is None
    assert services.campaigns is not None


def test_each_has_its_own_address_time_and_token() -> None:
    settings = load_settings(**URLS, campaigns_api_timeout_seconds=0.3, campaigns_api_token="s3cret")
    products, campaigns = addresses_of(settings)
    assert products is not None
    assert campaigns is not None
    assert (products.url, products.timeout.total_seconds(), products.token) == ("http://products.example", 0.8, None)
    assert (campaigns.url, campaigns.timeout.total_seconds()) == ("http://campaigns.example/v2", 0.3)
    assert campaigns.token == "s3cret"
    assert "s3cret" not in f"{campaigns!r} {settings!r}"


async def test_a_call_bears_the_id_of_the_request_that_it_is_made_for() -> None:
    price = Money(2999, Currency.of("ZAR"))
    counters = MemoryMetrics()
    async with catalog_server() as server:
        server.products.put("tenant_a", Product("mug", (price,)))
        settings = load_settings(product_api_url=server.url, product_api_timeout_seconds=10)
        async with open_services(settings, counters) as services:
            assert services.products is not None
            token = current_request_id.set("req-7")
            found = await services.products.port.offers(ProductEnquiry("tenant_a", price.currency, {"mug": 1}))
            current_request_id.reset(token)
            await services.products.port.offers(ProductEnquiry("tenant_a", price.currency, {"mug": 1}))
    assert found["mug"].price == price
    assert [headers.get("x-request-id") for headers in server.seen] == ["req-7", None]
    assert counters.of(SERVICE_CALLS, dependency="product service", outcome="answered") == 2


async def test_the_container_hands_them_to_all_who_place_or_change_orders(tmp_path: Path) -> None:
    services = await opened(load_settings(**URLS))
    container = a_container(tmp_path, services=services)
    assert not container.use_cases().check_offers().idle
    assert {"product service", "campaigns service"} <= {
        each.name for each in WORKERS["record-creator"].needs(container)
    }
    assert a_container(tmp_path).use_cases().check_offers().idle
