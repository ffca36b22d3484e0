"""``orders tenants``: finds shops that are not configured to take customers' orders ([SEC-10])."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import counted, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, Runtime
from orders.application.operations.check_tenants import TenantVerdict
from orders.domain.identity import check_key

DAYS = 7
_COLUMNS = ("tenant_id", "verdict", "why", "fault")


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``tenants`` and its command."""
    group = typer.Typer(no_args_is_help=True, help="Check the shops and their profiles.")
    app.add_typer(group, name="tenants", rich_help_panel="Operate")

    # Keeps `check` a subcommand while it is the only one.
    @group.callback()
    def tenants() -> None:
        pass

    @group.command()
    def check(
        tenant: Annotated[
            list[str] | None, typer.Option(metavar="SHOP", help="Also check this shop; repeatable.")
        ] = None,
        days: Annotated[
            int, typer.Option(min=0, max=366, metavar="N", help="Also check shops with orders in this many days.")
        ] = DAYS,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """List shops whose customers' orders sit and prod refuse; exit code 1 if there is one."""
        also = [check_key(each, "--tenant") for each in tenant or ()]
        found = runtime.with_tenants(
            AuditedCommand("tenants check"), lambda checking: checking.execute(days=days, also=also)
        )
        if as_json:
            print_json([asdict(each) for each in found])
        else:
            _print(found)
        if not all(each.ready for each in found):
            raise typer.Exit(1)


def _print(found: Sequence[TenantVerdict]) -> None:
    rows = [(each.tenant_id, "ready" if each.ready else "not ready", each.why, each.fault or "") for each in found]
    missing = sum(not each.ready for each in found)
    print_table(f"not ready for orders of customers: {missing} of {counted(len(found), 'shop')}", _COLUMNS, rows)
    if missing:
        typer.echo(
            'sit and prod refuse their customers\' orders: set PRODUCT_API_URL, or put "prices": "as_ordered" into '
            "tenants/TENANT/profile.json in the templates bucket",
            err=True,
        )
