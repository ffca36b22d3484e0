"""``orders top``: queues, dead letters, outbox, rates and last errors, refreshed until it is stopped."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from orders.adapters.inbound.cli.commands.top_view import overview_view
from orders.adapters.inbound.cli.options.shared import DataDir
from orders.adapters.inbound.cli.output import print_json
from orders.adapters.inbound.cli.runtime import AuditedCommand, Runtime
from orders.application.operations.read_overview import Overview, ReadOverview

SHORTEST_INTERVAL_SECONDS = 0.5
PIPE_COLUMNS = 120
"""Width of a snapshot that is written to a file or a pipe."""


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``top``."""

    @app.command(rich_help_panel="Operate")
    def top(
        interval: Annotated[
            float, typer.Option(min=SHORTEST_INTERVAL_SECONDS, metavar="SECONDS", help="Time between two looks.")
        ] = 2,
        once: Annotated[
            bool, typer.Option("--once", help="Print the state once and end; so it does without a terminal.")
        ] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print the state once, as one JSON document.")] = False,
        namespace: Annotated[
            str | None,
            typer.Option(metavar="NAME", help="CloudWatch's namespace of the metrics (default: BBWS/Orders)."),
        ] = None,
        _data_dir: DataDir = None,
    ) -> None:
        """Show queues, dead letters, outbox, rates and last errors, refreshed until Ctrl-C, which ends it with 0.

        Of a queue's messages, those in flight are being processed, and those delayed are held back by SQS until later.

        Here all is read from `orders dev` and its emulator; with ENVIRONMENT from AWS, with the rates of CloudWatch.
        """
        doing = AuditedCommand("top")
        if as_json or once or not sys.stdout.isatty():
            overview = runtime.with_overview(doing, lambda read: read.execute(), namespace=namespace)
            _print(overview, as_json=as_json)
            return
        target = runtime.aws_target()
        console = Console(highlight=False)

        async def watch(read: ReadOverview) -> None:
            # The alternate screen, as editors use it: afterwards the terminal is as it was.
            with Live(console=console, screen=True, auto_refresh=False) as live:

                def draw(overview: Overview) -> None:
                    view = overview_view(overview, target, width=console.width, height=console.height)
                    live.update(view, refresh=True)

                await refresh(read, draw, lambda: asyncio.sleep(interval))

        runtime.with_overview(doing, watch, namespace=namespace)


async def refresh(read: ReadOverview, draw: Callable[[Overview], None], pause: Callable[[], Awaitable[None]]) -> None:
    """Draws the state, pauses, draws it again, until it is cancelled, which Ctrl-C does: that is how it ends."""
    try:
        while True:
            draw(await read.execute())
            await pause()
    except asyncio.CancelledError:
        return


def _print(overview: Overview, *, as_json: bool) -> None:
    if as_json:
        from orders.adapters.wire.overview_body import overview_body

        print_json(overview_body(overview))
        return
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
    console.print(overview_view(overview, None, width=console.width, height=None))
