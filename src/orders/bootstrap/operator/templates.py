"""Renderers for the commands about templates, opened for one command."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from orders.adapters.outbound.aws.s3.templates import S3TemplateStore
from orders.adapters.outbound.aws.s3.tenants import S3TenantDirectory
from orders.adapters.outbound.dynamodb.order_repository import DynamoOrderRepository
from orders.adapters.outbound.memory.metrics import NoMetrics
from orders.adapters.outbound.memory.order_repository import MemoryOrderRepository
from orders.adapters.outbound.memory.orders_table import MemoryTable
from orders.adapters.outbound.memory.template_store import MemoryTemplateStore
from orders.adapters.outbound.memory.tenant_directory import MemoryTenantDirectory
from orders.adapters.outbound.rendering.previews import JinjaPreviews
from orders.application.mail.preview_templates import PreviewTemplates
from orders.bootstrap.aws import open_clients
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.rendering import open_renderer, open_templates
from orders.bootstrap.dev.demo import default_profile
from orders.bootstrap.resources.names import names_of
from orders.bootstrap.resources.topology import TEMPLATES
from orders.bootstrap.resources.topology_file import packaged_topology

KEPT_FOR = timedelta(minutes=10)
"""Longer than any command: each looks at one state of things."""


@asynccontextmanager
async def open_packaged_templates(settings: Settings) -> AsyncIterator[PreviewTemplates]:
    """Opens previews of the packaged templates with samples; no shop has any of its own, and there are no orders."""
    store = MemoryTemplateStore()
    async with (
        open_templates(settings, store, NoMetrics()) as templates,
        open_renderer(settings, templates, NoMetrics()) as pdfs,
    ):
        yield PreviewTemplates(
            MemoryOrderRepository(MemoryTable()), MemoryTenantDirectory(), store, JinjaPreviews(templates, store, pdfs)
        )


@asynccontextmanager
async def open_templates_desk(settings: Settings) -> AsyncIterator[PreviewTemplates]:
    """Opens template previews in the settings' environment; processes start on first use."""
    names = names_of(settings, packaged_topology())
    bucket = names.bucket(TEMPLATES)
    async with open_clients(settings, ("dynamodb", "s3")) as clients:
        store = S3TemplateStore(clients.s3, bucket, KEPT_FOR)
        tenants = S3TenantDirectory(
            clients.s3,
            bucket,
            # Previews show no addresses of staff.
            lambda tenant_id: default_profile(tenant_id, None),
            KEPT_FOR,
            NoMetrics(),
        )
        repository = DynamoOrderRepository(
            clients.dynamodb,
            names.table(),
            region=settings.aws_region,
            outbox_shards=settings.outbox_shards,
        )
        async with (
            open_templates(settings, store, NoMetrics()) as templates,
            open_renderer(settings, templates, NoMetrics()) as pdfs,
        ):
            yield PreviewTemplates(repository, tenants, store, JinjaPreviews(templates, store, pdfs))
