"""``orders load``: the load test as tables for people, as JSON for scripts, and as a picture."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from orders.acceptance.load.figures import PhaseResult, Row
from orders.acceptance.load.profile import Mix, Phase, Profile, WrongMix
from orders.acceptance.load.report import as_json as report_of
from orders.acceptance.load.report import as_svg, passed
from orders.adapters.inbound.cli.options.shared import DataDir
from orders.adapters.inbound.cli.options.target import Target, address_of
from orders.adapters.inbound.cli.runtime import CommandError, Runtime

_USUAL = Profile()
_IN_WORDS = ", ".join(f"{kind} {share:g}" for kind, share in _USUAL.mix.shares.items())


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``load``."""

    @app.command(rich_help_panel="Operate")
    def load(
        base_url: Annotated[
            str | None,
            typer.Option(metavar="URL", help="The API's address (default: the local `orders dev`)."),
        ] = None,
        env: Annotated[Target, typer.Option(help="The environment of that API; never prod.")] = Target.LOCAL,
        phases: Annotated[
            list[Phase] | None,
            typer.Option(
                "--phase", metavar="PHASE", help="Only steady, ramp, users or one-key; can be repeated (default: all)."
            ),
        ] = None,
        rate: Annotated[float, typer.Option(min=0.1, metavar="N", help="Requests a second.")] = _USUAL.rate,
        minutes: Annotated[
            float, typer.Option(min=0.01, metavar="MINUTES", help="Duration of the steady phase.")
        ] = _USUAL.minutes,
        mix: Annotated[
            str,
            typer.Option(
                metavar="SHARES",
                help=f"Shares of the operations, such as get=60,list=40 (default: {_IN_WORDS}).",
                # Written as an argument it is one word, and longer than its place in a narrow terminal.
                show_default=False,
            ),
        ] = str(_USUAL.mix),
        ramp_step: Annotated[
            float, typer.Option(min=0.1, metavar="N", help="Requests a second more each step.")
        ] = _USUAL.ramp_step,
        step_seconds: Annotated[
            float,
            typer.Option(
                min=1, metavar="SECONDS", help="Duration of each step of the ramp, and of each number of users."
            ),
        ] = _USUAL.ramp_step_seconds,
        users: Annotated[str, typer.Option(metavar="N,N,...", help="Numbers of concurrent users.")] = ",".join(
            map(str, _USUAL.users)
        ),
        at_once: Annotated[
            int, typer.Option(min=2, metavar="N", help="Creates at once under one key.")
        ] = _USUAL.at_once,
        within: Annotated[
            float, typer.Option(min=1, metavar="SECONDS", help="Time limit in seconds for documents and mails.")
        ] = _USUAL.within_seconds,
        picture: Annotated[
            Path | None, typer.Option(metavar="FILE", help="Write latency over time there, as SVG.")
        ] = None,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Put a running service under load, and hold it against its service levels.

        steady: the given rate for the given time; a request's latency counts from when it was due.

        ramp: more each step, until errors pass 5 % or creates take 3 s (95th percentile).

        users: 10, 100 and 1,000 who each send one request after the other.

        one-key: creates at once under one idempotency key, of which one order must come.

        Then every order is followed to its document and its mails. Judged are steady, one-key and the orders. Tokens
        as for `orders smoke`, of a shop of its own: the orders remain. Exit code 1: a level was missed.
        """
        if env is Target.PROD:
            raise CommandError("a load test of prod would be its customers' outage; test sit")
        profile = Profile(
            phases=tuple(phases or Phase),
            mix=_mix(mix),
            rate=rate,
            minutes=minutes,
            ramp_step=ramp_step,
            ramp_step_seconds=step_seconds,
            users=_numbers(users),
            users_seconds=step_seconds,
            at_once=at_once,
            within_seconds=within,
        )
        base_url = address_of(base_url or None, env, runtime)
        _may_begin(profile, base_url, env, yes=yes)
        results = []
        with Console(stderr=True).status("load test") as shown:
            for result in runtime.load(base_url=base_url, environment=env, profile=profile, tell=shown.update):
                results.append(result)
                if not as_json:
                    Console(highlight=False).print(*_shown(result), sep="\n")
        if as_json:
            typer.echo(json.dumps(report_of(profile, base_url, env, results), indent=2))
        if picture is not None:
            _write(picture, as_svg(f"{env} on {base_url}", results))
        raise typer.Exit(0 if passed(results) else 1)


def _mix(text: str) -> Mix:
    try:
        return Mix.parse(text)
    except WrongMix as error:
        raise CommandError(f"--mix: {error}") from error


def _numbers(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and 0 < int(part) <= 10_000 for part in parts):
        raise CommandError(f"--users: {text!r} is no list of numbers from 1 to 10,000, such as 10,100,1000")
    return tuple(map(int, parts))


def _may_begin(profile: Profile, base_url: str, environment: Target, *, yes: bool) -> None:
    """Asks, unless it is this machine that gets the load. Raises: typer.Abort."""
    if environment is Target.LOCAL or yes:
        return
    typer.echo(
        f"This sends {base_url} ({environment}) {profile.rate:g} requests a second for {profile.minutes:g} min "
        f"({', '.join(profile.phases)}). The orders it places remain, and their mails are sent.",
        err=True,
    )
    typer.confirm("Begin?", abort=True, err=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"can't write {path}: {error.strerror}") from error


def _shown(result: PhaseResult) -> Iterator[RenderableType]:
    """Yields the result's headline, its operations, and what was found."""
    verdict = {True: ", [green]holds[/]", False: ", [red]missed[/]", None: ""}[result.holds]
    sent = f", {result.rate:.0f} requests/s, errors {result.error_rate:.2%}" if result.requests else ""
    yield f"[bold]{result.name}[/]: {result.seconds:.0f} s{sent}{verdict}"
    if result.rows:
        yield _table(result)
    for line in (*([result.note] if result.note else []), *(f"{number} x {what}" for what, number in result.faults)):
        yield Text(line)
    yield ""


def _table(result: PhaseResult) -> Table:
    table = Table()
    for name in ("operation", "requests", "p50", "p95", "p99", "longest", "level"):
        table.add_column(name, justify="left" if name == "operation" else "right")
    for row in result.rows:
        table.add_row(*_cells(row))
    return table


def _cells(row: Row) -> tuple[str, ...]:
    p95 = _time(row.p95) if row.holds is not False else f"[red]{_time(row.p95)}[/]"
    level = _time(row.level) if row.holds is not None else ""
    return (str(row.kind), f"{row.requests:,}", _time(row.p50), p95, _time(row.p99), _time(row.longest), level)


def _time(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
