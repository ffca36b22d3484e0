"""Opens the processes that render shops' own and packaged templates to text and to PDF."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orders.adapters.outbound.rendering.overrides import OverridableTemplates, Templates, template_lane
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.bootstrap.config.settings import Settings
from orders.ports.metrics import Counters, Metrics
from orders.ports.templates import TemplateStore


@asynccontextmanager
async def open_templates(
    settings: Settings, store: TemplateStore, counters: Counters
) -> AsyncIterator[OverridableTemplates]:
    """Opens shops' templates with the packaged ones as fallback; stops the rendering process on leaving."""
    lane = template_lane(
        timeout_seconds=settings.template_timeout_seconds,
        memory_limit_bytes=settings.template_memory_mib * 1024 * 1024,
    )
    templates = OverridableTemplates(store, counters, lane)
    try:
        yield templates
    finally:
        await templates.close()


@asynccontextmanager
async def open_renderer(settings: Settings, templates: Templates, counters: Metrics) -> AsyncIterator[PdfRenderer]:
    """Opens the renderer with its pool of processes; closes it on leaving."""
    renderer = PdfRenderer(
        processes=settings.pdf_processes,
        documents_per_process=settings.pdf_documents_per_process,
        memory_limit_bytes=settings.pdf_memory_mib * 1024 * 1024,
        timeout_seconds=settings.pdf_timeout_seconds,
        templates=templates,
        metrics=counters,
    )
    try:
        yield renderer
    finally:
        await renderer.close()
