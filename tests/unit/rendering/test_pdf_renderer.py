"""Processes that are killed, stuck, short of memory or worn out; documents that can't be made."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from orders.adapters.outbound.memory.metrics import MemoryMetrics
from orders.adapters.outbound.rendering.environment import Sources, TemplateRenderer
from orders.adapters.outbound.rendering.overrides import PackagedTemplates, Rendered, Wish, default
from orders.adapters.outbound.rendering.pdf import system_libraries
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context, pdf_job
from orders.adapters.outbound.rendering.pdf.renderer import PDFS, MissingLibraries, PdfRenderer, check_system_libraries
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import PdfJob, PrintedPdf
from orders.adapters.outbound.rendering.processes.process_lane import ProcessLane
from orders.ports.errors import RenderingFailed, TransientPortError
from orders.ports.metric_catalogue import RENDER_SECONDS, RENDERER_MEMORY_MIB
from tests.support.builders import a_tenant, an_order


@pytest.fixture(scope="module")
def lane() -> Iterator[ProcessLane[PdfJob, PrintedPdf]]:
    """One for all tests: each takes it over in whatever state another has left it."""
    lane = ProcessLane(PDFS, documents_per_process=100, memory_limit_bytes=None, timeout_seconds=120)
    yield lane
    asyncio.run(lane.close())


async def job() -> PdfJob:
    order, tenant = an_order(), a_tenant()
    return pdf_job(order, tenant, default(Wish(DOCUMENT, document_context(order, tenant), tenant, "en")).text)


def process_of(lane: ProcessLane[PdfJob, PrintedPdf]) -> int:
    assert lane.process_id is not None
    return lane.process_id


def memory_of(process: int) -> int:
    """Returns the bytes that a process holds now."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_killed_while_idle_then_at_work_then_stuck(lane: ProcessLane[PdfJob, PrintedPdf]) -> None:
    document = await job()
    await lane.warm_up()

    first = process_of(lane)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(TransientPortError, match="killed"):
        await lane.render(document)
    assert (await lane.render(document)).content.startswith(b"%PDF-1.7")

    second = process_of(lane)
    assert second != first
    os.kill(second, signal.SIGSTOP)
    rendering = asyncio.create_task(lane.render(document))
    await asyncio.sleep(0)  # the task has handed its document over
    os.kill(second, signal.SIGKILL)
    with pytest.raises(TransientPortError, match="killed"):
        await rendering
    await lane.warm_up()

    os.kill(process_of(lane), signal.SIGSTOP)
    lane._timeout_seconds = 0.05
    with pytest.raises(TransientPortError, match=r"longer than 0\.05 s"):
        await lane.render(document)
    assert lane.process_id is None
    lane._timeout_seconds = 120
    assert (await lane.render(document)).content.startswith(b"%PDF-1.7")


async def test_a_worn_out_process_is_replaced_by_a_warm_one() -> None:
    lane = ProcessLane(PDFS, documents_per_process=1, memory_limit_bytes=None, timeout_seconds=120)
    document = await job()
    try:
        first_pdf = await lane.render(document)
        first = process_of(lane)
        assert lane._successor is not None
        await asyncio.wrap_future(lane._successor.warm)
        assert await lane.render(document) == first_pdf
        assert process_of(lane) != first
    finally:
        await lane.close()
    assert lane.process_id is None


async def test_whoever_stops_waiting_leaves_no_busy_process(lane: ProcessLane[PdfJob, PrintedPdf]) -> None:
    document = await job()
    await lane.warm_up()
    rendering = asyncio.create_task(lane.render(document))
    await asyncio.sleep(0)
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    assert lane.process_id is None


async def test_content_that_cannot_be_rendered_is_its_own_fault(lane: ProcessLane[PdfJob, PrintedPdf]) -> None:
    deep = replace(await job(), html="<!doctype html><html lang=en><title>Secret</title>" + "<div>" * 1000)
    with pytest.raises(RenderingFailed, match="RecursionError") as failure:
        await lane.render(deep)
    assert "Secret" not in str(failure.value)
    process = process_of(lane)
    assert (await lane.render(await job())).content.startswith(b"%PDF-1.7")
    assert process_of(lane) == process


async def test_too_little_memory_is_a_reason_to_try_again() -> None:
    metrics = MemoryMetrics()
    renderer = PdfRenderer(processes=1, memory_limit_bytes=120 * 1024 * 1024, timeout_seconds=120, metrics=metrics)
    try:
        with pytest.raises(TransientPortError):
            await renderer.render(an_order(), a_tenant())
    finally:
        await renderer.close()
    assert len(metrics.values(RENDER_SECONDS, outcome="failed")) == 1
    assert metrics.values(RENDER_SECONDS, outcome="rendered") == []


async def test_time_and_memory_of_a_document_are_reported(lane: ProcessLane[PdfJob, PrintedPdf]) -> None:
    metrics = MemoryMetrics()
    renderer = PdfRenderer(processes=0, metrics=metrics)
    renderer._idle.put_nowait(lane)
    clock = asyncio.get_running_loop()
    began = clock.time()
    await renderer.render(an_order(), a_tenant())
    (seconds,) = metrics.values(RENDER_SECONDS, outcome="rendered")
    assert 0 < seconds <= clock.time() - began
    shown = metrics.now(RENDERER_MEMORY_MIB)
    if sys.platform == "linux":
        held = memory_of(process_of(lane))
        assert shown is not None
        assert held / 2 < shown * 2**20 < 2 * 2**30
    else:
        assert shown is None


async def test_the_process_that_held_most_is_shown_until_another_takes_over() -> None:
    class Lane:
        """Prints nothing; ``peak`` is what its process says of itself."""

        def __init__(self, *peaks: int | None) -> None:
            self.peaks = list(peaks)

        async def render(self, job: PdfJob) -> PrintedPdf:
            del job
            peak = self.peaks.pop(0)
            return PrintedPdf(b"%PDF", peak_memory_bytes=None if peak is None else peak * 2**20)

    metrics = MemoryMetrics()
    renderer = PdfRenderer(processes=0, metrics=metrics)
    for lane in (Lane(300, 100), Lane(200, None)):
        renderer._idle.put_nowait(cast("Any", lane))
    shown = []
    for _ in range(4):
        await renderer.render(an_order(), a_tenant())
        shown.append(metrics.now(RENDERER_MEMORY_MIB))
    assert shown == [300, 300, 200, 200]


@pytest.mark.parametrize("template", ["{{ order.nothing }}", "{% if %}", "{{ order.number.join(1) }}"])
async def test_a_broken_template_fails_for_good(template: str) -> None:
    class Broken(PackagedTemplates):
        async def render(self, wish: Wish) -> Rendered:
            return Rendered(TemplateRenderer(Sources({DOCUMENT: template})).render(wish.path, wish.context))

    with pytest.raises(RenderingFailed, match=r"template order_document/document\.html"):
        await PdfRenderer(templates=Broken()).render(an_order(), a_tenant())


def test_weasyprint_stays_out_of_the_services_process() -> None:
    code = (
        "import sys; import orders.adapters.outbound.rendering.pdf.renderer; "
        "sys.exit(bool({'weasyprint', 'fontTools', 'pydyf', 'PIL'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})


def test_libraries_are_there() -> None:
    check_system_libraries()


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "_LIBRARIES", {"libpango-1.0": ("libpango-of-another-world.so.0",)})
    with pytest.raises(MissingLibraries, match=r"libpango-1\.0 not found.*apt-get install libpango-1\.0-0") as failure:
        check_system_libraries()
    assert failure.value.missing == ("libpango-1.0",)
