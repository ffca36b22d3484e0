"""``orders unreadable``: finds unreadable stored items, which are skipped elsewhere ([PIPE-14])."""

from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.order_names import named_order
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import counted, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime
from orders.domain.identity import check_key
from orders.ports.unreadable_items import UnknownPlace

_COLUMNS = ("kind", "tenant", "order", "sequence", "place", "reason")


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``unreadable`` and its command."""
    group = typer.Typer(no_args_is_help=True, help="Find unreadable stored items.")
    app.add_typer(group, name="unreadable", rich_help_panel="Operate")

    @group.callback()
    def unreadable() -> None:
        pass

    @group.command("list")
    def list_(
        tenant: Annotated[
            str | None,
            typer.Option(metavar="SHOP", help="The shop; default: items of any shop that block the outbox."),
        ] = None,
        order: Annotated[
            str | None, typer.Option(metavar="ORDER", help="Only this order of the shop, by its id or number.")
        ] = None,
        after: Annotated[
            str | None,
            typer.Option(metavar="PLACE", help="Start behind this position, as printed by the previous page."),
        ] = None,
        limit: Annotated[int, typer.Option(min=1, metavar="N", help="Maximum number of orders to scan.")] = 1000,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """List unreadable items: which, where and why; never their contents."""
        if tenant is None and (order or after):
            raise CommandError("--order and --after need the shop: --tenant")
        tenant_id = None if tenant is None else check_key(tenant, "--tenant")
        order_id, order_number = named_order(order)
        try:
            found = runtime.with_unreadable(
                AuditedCommand("unreadable list", order_id=order_id, tenant_id=tenant_id),
                lambda use_case: use_case.execute(
                    tenant_id, order_id, order_number=order_number, after=after, limit=limit
                ),
            )
        except UnknownPlace as error:
            raise CommandError(f"--after: {error}") from error
        rows = [
            (str(each.kind), each.tenant_id, each.order_id, each.sequence, each.place, each.reason)
            for each in found.items
        ]
        if as_json:
            items = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
            print_json({"items": items, "looked_at": found.looked_at, "next": found.next_position})
            return
        looked_at = counted(found.looked_at, "order or entry was", "orders or entries were")
        # Without a shop there is nothing to scan by: what waits to be published is all that can be seen.
        where = "" if tenant_id is not None else " in the outbox"
        title = f"{counted(len(rows), 'item')} can't be read{where}; {looked_at} looked at"
        print_table(title, _COLUMNS, rows)
        if found.next_position is not None:
            typer.echo(f"there are more orders: continue with --after {found.next_position!r}")
