"""Telemetry of a process: sent to a collector if one is set, else kept in memory."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from orders import __version__
from orders.adapters.outbound.memory.metrics import MemoryMetrics, NoMetrics, SeveralMetrics
from orders.adapters.trace_context import PassOnTracing
from orders.bootstrap.config.roles import Role
from orders.bootstrap.config.settings import Settings
from orders.ports.metrics import Metrics
from orders.ports.tracing import Tracing

CLOSING_LIMIT_SECONDS = 5.0
"""So long a stopping process waits for its last telemetry to be taken: less than the stop time-out leaves."""


def _not_watched(_client: Any) -> None:
    """Leaves the client alone."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Holds the metrics and the tracing of a process.

    Attributes:
        watch_client: called with each AWS client that is opened, to trace its calls.
        memory: what `orders dev` has measured, for its own pages; ``None`` in other processes.
    """

    metrics: Metrics = field(default_factory=NoMetrics)
    tracing: Tracing = field(default_factory=PassOnTracing)
    watch_client: Callable[[Any], None] = _not_watched
    memory: MemoryMetrics | None = None


@contextlib.asynccontextmanager
async def open_telemetry(settings: Settings, role: Role) -> AsyncIterator[Telemetry]:
    """Opens the telemetry of a process; without a collector nothing of OpenTelemetry is loaded, and nothing sent.

    On leaving, what has been gathered is sent, within ``CLOSING_LIMIT_SECONDS``.
    """
    memory = MemoryMetrics(strict=False) if role is Role.LOCAL else None
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        yield Telemetry(metrics=memory or NoMetrics(), memory=memory)
        return
    from orders.adapters.outbound.telemetry.export import Export, OtelTelemetry

    exporting = OtelTelemetry(
        Export(
            endpoint=endpoint,
            resource=resource_attributes(settings, role),
            sampler=settings.otel_traces_sampler,
            sampler_share=settings.otel_traces_sampler_arg,
        )
    )
    try:
        metrics = exporting.metrics if memory is None else SeveralMetrics(memory, exporting.metrics)
        yield Telemetry(metrics, exporting.tracing, exporting.aws_calls.watch, memory)
    finally:
        # Each on its own: a collector that hangs over traces may still take what was counted.
        await _in_time(exporting.close_traces, exporting.close_metrics)


async def _in_time(*work: Callable[[], None]) -> None:
    """Runs blocking calls at once, and waits for them no longer than ``CLOSING_LIMIT_SECONDS``.

    In threads that no process waits for at its end, as it does for those of ``asyncio.to_thread``.
    """
    loop, left, all_done = asyncio.get_running_loop(), len(work), asyncio.Event()

    def one_done() -> None:
        nonlocal left
        left -= 1
        if not left:
            all_done.set()

    def run(each: Callable[[], None]) -> None:
        try:
            each()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop has not waited, and is closed
                loop.call_soon_threadsafe(one_done)

    for each in work:
        threading.Thread(target=run, args=(each,), daemon=True, name="last telemetry").start()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSING_LIMIT_SECONDS):
            await all_done.wait()


def resource_attributes(settings: Settings, role: Role) -> dict[str, str]:
    """Returns what all telemetry of the process says of it (OpenTelemetry, "Resource semantic conventions").

    ``service.version`` is the revision where one is set, by which alarms tell a new release from the one before.
    """
    return {
        "service.name": settings.otel_service_name,
        "service.version": settings.revision or __version__,
        "deployment.environment.name": settings.environment,
        "cloud.region": settings.aws_region,
        "orders.role": str(role),
        "orders.version": __version__,
        **settings.otel_resource_attributes,
    }
