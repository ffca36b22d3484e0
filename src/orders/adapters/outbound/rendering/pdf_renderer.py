"""Orders' PDFs, made in processes of their own."""

import asyncio

from orders.adapters.outbound.rendering.environment import PackagedTemplates, TemplateSource
from orders.adapters.outbound.rendering.html_document import pdf_job
from orders.adapters.outbound.rendering.process_lane import ProcessLane
from orders.adapters.outbound.rendering.system_libraries import MissingLibraries, check_system_libraries
from orders.domain.order import Order
from orders.ports.tenants import TenantProfile

__all__ = ["MissingLibraries", "PdfRenderer", "RendererProbe", "check_system_libraries"]


class PdfRenderer:
    """Makes documents (``ports.documents.DocumentRenderer``) in a fixed number of processes.

    HTML is made here, by templates that can do no harm, and PDFs there: WeasyPrint computes for long, takes memory,
    and is only as trustworthy as the C libraries beneath it.

    Args:
        processes: how many documents are rendered at the same time.
        documents_per_process: after so many documents a process is replaced.
        memory_limit_bytes: address space that a process may take; ``None`` for no limit.
        timeout_seconds: time that WeasyPrint may take for one document.
        templates: where the HTML's template comes from, the packaged one by default.
    """

    def __init__(
        self,
        *,
        processes: int = 2,
        documents_per_process: int = 200,
        memory_limit_bytes: int | None = None,
        timeout_seconds: float = 30.0,
        templates: TemplateSource | None = None,
    ) -> None:
        self._templates = templates or PackagedTemplates()
        self._lanes = [
            ProcessLane(
                documents_per_process=documents_per_process,
                memory_limit_bytes=memory_limit_bytes,
                timeout_seconds=timeout_seconds,
            )
            for _ in range(processes)
        ]
        self._idle: asyncio.Queue[ProcessLane] = asyncio.Queue()
        for lane in self._lanes:
            self._idle.put_nowait(lane)

    async def warm_up(self) -> None:
        """Start every process and have it ready for a document. Raises: TransientPortError."""
        await asyncio.gather(*(lane.warm_up() for lane in self._lanes))

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        """The order's PDF/A-3a, see ``DocumentRenderer.render``; waits for a process that is free.

        Raises: RenderingFailed, TransientPortError.
        """
        renderer = await self._templates.renderer(tenant_id=tenant.tenant_id, locale=order.locale or tenant.locale)
        job = await asyncio.to_thread(pdf_job, order, tenant, renderer)
        lane = await self._idle.get()
        try:
            return await lane.render(job)
        finally:
            self._idle.put_nowait(lane)

    async def close(self) -> None:
        """End the processes, busy or not; documents under way fail as transient."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))


class RendererProbe:
    """Whether there are processes that could render: so that one order's failure is not taken for all orders'."""

    name = "document renderer"

    def __init__(self, renderer: PdfRenderer) -> None:
        self._renderer = renderer

    async def check(self) -> None:
        """See ``Probe.check``."""
        await self._renderer.warm_up()
