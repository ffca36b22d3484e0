"""What renders templates: shops' own and packaged ones, to text and to PDF, with the processes that this takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orders.adapters.outbound.rendering.overrides import OverridableTemplates, Templates, template_lane
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.bootstrap.config.settings import Settings
from orders.ports.metrics import Counters
from orders.ports.templates import TemplateStore


def shop_templates(store: TemplateStore, counters: Counters, settings: Settings) -> OverridableTemplates:
    """Shops' templates with the packaged ones behind them; to be closed by whoever renders with them."""
    lane = template_lane(
        timeout_seconds=settings.template_timeout_seconds,
        memory_limit_bytes=settings.template_memory_mib * 1024 * 1024,
    )
    return OverridableTemplates(store, counters, lane)


@asynccontextmanager
async def closing(templates: OverridableTemplates) -> AsyncIterator[OverridableTemplates]:
    """The templates, whose process is ended on leaving."""
    try:
        yield templates
    finally:
        await templates.close()


@asynccontextmanager
async def open_renderer(settings: Settings, templates: Templates, counters: Counters) -> AsyncIterator[PdfRenderer]:
    """The renderer with its pool of processes, closed on leaving."""
    renderer = PdfRenderer(
        processes=settings.pdf_processes,
        documents_per_process=settings.pdf_documents_per_process,
        memory_limit_bytes=settings.pdf_memory_mib * 1024 * 1024,
        timeout_seconds=settings.pdf_timeout_seconds,
        templates=templates,
        counters=counters,
    )
    try:
        yield renderer
    finally:
        await renderer.close()
