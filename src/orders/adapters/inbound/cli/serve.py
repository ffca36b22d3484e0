"""Commands that run the service's processes."""

from typing import Annotated

import typer

from orders.adapters.inbound.cli.runtime import CommandError, Runtime

_PANEL = "Processes"


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Add ``api``, ``worker``, ``relay`` and ``bootstrap``."""
    names = ", ".join(runtime.worker_names())

    @app.command(rich_help_panel=_PANEL)
    def api() -> None:
        """Serve the HTTP API."""
        runtime.api()

    @app.command(rich_help_panel=_PANEL)
    def worker(name: Annotated[str, typer.Argument(help=f"One of {names}.")]) -> None:
        """Work on one queue."""
        if name not in runtime.worker_names():
            raise CommandError(f"there is no worker {name}; there are {names}")
        runtime.worker(name)

    @app.command(rich_help_panel=_PANEL)
    def relay() -> None:
        """Publish events that wait in the outbox."""
        runtime.relay()

    @app.command(rich_help_panel=_PANEL)
    def bootstrap() -> None:
        """Create table, queues, bus and buckets on an emulator (AWS_ENDPOINT_URL)."""
        for line in runtime.create_resources():
            typer.echo(line)
        typer.echo("all resources are there")
