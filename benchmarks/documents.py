"""Measures documents: memory of one with 500 lines, memory over a thousand, rate against bare WeasyPrint.

``make bench-documents`` measures in full and writes ``benchmarks/results/documents.json``; ``--short`` is what
``make proof`` runs. The exit code is 1 when a bound is missed.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.table import Table

from orders.adapters.outbound.rendering.overrides import Wish, default
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context
from orders.adapters.outbound.rendering.pdf.renderer import PdfRenderer
from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import NICENESS, fonts_folder
from orders.bootstrap.config.settings import Settings
from orders.domain.order import Order
from tests.support.builders import a_line, a_tenant, an_order, an_order_id

LINES = 500
PEAK_MIB = 512
PROCESSES = 2
GROWTH = 1.10
"""Maximum growth of memory from the second fifth of the documents to the last (the first loads modules)."""
RATIO = 0.9
ROUNDS, ROUND = 5, 40
RESULT = Path("benchmarks/results/documents.json")

_DEFAULTS = {name: field.default for name, field in Settings.model_fields.items()}


@dataclass(frozen=True, slots=True)
class Figure:
    """Something measured, and where it has to stay.

    Attributes:
        bound: such as ``at most 512``; ``""`` for what is only told.
    """

    name: str
    value: float
    unit: str
    bound: str = ""
    kept: bool = True


def renderer(processes: int, documents_per_process: int | None = None) -> PdfRenderer:
    """A renderer as the service's defaults make it."""
    return PdfRenderer(
        processes=processes,
        documents_per_process=documents_per_process or _DEFAULTS["pdf_documents_per_process"],
        memory_limit_bytes=_DEFAULTS["pdf_memory_mib"] * 1024 * 1024,
        timeout_seconds=_DEFAULTS["pdf_timeout_seconds"],
    )


async def long_document() -> list[Figure]:
    """Render one order of 500 lines in a process that has rendered nothing else."""
    lines = tuple(
        a_line(
            product_id=f"prod_{number}", name=f"Thing {number}", price=Decimal(number) / 100, tax_rate=Decimal("0.15")
        )
        for number in range(1, LINES + 1)
    )
    lane = renderer(1)
    try:
        await lane.warm_up()
        (process,) = process_ids(lane)
        warm = mib(process, "VmHWM")
        began = time.perf_counter()
        pdf = await lane.render(an_order(lines=lines), a_tenant())
        seconds = time.perf_counter() - began
        peak = mib(process, "VmHWM")
    finally:
        await lane.close()
    bound = f"at most {PEAK_MIB}"
    return [
        Figure(f"{LINES} lines: the most memory of the process", peak, "MiB", bound, peak <= PEAK_MIB),
        Figure("of that, before the document", warm, "MiB"),
        Figure("time", seconds, "s"),
        Figure("size", len(pdf) / 1e6, "MB"),
    ]


async def many_documents(number: int, documents_per_process: int) -> list[Figure]:
    """Render so many different orders and look at the memory in use after each.

    That is this process and those that render. Others are there for a second or two when they are replaced: one that
    warms up, one that ends; they count for the most at any time.
    """
    lanes = renderer(PROCESSES, documents_per_process)
    used: list[float] = []
    most = 0.0
    try:
        await lanes.warm_up()
        began = time.perf_counter()
        orders = iter([different(each) for each in range(number)])

        async def one_after_another() -> None:
            nonlocal most
            for order in orders:
                await lanes.render(order, a_tenant())
                used.append(sum(mib(process, "VmRSS") for process in [os.getpid(), *process_ids(lanes)]))
                most = max(most, sum(mib(process, "VmRSS") for process in [os.getpid(), *children()]))

        await asyncio.gather(*(one_after_another() for _ in range(PROCESSES)))
        seconds = time.perf_counter() - began
    finally:
        await lanes.close()
    fifth = number // 5
    growth = statistics.median(used[-fifth:]) / statistics.median(used[fifth : 2 * fifth])
    slope = statistics.linear_regression(range(fifth, number), used[fifth:]).slope
    marks = [mark for mark in (number // 10, number // 2, number) if mark]
    return [
        *(Figure(f"memory after {mark} documents", used[mark - 1], "MiB") for mark in marks),
        Figure("the most at any time", most, "MiB"),
        Figure("slope from the second fifth on", slope * 1024, "KiB a document"),
        Figure("last fifth to second fifth", growth, "", f"at most {GROWTH:.2f}", growth <= GROWTH),
        Figure(f"rate, {PROCESSES} processes", number / seconds, "documents/s"),
    ]


def different(number: int) -> Order:
    """An order like no other: one to eight lines, some with characters that no packaged font has."""
    names = ("Enamel mug", "Stovetop kettle, brushed steel", "Ελληνικά", "王小明の急須"[number % 5 :])
    lines = tuple(
        a_line(product_id=f"prod_{number}_{each}", name=f"{names[(number + each) % 4]} {number}")
        for each in range(1 + number % 8)
    )
    return an_order(order_id=an_order_id(number + 1), lines=lines)


async def against_bare() -> list[Figure]:
    """Render the same orders by turns with the service's renderer and with WeasyPrint alone, in as many processes.

    Alone is what its documentation shows: ``HTML(string=...).write_pdf(...)``, with the same fonts and priority, of
    HTML that is there already. The service's renderer makes the HTML as well, attaches the order, finishes the PDF.
    """
    tenant = a_tenant()
    orders = [different(each) for each in range(ROUND)]
    pages = [default(Wish(DOCUMENT, document_context(each, tenant), tenant, "en")).text for each in orders]
    lanes = renderer(PROCESSES, documents_per_process=10_000)
    ours, alone = [], []
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=prepare_bare) as pool:
        try:
            await lanes.warm_up()
            list(pool.map(bare, pages))
            for _ in range(ROUNDS):
                began = time.perf_counter()
                await asyncio.gather(*(lanes.render(each, tenant) for each in orders))
                between = time.perf_counter()
                await asyncio.get_running_loop().run_in_executor(None, lambda: list(pool.map(bare, pages)))
                ours.append(ROUND / (between - began))
                alone.append(ROUND / (time.perf_counter() - between))
        finally:
            await lanes.close()
    ratio = statistics.median(one / other for one, other in zip(ours, alone, strict=True))
    return [
        Figure("rate", statistics.median(ours), "documents/s"),
        Figure("rate of bare WeasyPrint", statistics.median(alone), "documents/s"),
        Figure("one to the other, the median round", ratio, "", f"at least {RATIO}", ratio >= RATIO),
    ]


def prepare_bare() -> None:
    """Prepares a process for ``bare``."""
    import logging

    logging.disable(logging.CRITICAL)
    os.nice(NICENESS)
    os.environ["FONTCONFIG_FILE"] = str(fonts_folder() / "fonts.conf")
    import weasyprint  # noqa: F401 - loaded before the clock runs


def bare(html: str) -> int:
    """Renders as WeasyPrint's documentation shows; returns the bytes of the document."""
    import weasyprint

    pdf = weasyprint.HTML(string=html).write_pdf(pdf_variant="pdf/a-3a")
    assert pdf is not None
    return len(pdf)


def process_ids(lanes: PdfRenderer) -> list[int]:
    """The processes that render."""
    return [lane.process_id for lane in lanes._lanes if lane.process_id is not None]


def children() -> list[int]:
    """All processes that this one has started, also those that are about to take over."""
    threads = Path("/proc/self/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def mib(process: int, what: str) -> float:
    """``VmRSS`` (in memory now) or ``VmHWM`` (the most ever) of a process, 0 if it has just ended; see proc(5)."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:")), 0.0)


async def measure(*, short: bool) -> list[Figure]:
    """All figures; in short, few documents in processes that are soon replaced, and no rates to be compared."""
    figures = [*await long_document()]
    if short:
        return [*figures, *await many_documents(60, documents_per_process=15)]
    figures += await many_documents(3_000, _DEFAULTS["pdf_documents_per_process"])
    return [*figures, *await against_bare()]


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="60 documents, no comparison, nothing written")
    short = parser.parse_args().short
    figures = asyncio.run(measure(short=short))
    table = Table("figure", "", "unit", "bound", "")
    for each in figures:
        verdict = ("kept" if each.kept else "[red]missed[/]") if each.bound else ""
        table.add_row(each.name, f"{each.value:.2f}", each.unit, each.bound, verdict)
    Console().print(table)
    if not short:
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps([asdict(each) for each in figures], indent=2) + "\n", encoding="utf-8")
    sys.exit(0 if all(each.kept for each in figures) else 1)


if __name__ == "__main__":
    main()
