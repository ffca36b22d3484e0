"""Commands that generate keys."""

import json
from typing import Annotated

import typer

from orders.adapters.inbound.cli.runtime import CommandError


def register(app: typer.Typer) -> None:
    """Adds ``api-key``."""

    @app.command("api-key", rich_help_panel="Keys")
    def api_key(
        client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's name, such as portal-web.")],
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
    ) -> None:
        """Generate an API key: the key for the client, and the entry with its hash for the secret of API keys."""
        # Imported here to keep the start of the command line fast.
        from orders.adapters.wire.api_keys import hash_of, is_client, new_key

        if not is_client(client):
            raise CommandError(f"a client's name is 1 to 64 of letters, digits, '_', '.' and '-'; {client!r} is not")
        key = new_key()
        if as_json:
            typer.echo(json.dumps({"client": client, "key": key, "sha256": hash_of(key)}))
            return
        typer.echo(f"key    {key}")
        typer.echo(f'entry  "{client}": "{hash_of(key)}"')
        typer.echo("The key is shown here and nowhere else: give it to the client; keep the entry.", err=True)
