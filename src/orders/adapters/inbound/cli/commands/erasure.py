"""``orders erasure``: lists the ledger of erasures, and replays it against a restored table ([DATA-5])."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from orders.adapters.inbound.cli.asking import ask_whether
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import counted, print_json, print_table, progress
from orders.adapters.inbound.cli.runtime import AuditedCommand, Runtime
from orders.application.operations.reapply_erasures import Reapplied, ReapplyErasures
from orders.domain.identity import check_key
from orders.ports.erasure_ledger import ErasureLedger, LedgerEntry
from orders.ports.errors import PassedOver, UnreadableItem

_SHOWN_FAILURES = 20

Tenant = Annotated[str | None, typer.Option("--tenant", metavar="SHOP", help="Only of this shop.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and change nothing.")]


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``erasure`` and its commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help="Show what has been erased, and erase it again in a restored table.",
        epilog="Exit codes: 0 done; 1 some entries failed, repeat the command; 2 could not be carried out.",
    )
    app.add_typer(group, name="erasure", rich_help_panel="Operate")

    @group.command("list")
    def list_(tenant: Tenant = None, as_json: AsJson = False, _data_dir: DataDir = None) -> None:
        """List the ledger: which orders were erased, when, and by whom. Nothing in it is personal."""
        _check(tenant)
        lost: list[UnreadableItem] = []
        entries = runtime.with_erasure_ledger(
            AuditedCommand("erasure list", tenant_id=tenant), lambda ledger: _entries(ledger, tenant, lost.append)
        )
        if as_json:
            print_json([asdict(entry) for entry in entries])
        else:
            rows = [(entry.order_id, entry.tenant_id, entry.at, entry.by) for entry in entries]
            print_table(f"{counted(len(entries), 'erasure')}", ("order_id", "tenant_id", "at", "by"), rows)
        for error in lost:
            typer.echo(f"left out: {error}", err=True)
        if lost:
            raise typer.Exit(1)

    @group.command()
    def reapply(
        tenant: Tenant = None,
        dry_run: DryRun = False,
        yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Erase again, in a table that was restored, what the ledger names.

        Run it on the restored table (ORDERS_TABLE) before the service does, as the event-processor's task: no other
        role may delete versions of documents. Of each order in the ledger that the table has, personal data is erased
        in the order, its events, stored responses and mails; versions of its documents are deleted in both regions,
        and its dead letters. Idempotent: repeat it after an interruption, or when it ended with 1.
        """
        _check(tenant)
        if dry_run or not yes:
            planned = _run(runtime, tenant, "erasure reapply --dry-run", plan=True, as_json=as_json)
            if dry_run and as_json:
                print_json({"dry_run": True} | asdict(planned))
            else:
                typer.echo(_intention(planned, runtime.orders_table(), runtime.aws_target()), err=not dry_run)
            if dry_run:
                _tell_failures(planned)
                return
            ask_whether("Erase it again?")
        done = _run(runtime, tenant, "erasure reapply", plan=False, as_json=as_json)
        if as_json:
            print_json(asdict(done))
        else:
            typer.echo(_result(done))
        _tell_failures(done)


async def _entries(ledger: ErasureLedger, tenant: str | None, passed_over: PassedOver) -> Sequence[LedgerEntry]:
    found: list[LedgerEntry] = []
    after = None
    while True:
        page = await ledger.page(tenant_id=tenant, after=after, passed_over=passed_over)
        found += page.entries
        after = page.resume
        if after is None:
            return sorted(found, key=lambda entry: (entry.at, entry.order_id))


def _check(tenant: str | None) -> None:
    if tenant is not None:
        check_key(tenant, "--tenant")


def _run(runtime: Runtime, tenant: str | None, command: str, *, plan: bool, as_json: bool) -> Reapplied:
    async def work(use_case: ReapplyErasures) -> Reapplied:
        with progress("going through the ledger", None, shown=not as_json) as done:
            act = partial(use_case.plan if plan else use_case.execute, tenant_id=tenant)
            return await act(watch=lambda result: done(result.entries))

    return runtime.with_erasures(AuditedCommand(command, tenant_id=tenant), work)


def _intention(planned: Reapplied, table: str, target: str) -> str:
    return (
        f"the ledger has {counted(planned.entries, 'entry', 'entries')}; in table {table}, on {target}:\n"
        f"  {counted(planned.erased, 'order')} to be erased again: names, addresses, notes and the like in the order,\n"
        "    its events, stored responses and mails, every version of its documents in both regions, dead letters\n"
        f"  {counted(planned.erased_before, 'order')} erased already, of which only what is left over is removed\n"
        f"  {counted(planned.absent, 'order')} not in this table\n"
        "what is erased can't be brought back" + _unfinished(planned)
    )


def _result(done: Reapplied) -> str:
    entries = counted(done.entries, "entry", "entries")
    return (
        f"{counted(done.erased, 'order')} erased again, {done.erased_before:,} erased before and gone through, "
        f"{done.absent:,} not in this table ({entries} of the ledger)" + _unfinished(done)
    )


def _unfinished(found: Reapplied) -> str:
    if not found.unfinished:
        return ""
    listed = ", ".join(found.unfinished)
    return (
        f"\nnot at their end in this table, and without an address to be shipped to: {listed}; "
        "cancel them, or look up what became of them"
    )


def _tell_failures(found: Reapplied) -> None:
    """Names what failed and ends with 1 if anything did."""
    for failure in found.failed[:_SHOWN_FAILURES]:
        typer.echo(f"failed: {failure}", err=True)
    if len(found.failed) > _SHOWN_FAILURES:
        typer.echo(f"and {len(found.failed) - _SHOWN_FAILURES} more", err=True)
    if found.failed:
        typer.echo("repeat the command: what is done is not done again", err=True)
        raise typer.Exit(1)
