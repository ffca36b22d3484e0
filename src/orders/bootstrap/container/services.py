"""Opens the clients of the product and campaigns services whose addresses are set ([DOM-7])."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from orders.adapters.inbound.http.middleware.request_context import current_request_id
from orders.adapters.outbound.catalog_http.campaigns import HttpCampaigns
from orders.adapters.outbound.catalog_http.client import HttpService, ServiceAddress, open_session
from orders.adapters.outbound.catalog_http.products import HttpProductCatalogue
from orders.application.orders.check_offers import Consulted, WhenDown
from orders.bootstrap.config.settings import Settings
from orders.ports.campaigns import Campaigns
from orders.ports.health import Probe
from orders.ports.metrics import Metrics
from orders.ports.products import ProductCatalogue
from orders.ports.tracing import Tracing

PRODUCT_SERVICE = "product service"
CAMPAIGNS_SERVICE = "campaigns service"


@dataclass(frozen=True, slots=True)
class Services:
    """Clients of other services; ``None`` for a service without an address.

    Attributes:
        probes: of services without which orders are refused, so that the record-creator pauses while one is down.
    """

    products: Consulted[ProductCatalogue] | None = None
    campaigns: Consulted[Campaigns] | None = None
    probes: tuple[Probe, ...] = ()


NO_SERVICES = Services()


@asynccontextmanager
async def open_services(
    settings: Settings, counters: Metrics, tracing: Tracing | None = None
) -> AsyncIterator[Services]:
    """Opens the services of this process, each with one circuit breaker for all callers; closes them on leaving."""
    product_service, campaigns_service = addresses_of(settings)
    if product_service is None and campaigns_service is None:
        yield NO_SERVICES
        return
    async with open_session() as session:
        products: Consulted[ProductCatalogue] | None = None
        campaigns: Consulted[Campaigns] | None = None
        needed: list[Probe] = []
        if product_service is not None:
            service = HttpService(
                session, product_service, counters, request_id=current_request_id.get, tracing=tracing
            )
            products = Consulted(HttpProductCatalogue(service), WhenDown(settings.product_api_policy))
            needed += [service] if products.when_down is WhenDown.REFUSE else []
        if campaigns_service is not None:
            service = HttpService(
                session, campaigns_service, counters, request_id=current_request_id.get, tracing=tracing
            )
            campaigns = Consulted(HttpCampaigns(service), WhenDown(settings.campaigns_api_policy))
            needed += [service] if campaigns.when_down is WhenDown.REFUSE else []
        yield Services(products, campaigns, tuple(needed))


def addresses_of(settings: Settings) -> tuple[ServiceAddress | None, ServiceAddress | None]:
    """Returns the addresses of the product and the campaigns service; ``None`` for one that isn't asked."""
    return (
        _address(
            PRODUCT_SERVICE,
            settings.product_api_url,
            settings.product_api_timeout_seconds,
            settings.product_api_token,
        ),
        _address(
            CAMPAIGNS_SERVICE,
            settings.campaigns_api_url,
            settings.campaigns_api_timeout_seconds,
            settings.campaigns_api_token,
        ),
    )


def _address(name: str, url: str | None, seconds: float, token: SecretStr | None) -> ServiceAddress | None:
    if url is None:
        return None
    secret = None if token is None else token.get_secret_value()
    return ServiceAddress(name=name, url=url, timeout=timedelta(seconds=seconds), token=secret)
