"""Commands that generate keys, and renew those of the service."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import print_json
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime


class _Rotated(StrEnum):
    CURSOR = "cursor"


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``api-key`` and ``keys``."""

    @app.command("api-key", rich_help_panel="Keys")
    def api_key(
        client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's name, such as portal-web.")],
        as_json: AsJson = False,
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

    _add_keys(app, runtime)


def _add_keys(app: typer.Typer, runtime: Runtime) -> None:
    group = typer.Typer(no_args_is_help=True, help="Renew keys of the service.")
    app.add_typer(group, name="keys", rich_help_panel="Keys")

    @group.callback()
    def keys() -> None:
        pass

    @group.command(
        "rotate", epilog="Exit codes: 0 rotated, or with --dry-run could be; 2 not rotated, with the reason."
    )
    def rotate(
        which: Annotated[_Rotated, typer.Argument(metavar="cursor", help="The key.")] = _Rotated.CURSOR,
        secret: Annotated[
            str | None, typer.Option(metavar="SECRET", help="The secret's name or ARN (default: CURSOR_KEYS_SECRET).")
        ] = None,
        force: Annotated[
            bool, typer.Option("--force", help="Rotate even if cursors that callers hold become worthless.")
        ] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Renew the key that signs cursors of listings. The key before still opens cursors until the next rotation."""
        flags = "".join(f" {name}" for name, given in {"--force": force, "--dry-run": dry_run}.items() if given)
        done = runtime.with_cursor_rotation(
            AuditedCommand(f"keys rotate {which.value}{flags}"),
            lambda use_case: use_case.execute(force=force, dry_run=dry_run),
            secret=secret,
        )
        if as_json:
            print_json(
                {
                    "secret": done.secret,
                    "rotated": not dry_run,
                    "signs_from": done.signs_from,
                    "next_rotation_from": done.next_from,
                    "loses_cursors": done.loses_cursors,
                    "first": done.is_first,
                }
            )
            return
        typer.echo(
            f"{'would rotate' if dry_run else 'rotated'} {done.secret}: the new key signs from "
            f"{done.signs_from:%Y-%m-%d %H:%M} UTC; the next rotation loses no cursor from "
            f"{done.next_from:%Y-%m-%d %H:%M} UTC"
        )
        if done.is_first and dry_run:
            typer.echo(
                "nothing is stored there yet: it is the first key, or there is no secret of that name, which only "
                "rotating tells",
                err=True,
            )
        if done.loses_cursors:
            typer.echo("cursors signed with the key before the previous one get 400 from now on", err=True)
