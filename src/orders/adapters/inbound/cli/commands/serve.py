"""Commands that run the service's processes."""

from typing import Annotated

import typer

from orders.adapters.inbound.cli.commands import health as health_question
from orders.adapters.inbound.cli.options.choices import offered
from orders.adapters.inbound.cli.options.shared import DataDir
from orders.adapters.inbound.cli.runtime import CommandError, Runtime

_PANEL = "Processes"


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``api``, ``worker``, ``relay``, ``health`` and ``bootstrap``."""
    names = ", ".join(runtime.worker_names())

    @app.command(rich_help_panel=_PANEL)
    def api() -> None:
        """Serve the HTTP API."""
        runtime.api()

    @app.command(rich_help_panel=_PANEL)
    def worker(
        name: Annotated[
            str,
            typer.Argument(
                metavar="NAME", help=f"One of {names}.", autocompletion=offered(lambda here: here.worker_names())
            ),
        ],
    ) -> None:
        """Process one queue."""
        if name not in runtime.worker_names():
            raise CommandError(f"there is no worker {name}; there are {names}")
        runtime.worker(name)

    @app.command(rich_help_panel=_PANEL)
    def relay() -> None:
        """Publish events waiting in the outbox."""
        runtime.relay()

    @app.command(rich_help_panel=_PANEL)
    def health(
        port: Annotated[
            int | None,
            typer.Option(
                min=1,
                max=65535,
                metavar="PORT",
                help="Port of the health endpoint (default: HEALTH_PORT, else API_PORT).",
            ),
        ] = None,
        ready: Annotated[
            bool, typer.Option("--ready", help="Check that its dependencies are reachable, not only that it is alive.")
        ] = False,
    ) -> None:
        """Check the process of this container; exit code 0 if healthy, else 1."""
        raise typer.Exit(
            health_question.answer(health_question.HealthQuestion(port or runtime.health_port(), ready=ready))
        )

    @app.command(rich_help_panel=_PANEL)
    def bootstrap(
        demo_shops: Annotated[
            bool, typer.Option("--demo-shops", help="Create profiles of the demo shops that have none.")
        ] = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Create table, queues, bus and buckets on an emulator: the data directory's, or AWS_ENDPOINT_URL's."""
        for line in runtime.create_resources(demo_shops=demo_shops):
            typer.echo(line)
        typer.echo("all resources are there")
