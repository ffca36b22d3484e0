"""Renders orders' PDFs in worker processes."""

import asyncio

import structlog

from orders.adapters.outbound.rendering.overrides import PackagedTemplates, Rendered, Templates, Wish, default
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context, pdf_job
from orders.adapters.outbound.rendering.pdf.system_libraries import MissingLibraries, check_system_libraries
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import (
    PdfJob,
    PrintedPdf,
    prepare_process,
    render_in_worker,
    warm_process,
)
from orders.adapters.outbound.rendering.processes.process_lane import OutOfBounds, ProcessDied, ProcessLane, Program
from orders.domain.order import Order
from orders.ports.errors import RenderingFailed
from orders.ports.metric_catalogue import DOCUMENTS_WITH_BOXES, RENDER_SECONDS, RENDERER_MEMORY_MIB
from orders.ports.metrics import Metrics
from orders.ports.tenants import TenantProfile

__all__ = ["PDFS", "MissingLibraries", "PdfRenderer", "RendererProbe", "check_system_libraries"]

MIB = 1024 * 1024

_log = structlog.get_logger(__name__)

PDFS: Program[PdfJob, PrintedPdf] = Program(
    dependency="document renderer",
    product="a document",
    prepare=prepare_process,
    warm=warm_process,
    run=render_in_worker,
)


class PdfRenderer:
    """Renders documents (``ports.documents.DocumentRenderer``) in a fixed number of processes.

    HTML is made by sandboxed templates; PDFs are made in processes, since WeasyPrint takes long and much memory, and is
    only as trustworthy as the C libraries beneath it. If WeasyPrint can't print the output of a shop's override within
    its limits, the packaged template is used instead.

    Args:
        processes: number of documents rendered concurrently.
        documents_per_process: number of documents after which a process is replaced.
        memory_limit_bytes: address space limit of a process; ``None`` for no limit.
        timeout_seconds: time limit of WeasyPrint for one document.
        templates: renders the HTML; the packaged templates by default.
        metrics: reports time and memory of documents, and counts those with unprintable characters.
    """

    def __init__(
        self,
        *,
        processes: int = 2,
        documents_per_process: int = 1_000,
        memory_limit_bytes: int | None = None,
        timeout_seconds: float = 30.0,
        templates: Templates | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._peaks: dict[ProcessLane[PdfJob, PrintedPdf], int] = {}
        self._templates = templates or PackagedTemplates()
        self._lanes = [
            ProcessLane(
                PDFS,
                documents_per_process=documents_per_process,
                memory_limit_bytes=memory_limit_bytes,
                timeout_seconds=timeout_seconds,
            )
            for _ in range(processes)
        ]
        self._idle: asyncio.Queue[ProcessLane[PdfJob, PrintedPdf]] = asyncio.Queue()
        for lane in self._lanes:
            self._idle.put_nowait(lane)

    async def warm_up(self) -> None:
        """Starts all processes and waits until they are ready for a document. Raises: TransientPortError."""
        await asyncio.gather(*(lane.warm_up() for lane in self._lanes))

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        """Returns the order's PDF/A-3a, see ``DocumentRenderer.render``; waits for a free process.

        Raises: RenderingFailed, TransientPortError.
        """
        context = await asyncio.to_thread(document_context, order, tenant)
        wish = Wish(DOCUMENT, context, tenant, order.locale or tenant.locale)
        rendered = await self._templates.render(wish)
        if rendered.made_of:
            pdf = await self._of_shops_own(wish, rendered, order)
            if pdf is not None:
                return pdf
            rendered = await asyncio.to_thread(default, wish)
        return await self.printed(order, tenant, rendered.text)

    async def printed(self, order: Order, tenant: TenantProfile, html: str) -> bytes:
        """Prints this HTML as the order's PDF. Raises: RenderingFailed, OutOfBounds, ProcessDied,
        TransientPortError.
        """
        job = await asyncio.to_thread(pdf_job, order, tenant, html)
        lane = await self._idle.get()
        try:
            made = await self._measured(lane, job)
        finally:
            self._idle.put_nowait(lane)
        if made.blocks_in_boxes:
            self._tell_of_boxes(order, made.blocks_in_boxes)
        return made.content

    async def _measured(self, lane: ProcessLane[PdfJob, PrintedPdf], job: PdfJob) -> PrintedPdf:
        """Prints the document and reports how long that took, and the most memory of the processes there are.

        Documents that are broken off because the process stops are not measured.
        """
        if self._metrics is None:
            return await lane.render(job)
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            made = await lane.render(job)
        except Exception:
            self._metrics.record(RENDER_SECONDS, clock.time() - began, outcome="failed")
            raise
        self._metrics.record(RENDER_SECONDS, clock.time() - began, outcome="rendered")
        if made.peak_memory_bytes is not None:
            # By lane: when another process takes over there, its peak replaces that of the one that has gone.
            self._peaks[lane] = made.peak_memory_bytes
            self._metrics.show(RENDERER_MEMORY_MIB, max(self._peaks.values()) / MIB)
        return made

    def _tell_of_boxes(self, order: Order, blocks: tuple[str, ...]) -> None:
        """Counts and logs that parts of the document are unreadable boxes."""
        if self._metrics is not None:
            self._metrics.count(DOCUMENTS_WITH_BOXES)
        _log.warning(
            "a document has characters that no packaged font has",
            tenant_id=order.tenant_id,
            order_id=order.order_id,
            blocks=blocks,
        )

    async def _of_shops_own(self, wish: Wish, rendered: Rendered, order: Order) -> bytes | None:
        """Prints the output of a shop's override; ``None`` if that fails."""
        for last_try in (False, True):
            try:
                return await self.printed(order, wish.tenant, rendered.text)
            except RenderingFailed as error:
                self._templates.refused(wish, rendered, error.detail)
                return None
            except OutOfBounds as error:
                self._templates.refused(wish, rendered, error.detail, for_its_bounds=True)
                return None
            except ProcessDied as error:
                # Killed by the machine, or aborted by a library for lack of memory: blame it the second time only.
                if last_try:
                    self._templates.refused(wish, rendered, error.detail, for_its_bounds=True)
        return None

    async def close(self) -> None:
        """Stops the processes, busy or not; documents in progress fail as transient."""
        await asyncio.gather(*(lane.close() for lane in self._lanes))


class RendererProbe:
    """Checks that processes can render at all, to tell one order's failure from a general one."""

    name = "document renderer"

    def __init__(self, renderer: PdfRenderer) -> None:
        self._renderer = renderer

    async def check(self) -> None:
        """See ``Probe.check``."""
        await self._renderer.warm_up()
