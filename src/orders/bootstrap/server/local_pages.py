"""Builds the pages under ``/local`` of a developer's machine."""

import asyncio
from datetime import UTC, datetime, timedelta

from litestar.types import ControllerRouterHandler

from orders.adapters.inbound.http.console.live import LiveStreams
from orders.adapters.inbound.http.local.pages import Sources, local_pages, to_local_pages
from orders.adapters.inbound.http.local.token import local_token
from orders.adapters.inbound.http.requests.parameters import TokenParameters
from orders.adapters.outbound.aws.s3.tenant_files import S3TenantFiles
from orders.adapters.outbound.dynamodb.ordering_tenants import DynamoOrderingTenants
from orders.adapters.outbound.local.document_archive import BucketDocuments
from orders.adapters.outbound.local.mail_archive import MailArchive
from orders.application.operations.find_shops import FindShops
from orders.application.operations.known_shops import KnownShops
from orders.application.operations.read_overview import ReadOverview
from orders.bootstrap.config.keys import dev_issuer
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.api_container import ApiContainer
from orders.bootstrap.dev.demo import DEMO_TENANT, PROFILES
from orders.ports.recent_figures import Figures

_ERRORS_ARE_IN = "Each process has its own figures and writes its errors to its own log: docker compose logs"


class ElsewhereFigures:
    """``RecentFigures`` where each process is one of its own, and nobody collects what they count."""

    async def read(self) -> Figures:
        """See ``RecentFigures.read``."""
        return Figures(span=timedelta(0), errors_are_in=_ERRORS_ARE_IN)


def kept_pages(
    settings: Settings, container: ApiContainer, stop: asyncio.Event, overview: ReadOverview
) -> list[ControllerRouterHandler]:
    """Returns the pages; their streams end when ``stop`` is set."""
    clients, addresses, use_cases = container.clients(), container.addresses(), container.use_cases()
    documents = BucketDocuments(clients.s3, addresses.documents_bucket)
    ordering = DynamoOrderingTenants(clients.dynamodb, addresses.table)
    shops = KnownShops(
        FindShops(S3TenantFiles(clients.s3, addresses.templates_bucket), ordering),
        ordering,
        container.clock(),
        more=documents.shops,
    )
    sources = Sources(
        list_orders=use_cases.list_orders(),
        open_order=use_cases.open_order(),
        read_history=use_cases.read_history(),
        place_order=use_cases.place_order(),
        shops=shops.execute,
        sample_shops=tuple(PROFILES),
        mails=MailArchive(settings.mail_archive),
        documents=documents,
        suppressions=use_cases.suppressions(),
        overview=overview,
    )
    return [*local_pages(sources, LiveStreams(stop)), to_local_pages, *token_route(settings)]


def token_route(settings: Settings) -> list[ControllerRouterHandler]:
    """Returns the route to the development issuer's tokens; none if they are not accepted."""
    if not settings.dev_issuer_enabled:
        return []
    issuer = dev_issuer(settings)

    def mint(asked: TokenParameters) -> str:
        return issuer.token(
            tenant_id=asked.tenant or DEMO_TENANT,
            customer_id=asked.customer,
            roles=asked.roles,
            email=asked.email,
            now=datetime.now(UTC),
        )

    return [local_token(mint)]
