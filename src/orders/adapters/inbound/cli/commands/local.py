"""Commands for a developer's own machine."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.choices import offered
from orders.adapters.inbound.cli.options.shared import DataDir
from orders.adapters.inbound.cli.runtime import CommandError, DevAsked, Runtime
from orders.domain.identity import check_key
from orders.domain.lifecycle import Role

DEMO_CUSTOMER = "cust_test_001"
"""The customer in the examples of pages and tests."""

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

_DATA_DIR_HELP = "Where state and keys are kept (default: ORDERS_DATA_DIR, else .orders-dev)."


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``dev`` and ``token``."""

    @app.command(rich_help_panel="On your machine")
    def dev(
        port: Annotated[
            int | None,
            typer.Option(min=1, max=65535, metavar="PORT", help="Port of the API (default: API_PORT, else 8080)."),
        ] = None,
        data_dir: Annotated[Path | None, typer.Option(file_okay=False, metavar="DIR", help=_DATA_DIR_HELP)] = None,
        orders: Annotated[
            bool | None,
            typer.Option(
                "--orders/--no-orders",
                help="Show a line for each order and what becomes of it (default: on a terminal).",
                show_default=False,
            ),
        ] = None,
        seed: Annotated[
            bool | None,
            typer.Option(
                "--seed/--no-seed",
                help="Make twenty sample orders in two shops, but none twice (default: ask at the first start).",
                show_default=False,
            ),
        ] = None,
        stop: Annotated[
            bool,
            typer.Option("--stop", help="Stop the running service, or what a crash left of it; its state is kept."),
        ] = False,
    ) -> None:
        """Run everything locally: emulator, API, workers and relay, with demo shops. Ctrl-C stops it."""
        if stop:
            for line in runtime.stop_dev(data_dir=data_dir):
                typer.echo(line)
            return
        if seed is None and sys.stdin.isatty() and sys.stdout.isatty() and runtime.is_first_start(data_dir):
            seed = _wants_samples()
        runtime.dev(DevAsked(port, data_dir, orders, seed or False))

    @app.command(rich_help_panel="On your machine")
    def token(
        tenant: Annotated[str, typer.Option(metavar="SHOP", help="The shop.")] = "demo",
        customer: Annotated[
            str | None,
            typer.Option(
                metavar="ID",
                help=f"The customer's id, or the member of staff's (default: {DEMO_CUSTOMER}, staff_001, by the role).",
            ),
        ] = None,
        role: Annotated[
            list[str] | None,
            typer.Option(
                metavar="ROLE",
                help=f"One of {', '.join(Role)}; may be repeated (default: customer).",
                autocompletion=offered(lambda _: Role),
            ),
        ] = None,
        email: Annotated[
            str | None, typer.Option(metavar="ADDRESS", help="E-mail address (default: made up from the customer id).")
        ] = None,
        hours: Annotated[float, typer.Option(min=-24, max=8760, metavar="N", help="Validity in hours.")] = 12,
        _data_dir: DataDir = None,
    ) -> None:
        """Print a bearer token from the development issuer, and nothing else: TOKEN=$(orders token)."""
        roles = role or [Role.CUSTOMER.value]
        unknown = [name for name in roles if name not in set(Role)]
        if unknown:
            raise CommandError(f"there is no role {', '.join(unknown)}; there are {', '.join(Role)}")
        check_key(tenant, "--tenant")
        who = customer or (DEMO_CUSTOMER if Role.CUSTOMER in roles else f"{roles[0]}_001")
        check_key(who, "--customer")
        typer.echo(runtime.token(tenant=tenant, customer=who, roles=roles, email=email, hours=hours))


def _wants_samples() -> bool:
    """Asks whether sample orders are wanted; a bare Enter takes them. Raises: typer.Exit: Ctrl-C."""
    try:
        return typer.confirm("Nothing is here yet. Make twenty sample orders in two shops?", default=True)
    except typer.Abort:
        typer.echo()
        raise typer.Exit(INTERRUPTED) from None
