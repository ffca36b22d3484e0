"""``orders dr``: which of two regions writes, and how that is changed ([OPS-9], [DATA-3])."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from orders.adapters.inbound.cli.asking import ask_for_phrase
from orders.adapters.inbound.cli.commands.dr import drill, reconcile, verify
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.output import print_facts, print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime
from orders.application.regions.desk import RegionDesk
from orders.application.regions.read_status import Status, as_facts
from orders.application.regions.switch_writer import SwitchRequest
from orders.ports.regions import ControlState

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts and rehearsals.")]
Force = Annotated[
    bool,
    typer.Option(
        "--force", help="Go on though the old region is seen healthy, the new one lacks something or is behind."
    ),
]
Abandon = Annotated[
    bool, typer.Option("--abandon", help="Give up the switch under way: the old region writes again, as before it.")
]
REGIONS = (
    "Run it with the settings of the region that you are in (AWS_REGION, OTHER_REGION, CONTROL_TABLE, "
    "CONTROL_TABLE_REGIONS, ENVIRONMENT), best from the one that lives."
)
EXIT_CODES = "Exit codes: 0 done, or nothing to do; 2 refused, with the reason and what to do; 130 broken off."


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``dr`` and its commands."""
    group = typer.Typer(
        no_args_is_help=True,
        help=(
            "Disaster recovery: which of two regions writes, and how that is changed. One region writes at a time; the "
            "control table names it, and its tasks stop by themselves when they can't read that for 30 s."
        ),
        epilog=f"{REGIONS} Start with `orders dr status`; the runbooks are docs/runbooks/failover.md and failback.md.",
    )
    app.add_typer(group, name="dr", rich_help_panel="Operate")

    @group.callback()
    def dr() -> None:
        pass

    _add_status(group, runtime)
    _add_takeover(group, runtime)
    _add_failback(group, runtime)
    _add_confirm_alone(group, runtime)
    reconcile.register(group, runtime)
    verify.register(group, runtime)
    drill.register(group, runtime)


def _add_status(group: typer.Typer, runtime: Runtime) -> None:
    @group.command(
        epilog=f"{REGIONS} Exit codes: 0 told; 2 the control table can't be read, or there is one region only."
    )
    def status(as_json: AsJson = False, _data_dir: DataDir = None) -> None:
        """Show which region writes, since when, a switch under way, and whether each region could take over.

        Of the control table: `writer` is the region that is named to write, and `may_write` the one that does: none
        while the named one is evacuated. `epoch` counts the switches of the writer, `evacuated` are the regions that
        traffic is to leave, `by` and `at` say who decided that last and when, `lease` whether every task goes by it.

        Of a region, each need is `ready`, `LACKING`, which stops a takeover, or `not known`: AWS can't be asked about
        it now. `health checkers` is what Route 53 sees of it.

        On a laptop, as in every environment with one region, that region always writes: there is nothing to show, and
        the command ends with 2 and says so.
        """
        found = runtime.with_regions(AuditedCommand("dr status"), lambda desk: desk.status.execute(), tell=_tell)
        if as_json:
            print_json(as_facts(found))
        else:
            _print_status(found)


def _add_takeover(group: typer.Typer, runtime: Runtime) -> None:
    @group.command(epilog=f"{REGIONS} {EXIT_CODES}")
    def takeover(
        to: Annotated[str, typer.Option("--to", metavar="REGION", help="The region that is to write.")],
        unplanned: Annotated[
            bool,
            typer.Option(
                "--unplanned",
                help="The old region is gone: don't wait for it. What it acknowledged and didn't copy is missing.",
            ),
        ] = False,
        force: Force = False,
        abandon: Abandon = False,
        first_epoch: Annotated[
            int | None,
            typer.Option(
                min=1, metavar="N", help="The control table has no item: create it with this epoch; 1 if all is new."
            ),
        ] = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Make another region the writer.

        Planned (the default): the old region is alive. It is evacuated and its lease waited out (35 s), both copies are
        compared by markers and orders of late (a heuristic), and the other one is named the writer. Nothing is lost;
        changes get 503 for about 70 s.

        Unplanned: the old region is gone. Refused while Route 53's checkers see it healthy, unless forced. Run
        `orders dr reconcile` after it, and again when that region has returned.

        Interrupted, the same command takes it up with the same epoch; repeated, it does nothing.
        """
        kind = " --unplanned" if unplanned else ""
        doing = f"dr takeover --to {to}{kind}{' --force' if force else ''}"

        def request(desk: RegionDesk) -> SwitchRequest:
            return SwitchRequest(to, _other(desk, to), planned=not unplanned, force=force, first_epoch=first_epoch)

        _switch(runtime, doing, request, f"take over {to}", abandon=abandon, dry_run=dry_run, yes=yes, as_json=as_json)


def _add_failback(group: typer.Typer, runtime: Runtime) -> None:
    @group.command(epilog=f"{REGIONS} {EXIT_CODES}")
    def failback(
        to: Annotated[str, typer.Option("--to", metavar="REGION", help="The region to go back to.")],
        force: Force = False,
        abandon: Abandon = False,
        dry_run: DryRun = False,
        yes: Yes = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Go back to the region that DNS prefers: a planned takeover, after which both regions are in traffic again.

        Never automatic. Before it, `orders dr reconcile` and `orders dr verify` must have nothing left to say.
        Interrupted, the same command takes it up with the same epoch; repeated, it does nothing.
        """
        doing = f"dr failback --to {to}{' --force' if force else ''}"

        def request(desk: RegionDesk) -> SwitchRequest:
            return SwitchRequest(to, _other(desk, to), failback=True, force=force)

        _switch(runtime, doing, request, f"fail back {to}", abandon=abandon, dry_run=dry_run, yes=yes, as_json=as_json)


def _add_confirm_alone(group: typer.Typer, runtime: Runtime) -> None:
    @group.command("confirm-alone", epilog=f"{REGIONS} {EXIT_CODES}")
    def confirm_alone(
        region: Annotated[
            str, typer.Option("--region", metavar="REGION", help="The region that is to write alone: AWS_REGION's.")
        ],
        epoch: Annotated[
            int | None,
            typer.Option(
                min=1,
                metavar="N",
                help="The epoch it was the writer in last, where the control table can't be read.",
            ),
        ] = None,
        dry_run: DryRun = False,
        yes: Yes = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Let a region write that can't reach the control table: one person asks, a second one confirms.

        It ends an hour after it was asked for. The risk: while it holds, nothing keeps the other region from being
        made the writer too by somebody who doesn't know of it; then both write, and the later write of an order wins.
        Agree by telephone that nobody takes over before it has ended. Audited, and an alarm tells of it.
        """
        named = f"--region {region}{'' if epoch is None else f' --epoch {epoch}'}"

        def ask_alone(*, trying: bool) -> tuple[dict[str, object], str]:
            doing = AuditedCommand(f"dr confirm-alone {named}{' --dry-run' if trying else ''}")
            return runtime.with_regions(
                doing, lambda desk: _confirm_alone(desk, region, epoch, dry_run=trying), tell=_tell
            )

        if not (dry_run or yes):
            _, words = ask_alone(trying=True)
            typer.echo(f"{region} will take changes without asking the control table, for an hour at most.", err=True)
            typer.echo(f"then: {words}", err=True)
            ask_for_phrase(f"let {region} write alone")
        facts, words = ask_alone(trying=dry_run)
        if as_json:
            print_json(facts)
        else:
            typer.echo(f"dry run, nothing was changed; {words}" if dry_run else words)


async def _confirm_alone(
    desk: RegionDesk, region: str, epoch: int | None, *, dry_run: bool
) -> tuple[dict[str, object], str]:
    """Asks for it, or confirms it, and returns what holds then, as facts and in words. Raises: CommandError."""
    if region != desk.regions[0]:
        raise CommandError(f"run it with the settings of {region}: AWS_REGION is {desk.regions[0]}")
    found, words = await desk.alone.execute(epoch=epoch, dry_run=dry_run)
    facts: dict[str, object] = {
        "region": found.region,
        "epoch": found.epoch,
        "asked_by": found.asked_by,
        "confirmed_by": found.confirmed_by,
        "until": found.until,
        "dry_run": dry_run,
    }
    return facts, words


def _switch(
    runtime: Runtime,
    doing: str,
    request: Callable[[RegionDesk], SwitchRequest],
    phrase: str,
    *,
    abandon: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Says what will be done, asks, and does it."""
    if abandon:
        _abandon(runtime, doing, dry_run=dry_run, yes=yes, as_json=as_json)
        return
    plan = runtime.with_regions(
        AuditedCommand(f"{doing} --dry-run"), lambda desk: desk.switch.plan(request(desk)), tell=_tell
    )
    if dry_run and as_json:
        print_json({"dry_run": True, "plan": plan})
        return
    for number, line in enumerate(plan, 1):
        typer.echo(f"{number}. {line}", err=not dry_run)
    if dry_run or not plan:
        typer.echo("dry run: nothing was changed" if plan else "nothing to do: it is done already", err=not dry_run)
    if dry_run:
        return
    if plan and not yes:
        ask_for_phrase(phrase)
    state = runtime.with_regions(AuditedCommand(doing), lambda desk: desk.switch.execute(request(desk)), tell=_tell)
    _print_state(state, as_json=as_json)


def _abandon(runtime: Runtime, doing: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    if dry_run:
        raise CommandError("--abandon has no dry run: `orders dr status` shows the switch that it would give up")
    if not yes:
        ask_for_phrase("give up")
    work: Callable[[RegionDesk], Awaitable[ControlState]] = lambda desk: desk.switch.abandon()  # noqa: E731 - typed
    _print_state(runtime.with_regions(AuditedCommand(f"{doing} --abandon"), work, tell=_tell), as_json=as_json)


def _other(desk: RegionDesk, region: str) -> str:
    if region not in desk.regions:
        raise CommandError(f"--to: the regions are {' and '.join(desk.regions)}; {region!r} is neither")
    return desk.other(region)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _print_state(state: ControlState, *, as_json: bool) -> None:
    facts = {
        "writer": state.writer,
        "may_write": state.may_write,
        "epoch": state.epoch,
        "evacuated": sorted(state.evacuated),
        "by": state.by,
        "at": state.at,
    }
    if as_json:
        print_json(facts)
    else:
        print_facts("the control table", {**facts, "evacuated": ", ".join(sorted(state.evacuated))})


def _print_status(status: Status) -> None:
    facts = dict(as_facts(status))
    regions, switch = facts.pop("regions"), facts.pop("switch")
    print_facts("the control table", {**facts, "evacuated": ", ".join(status.state.evacuated if status.state else ())})
    if isinstance(switch, dict):
        title = "the switch under way" if switch.pop("under_way") else "the last switch"
        print_facts(title, switch)
    if isinstance(regions, dict):
        words = {True: "ready", False: "LACKING", None: "not known"}
        rows = [
            (each.region, finding.need.value, words[finding.ok], finding.detail)
            for each in status.regions
            for finding in each.findings
        ]
        rows += [(each.region, "health checkers", "", each.seen) for each in status.regions]
        print_table("could each region take over", ("region", "need", "state", "detail"), sorted(rows))
