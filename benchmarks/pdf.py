"""[Q-7]: documents by the service's renderer, against WeasyPrint alone on the same HTML, two processes each.

Judged is the CPU time of a document, of the processes that render and of the one that has them do it; rates are shown.
The floor is in ``documents.py``, beside the rest that is measured of documents (``make bench-documents``).
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.compare import Plan
from benchmarks.documents import PROCESSES, RATIO, bare, different, prepare_bare, process_ids, renderer
from benchmarks.ground import Ground
from benchmarks.method import Round, alternating, over_pairs, pair_ratio
from benchmarks.report import Figure
from benchmarks.start import cpu_seconds
from orders.adapters.outbound.rendering.overrides import Wish, default
from orders.adapters.outbound.rendering.pdf.html_document import DOCUMENT, document_context
from tests.support.builders import a_tenant

_DOCUMENTS, _NEVER = 24, 10_000
LEAVES_OUT = "the making of the HTML, the order as an attachment, finishing to PDF/A-3a and PDF/UA-1, watching its time"


async def pdf(_ground: Ground, plan: Plan) -> list[Figure]:
    """Measures over several pairs of pools."""
    ratios, seen = [], ([], [])  # type: tuple[list[float], tuple[list[Round], list[Round]]]
    for _ in range(max(1, plan.pairs // 2)):
        found = await _pair(plan.rounds)
        ratios.append(pair_ratio([each.cpu_ms for each in found[0]], [each.cpu_ms for each in found[1]]))
        for at in (0, 1):
            seen[at].extend(found[at])
    ratio = over_pairs(ratios)
    ours, floor = ([each.cpu_ms for each in side] for side in seen)
    return [
        Figure(
            "Q-7",
            "PDF",
            ratio.median,
            ratio.spread,
            RATIO,
            cpu_ms={"ours": statistics.median(ours), "floor": statistics.median(floor)},
            told={
                "ours/s": statistics.median(each.per_second for each in seen[0]),
                "floor/s": statistics.median(each.per_second for each in seen[1]),
            },
            leaves_out=LEAVES_OUT,
        )
    ]


async def _pair(rounds: int) -> tuple[list[Round], list[Round]]:
    tenant = a_tenant()
    orders = [different(each) for each in range(_DOCUMENTS)]
    pages = [default(Wish(DOCUMENT, document_context(each, tenant), tenant, "en")).text for each in orders]
    lanes = renderer(PROCESSES, documents_per_process=_NEVER)
    found: tuple[list[Round], list[Round]] = ([], [])
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=prepare_bare) as pool:

        async def ours() -> None:
            await asyncio.gather(*(lanes.render(each, tenant) for each in orders))

        async def floor() -> None:
            await asyncio.get_running_loop().run_in_executor(None, lambda: list(pool.map(bare, pages)))

        try:
            await lanes.warm_up()
            await ours()
            await floor()
            sides = (ours, process_ids(lanes)), (floor, list(pool._processes))
            for order in alternating(rounds):
                for at in order:
                    found[at].append(await _round(*sides[at]))
        finally:
            await lanes.close()
    return found


async def _round(work: Callable[[], Awaitable[None]], processes: Sequence[int]) -> Round:
    def spent() -> float:
        return time.process_time() + sum(map(cpu_seconds, processes))

    before, began = spent(), time.perf_counter()
    await work()
    seconds = time.perf_counter() - began
    return Round(1000 * (spent() - before) / _DOCUMENTS, _DOCUMENTS / seconds)
