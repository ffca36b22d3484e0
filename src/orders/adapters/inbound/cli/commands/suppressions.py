"""``orders suppressions``: addresses that a shop no longer mails, after a bounce or a complaint."""

import re
from dataclasses import asdict
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import counted, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime
from orders.adapters.wire.mail_address import UndeliverableAddress, deliverable
from orders.application.mail.suppression_list import NotSuppressed, SuppressionList
from orders.domain.identity import check_key
from orders.ports.errors import UnreadableItem
from orders.ports.mail import recipient_hash

Tenant = Annotated[str, typer.Option(metavar="SHOP", help="The shop.")]
_HASH = re.compile(r"[0-9a-f]{16}", re.ASCII)
_COLUMNS = ("recipient_hash", "reason", "at", "order_id", "detail")


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``suppressions`` and its commands."""
    group = typer.Typer(no_args_is_help=True, help="List and remove addresses that shops no longer mail.")
    app.add_typer(group, name="suppressions", rich_help_panel="Operate")

    @group.command("list")
    def list_(
        tenant: Tenant,
        ask: Annotated[bool, typer.Option("--ask", help="Prompt for an address and show only that one.")] = False,
        after: Annotated[
            str | None, typer.Option(metavar="HASH", help="Start behind this hash: the last one of the previous page.")
        ] = None,
        limit: Annotated[int, typer.Option(min=1, metavar="N", help="Maximum number.")] = 100,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """List a shop's suppressed addresses as hashes; the addresses themselves are not stored."""
        check_key(tenant, "--tenant")
        address = _asked() if ask else None
        lost: list[UnreadableItem] = []
        found = runtime.with_suppressions(
            AuditedCommand("suppressions list", tenant_id=tenant),
            lambda kept: kept.list(tenant, address=address, after=after, limit=limit, passed_over=lost.append),
        )
        shown = [{name: value for name, value in asdict(each).items() if name in _COLUMNS} for each in found]
        if as_json:
            print_json(shown)
        else:
            rows = [[each[name] for name in _COLUMNS] for each in shown]
            addresses = counted(len(shown), "suppressed address", "suppressed addresses")
            print_table(f"{addresses} of {tenant}", _COLUMNS, rows)
        if lost:
            entries = counted(len(lost), "entry", "entries")
            typer.echo(
                f"can't be read and left out: {entries}, to whose addresses nobody writes; "
                f"`orders unreadable list --tenant {tenant}` says which, and why",
                err=True,
            )

    @group.command()
    def remove(
        tenant: Tenant,
        hashed: Annotated[
            str | None,
            typer.Option("--hash", metavar="HASH", help="The address's hash; default: prompt for the address."),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say whether it is on the list, and change nothing.")
        ] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Remove an address from the list, after its owner has asked for it or the mailbox works again."""
        check_key(tenant, "--tenant")
        if hashed is not None and not _HASH.fullmatch(hashed):
            raise CommandError("a hash is 16 of 0-9 and a-f, as `orders suppressions list` prints them")
        named = hashed or recipient_hash(_asked())

        async def work(kept: SuppressionList) -> None:
            try:
                await kept.remove(tenant, named, dry_run=dry_run)
            except NotSuppressed as error:
                raise CommandError(str(error)) from None

        command = "suppressions remove --dry-run" if dry_run else "suppressions remove"
        runtime.with_suppressions(AuditedCommand(command, tenant_id=tenant), work)
        if as_json:
            print_json({"tenant_id": tenant, "recipient_hash": named, "removed": not dry_run})
        else:
            typer.echo(f"{tenant} would mail it again" if dry_run else f"{tenant} mails it again")


def _asked() -> str:
    """Asks for an address and returns it in the form used for mail. Raises: CommandError."""
    # Prompted for, not an argument: shells store arguments in their history.
    try:
        return deliverable(str(typer.prompt("address", err=True)))
    except UndeliverableAddress as error:
        raise CommandError(f"this must be {error}") from None
