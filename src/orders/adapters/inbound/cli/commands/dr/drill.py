"""``orders dr drill``: rehearses a takeover in a living environment, and keeps the evidence ([OPS-9])."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from orders.adapters.inbound.cli.asking import ask_for_phrase
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir
from orders.adapters.inbound.cli.options.times import a_time
from orders.adapters.inbound.cli.output import print_json, print_table
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, RehearsalAsked, Runtime
from orders.application.regions.rehearsal_figures import facts_of, figures_of
from orders.application.regions.rehearse import DrillRequest, Rehearse
from orders.ports.rehearsals import DrillResult, DrillStep, Evidence

NOT_PASSED, NOT_HOME = 1, 3
"""Exit codes of a rehearsal that ended and has not passed, and of one that may have left the environment elsewhere."""
DEFAULT_SPAN = timedelta(days=1)


def register(group: typer.Typer, runtime: Runtime) -> None:
    """Adds ``drill``."""

    @group.command(
        epilog=(
            "Exit codes: 0 passed, and back home; 1 back home, and something was missing, failed or took longer than "
            "the target; 2 refused, and nothing was changed by this run; 3 THE ENVIRONMENT IS NOT BACK HOME, or "
            "nobody can tell: do what it says; 130 broken off, the same holds. Type the same command again to go on."
        )
    )
    def drill(
        to: Annotated[
            str | None, typer.Option("--to", metavar="REGION", help="The other region (default: the one that can be).")
        ] = None,
        base_url: Annotated[
            str | None,
            typer.Option(
                metavar="URL",
                help="The API's public address: measures from outside, with DNS, by SMOKE_CUSTOMER_TOKEN. Without it "
                "the lease alone is measured.",
            ),
        ] = None,
        hold_minutes: Annotated[
            float, typer.Option(min=0, metavar="N", help="The other region writes for so long before it goes back.")
        ] = 0,
        since: Annotated[
            str | None,
            typer.Option(metavar="TIME", help="Compare orders placed from this day on (default: 1d ago)."),
        ] = None,
        evidence: Annotated[
            Path | None,
            typer.Option(
                metavar="PATH",
                dir_okay=False,
                help="The evidence, in JSON, with a page of Markdown beside it. Default: of a rehearsal in this "
                "directory that has not ended, else dr-drill-ENVIRONMENT-TIME.json.",
            ),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look at both regions, say what would be done, and change nothing.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts and monthly rehearsals.")] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Rehearse a takeover of a living environment: to the other region and back, measured.

        It looks at both regions, takes over to the other one as planned, waits until changes are taken there, compares
        both (verify), reconciles, goes back and looks again. Changes get 503 twice, for about 70 s each; nothing is
        lost. Whatever a look finds, it goes back. RTO is from the evacuation until changes are taken again; RPO is what
        is missing after it.

        Interrupted, the same command goes on by its evidence, which is kept before every step. Run it in a quiet hour.
        """
        now = runtime.now()
        begin = a_time("--since", since, now) or now - DEFAULT_SPAN
        if begin > now:
            raise CommandError("--since lies in the future: no order was placed from then on")
        request = DrillRequest(to, timedelta(minutes=hold_minutes), begin)
        command = _Command(runtime, request, RehearsalAsked(base_url, evidence), as_json=as_json)
        phrase = f"rehearse {command.plan(dry_run=dry_run)}"
        if dry_run:
            return
        if not yes:
            ask_for_phrase(phrase)
        command.execute()


class _Command:
    def __init__(self, runtime: Runtime, request: DrillRequest, asked: RehearsalAsked, *, as_json: bool) -> None:
        self._runtime = runtime
        self._request = request
        self._asked = asked
        self._as_json = as_json
        self._doing = f"dr drill{'' if request.to is None else f' --to {request.to}'}"

    def plan(self, *, dry_run: bool) -> str:
        """Says what would be done; returns the environment that it would be done in."""
        plan, kept_in, environment = self._runtime.with_rehearsal(
            AuditedCommand(f"{self._doing} --dry-run"),
            lambda rehearse: _planned(rehearse, self._request),
            self._asked,
            tell=_tell,
        )
        if dry_run and self._as_json:
            print_json({"dry_run": True, "plan": plan, "evidence": kept_in})
            return environment
        for number, line in enumerate(plan, 1):
            typer.echo(f"{number}. {line}", err=not dry_run)
        typer.echo(f"the evidence {'would be' if dry_run else 'is'} kept in {kept_in}", err=not dry_run)
        if dry_run:
            typer.echo("dry run: nothing was changed")
        return environment

    def execute(self) -> None:
        """Does it, and prints the evidence. Raises: typer.Exit unless it has passed."""
        evidence, kept_in = self._runtime.with_rehearsal(
            AuditedCommand(self._doing), lambda rehearse: _executed(rehearse, self._request), self._asked, tell=_tell
        )
        if self._as_json:
            print_json({**facts_of(evidence), "evidence": kept_in})
        else:
            _print(evidence)
            typer.echo(f"evidence: {kept_in}")
        if evidence.result is None:
            _tell(f"{evidence.notes[-1].text if evidence.notes else 'not ended'}. To go on: the same command")
            raise typer.Exit(NOT_HOME)
        if evidence.result is DrillResult.FAILED:
            raise typer.Exit(NOT_PASSED)


async def _planned(rehearse: Rehearse, request: DrillRequest) -> tuple[list[str], str, str]:
    return await rehearse.plan(request), rehearse.evidence_name, rehearse.environment


async def _executed(rehearse: Rehearse, request: DrillRequest) -> tuple[Evidence, str]:
    return await rehearse.execute(request), rehearse.evidence_name


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _print(evidence: Evidence) -> None:
    print_table(
        f"{evidence.environment}: {evidence.result or 'unfinished'}",
        ("step", "seconds", "result", "found"),
        [
            (
                each.step,
                "" if each.ended_at is None else f"{(each.ended_at - each.begun_at).total_seconds():.1f}",
                each.state,
                "" if each.step is DrillStep.LOOK else "; ".join(each.found),
            )
            for each in evidence.steps
        ],
    )
    print_table(
        f"measured {evidence.measured}",
        ("from", "to", "RTO, s", "missing", "RPO, s"),
        [
            (
                each.source,
                each.target,
                "not measured" if each.rto_seconds is None else f"{each.rto_seconds:.1f}",
                len(each.missing),
                "not known" if each.rpo_seconds is None else f"{each.rpo_seconds:g}",
            )
            for each in figures_of(evidence)
        ],
    )
