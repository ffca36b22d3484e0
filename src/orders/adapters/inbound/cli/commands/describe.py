"""Commands that describe the service."""

from pathlib import Path
from typing import Annotated

import typer

from orders.adapters.inbound.cli.runtime import CommandError, Runtime


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``openapi``."""

    @app.command(rich_help_panel="About the API")
    def openapi(
        output: Annotated[
            Path | None,
            typer.Option(dir_okay=False, metavar="FILE", help="The file to write (default: standard output)."),
        ] = None,
    ) -> None:
        """Print the HTTP API's OpenAPI document as served."""
        text = runtime.openapi()
        if output is None:
            typer.echo(text, nl=False)
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"can't write {output}: {error.strerror}") from error
