"""``orders dr reconcile``: publishes what was pending, and names what a takeover has lost ([DATA-3])."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from orders.adapters.inbound.cli.asking import ask_whether
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import counted, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime
from orders.application.regions.desk import ReconcileDesk
from orders.application.regions.reconcile import Reconciled
from orders.ports.region_changes import Finding


def register(group: typer.Typer, runtime: Runtime) -> None:
    """Adds ``reconcile``."""

    @group.command(
        epilog=(
            "Exit codes: 0 nothing is left to do; 1 a finding is not acknowledged, a region's stream could not be "
            "read, or an erasure has to be repeated; 2 could not be carried out, with the reason."
        )
    )
    def reconcile(
        acknowledge: Annotated[
            list[str] | None,
            typer.Option("--acknowledge", metavar="ID", help="You have dealt with this finding; repeatable."),
        ] = None,
        by: Annotated[
            str | None, typer.Option("--by", metavar="NAME", help="Who has (default: the identity of the credentials).")
        ] = None,
        without_erasures: Annotated[
            bool,
            typer.Option(
                "--without-erasures",
                help="Leave the ledger of erasures to a task of event-processor, which alone may delete documents.",
            ),
        ] = False,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Only name what would be found: publish, keep and erase nothing.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts and rehearsals.")] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """After a takeover: publish what was pending, and name every acknowledged change that was lost.

        Run it in the region that writes, right after the takeover and again when the other region has returned. It
        publishes what waits in both regions' outboxes (consumers know an event that comes twice), looks up every change
        of either region's stream (24 hours), and erases again what the ledger of erasures names. A change that never
        arrived or was overwritten is a finding: look at the order, tell whom it concerns, then --acknowledge it.
        """
        if acknowledge:
            if dry_run:
                raise CommandError("--acknowledge has no dry run: leave one of them out")
            doing = AuditedCommand(f"dr reconcile {' '.join(f'--acknowledge {each}' for each in acknowledge)}")
            found = runtime.with_reconcile(
                doing, lambda desk: desk.reconcile.acknowledge(acknowledge, by=by or desk.by), tell=_tell
            )
            _print(found, as_json=as_json)
            return
        if not (dry_run or yes):
            erasing = "leaves the ledger of erasures alone" if without_erasures else "erases by the ledger again"
            _tell(f"Publishes what is pending in both regions' shards, keeps findings, and {erasing}.")
            ask_whether("go on?")

        async def work(desk: ReconcileDesk) -> Reconciled:
            return await desk.reconcile.execute(dry_run=dry_run, erase=not without_erasures)

        flags = f"{' --without-erasures' if without_erasures else ''}{' --dry-run' if dry_run else ''}"
        doing = AuditedCommand(f"dr reconcile{flags}")
        _print(runtime.with_reconcile(doing, work, tell=_tell), as_json=as_json)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _facts(finding: Finding) -> dict[str, Any]:
    change = finding.change
    return {
        "id": finding.finding_id,
        "fate": finding.fate.value,
        "kind": change.kind.value,
        "what": change.what,
        "at": change.at,
        "stored_in": finding.region,
        "found_at": finding.found_at,
        "acknowledged_by": finding.acknowledged_by,
        "acknowledged_at": finding.acknowledged_at,
    }


def _print(found: Reconciled, *, as_json: bool) -> None:
    """Prints what was found. Raises: typer.Exit with 1 if something is left to do."""
    if as_json:
        print_json(
            {
                "settled": found.settled,
                "published": found.published,
                "looked_at": found.looked_at,
                "unread": found.unread,
                "arrived": found.arrived,
                "erasures": None if found.erasures is None else asdict(found.erasures),
                "warning": found.warning,
                "findings": [_facts(each) for each in found.findings],
            }
        )
    else:
        _print_table(found)
    if not found.settled:
        raise typer.Exit(1)


def _print_table(found: Reconciled) -> None:
    looked = ", ".join(f"{count} changes of {region}" for region, count in found.looked_at.items())
    if looked:
        typer.echo(f"{found.published} published; {looked} looked up; {found.arrived} earlier findings have arrived")
    if found.erasures:
        typer.echo(f"erasures: {found.erasures.words}")
    columns = ("id", "fate", "what", "at", "stored_in", "acknowledged_by")
    rows = [[_facts(each)[name] for name in columns] for each in found.findings]
    print_table(f"{counted(len(found.unacknowledged), 'finding')} not acknowledged", columns, rows)
    for region, why in found.unread.items():
        _tell(f"{region}'s stream could not be read ({why}): run this again when it has returned")
    if found.warning:
        _tell(found.warning)
