"""The command line: ``python -m deploy.release``. Exit codes are those of ``Outcome``, and 130 for an interruption."""

import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Annotated, NoReturn, TypeAlias

import typer

from deploy.release import evidence as evidence_file
from deploy.release.assembly import Options, desk_of
from deploy.release.back import Abort, Rollback
from deploy.release.desk import Desk, PersonNeeded
from deploy.release.figures import ENVIRONMENTS, Environment, environment
from deploy.release.model import Outcome, Refused, Seen
from deploy.release.plan import DIGEST
from deploy.release.ports import CloudFailed, TerraformFailed
from deploy.release.promote import Promote, Promotion

MakeDesk: TypeAlias = Callable[[Environment, Options, Callable[[str], None]], Desk]
INTERRUPTED = 130
EXIT_CODES = (
    "Exit codes: 0 done; 1 the release failed and everything is on the digest of before; 2 refused, nothing was "
    "changed; 3 a person must look, the message says what holds; 130 interrupted: the same command goes on."
)

Env = Annotated[
    str, typer.Option("--env", envvar="ENVIRONMENT", metavar="|".join(ENVIRONMENTS), help="The environment.")
]
Digest = Annotated[str, typer.Option("--digest", envvar="DIGEST", metavar="sha256:...", help="Digest of the image.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON; progress goes to standard error.")]
EvidencePath = Annotated[
    Path | None, typer.Option("--evidence", metavar="FILE", help="The record (default: evidence/ENV.json).")
]
VarFile = Annotated[
    list[Path] | None,
    typer.Option("--var-file", metavar="FILE", help="Terraform's variables (default: the root's owner.tfvars)."),
]
SmokeOption = Annotated[
    list[str] | None,
    typer.Option("--smoke", metavar="COMMAND", help="Smoke test, more than one in turn (default: `orders smoke`)."),
]
Link = Annotated[
    list[str] | None,
    typer.Option("--link", metavar="NAME=URL", help="Kept with the record: change request, test results, UAT."),
]
Report = Annotated[
    list[Path] | None, typer.Option("--report", metavar="FILE", help="A test report: name and checksum are kept.")
]


def app_of(make_desk: MakeDesk = desk_of) -> typer.Typer:
    """Makes the command line; tests give their own desk."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Releases of the order service to AWS (docs/release.md).",
        epilog=EXIT_CODES,
    )
    _add_looking(app, make_desk)
    _add_promote(app, make_desk)
    _add_going_back(app, make_desk)
    _add_evidence(app)
    return app


def _add_looking(app: typer.Typer, make_desk: MakeDesk) -> None:
    @app.command()
    def preflight(
        env: Env,
        digest: Digest,
        outside_window: Annotated[str | None, typer.Option(metavar="REASON", help="Why outside its hours.")] = None,
        evidence: EvidencePath = None,
        smoke: SmokeOption = None,
        link: Link = None,
        report: Report = None,
        as_json: AsJson = False,
    ) -> None:
        """Look at all that could stop a release halfway; changes nothing but the orders of the smoke test."""
        options = _options("preflight", digest, evidence=evidence, smoke=smoke, link=link, report=report)

        _run(make_desk, env, options, lambda desk: _look(desk, digest, outside_window), as_json=as_json)

    @app.command()
    def plan(
        env: Env,
        digest: Digest,
        evidence: EvidencePath = None,
        var_file: VarFile = None,
        as_json: AsJson = False,
    ) -> None:
        """Plan a release and judge the plan, for those who approve; changes nothing."""

        options = _options("plan", digest, evidence=evidence, var_file=var_file)
        _run(make_desk, env, options, lambda desk: _judge(desk, digest), as_json=as_json)

    @app.command()
    def status(env: Env, as_json: AsJson = False) -> None:
        """Show which digest each service is on, and what is under way; JSON has them as `digest` and `services`."""
        facts: dict[str, object] = {}

        options = Options("status", recorded=False)
        _run(make_desk, env, options, lambda desk: _tell_status(desk, facts), as_json=as_json, facts=facts)


def _add_promote(app: typer.Typer, make_desk: MakeDesk) -> None:
    @app.command(epilog=EXIT_CODES)
    def promote(
        env: Env,
        digest: Digest,
        again: Annotated[bool, typer.Option("--again", help="Release a digest that was taken back before.")] = False,
        outside_window: Annotated[str | None, typer.Option(metavar="REASON", help="Why outside its hours.")] = None,
        evidence: EvidencePath = None,
        var_file: VarFile = None,
        smoke: SmokeOption = None,
        link: Link = None,
        report: Report = None,
        as_json: AsJson = False,
    ) -> None:
        """Release an image: look before, plan, apply, watch, and take back what does not do well.

        Started again after it was killed, it goes on with what AWS says is under way.
        """
        options = _options(
            "promote", digest, evidence=evidence, var_file=var_file, smoke=smoke, link=link, report=report
        )
        asked = Promotion(digest, again=again, outside_window=outside_window)
        _run(make_desk, env, options, lambda desk: Promote(desk).execute(asked), as_json=as_json)


def _add_going_back(app: typer.Typer, make_desk: MakeDesk) -> None:
    @app.command(epilog=EXIT_CODES)
    def rollback(
        env: Env,
        reason: Annotated[str, typer.Option(metavar="TEXT", help="What was seen, for the record.")],
        to: Annotated[
            str | None, typer.Option("--to", metavar="sha256:...", help="The digest (default: that of before, by AWS).")
        ] = None,
        evidence: EvidencePath = None,
        var_file: VarFile = None,
        smoke: SmokeOption = None,
        link: Link = None,
        as_json: AsJson = False,
    ) -> None:
        """Bring the digest of before back: stops the deployment inside bake time, applies it at once afterwards."""
        options = _options("rollback", to, evidence=evidence, var_file=var_file, smoke=smoke, link=link)
        _run(make_desk, env, options, lambda desk: Rollback(desk).execute(reason, to), as_json=as_json)

    @app.command(epilog=EXIT_CODES)
    def abort(
        env: Env,
        reason: Annotated[
            str | None, typer.Option(metavar="TEXT", help="End it now, for this; otherwise only when it is over time.")
        ] = None,
        evidence: EvidencePath = None,
        var_file: VarFile = None,
        smoke: SmokeOption = None,
        as_json: AsJson = False,
    ) -> None:
        """End a release that is under way, and finish going back from one that ECS ended; otherwise do nothing."""
        options = _options("abort", None, evidence=evidence, var_file=var_file, smoke=smoke)
        _run(make_desk, env, options, lambda desk: Abort(desk).execute(reason), as_json=as_json)


def _add_evidence(app: typer.Typer) -> None:
    @app.command()
    def evidence(
        file: Annotated[Path, typer.Argument(metavar="FILE", help="A record, such as evidence/sit.json.")],
        as_json: AsJson = False,
    ) -> None:
        """Print what ran when, by whom and with what result, as Markdown."""
        try:
            kept = evidence_file.read(file)
            words = json.dumps(kept, indent=2) if as_json else evidence_file.page(kept)
        except Refused as error:
            typer.echo(f"refused: {error}", err=True)
            raise typer.Exit(Outcome.REFUSED) from None
        typer.echo(words)


def _look(desk: Desk, digest: str, outside_window: str | None) -> Outcome:
    checks = desk.preflight(digest, outside_window=outside_window)
    for each in checks:
        word = {True: "good", False: "REFUSED", None: "to know"}[each.ok]
        desk.tell(f"{word:8} {each.name}: {each.detail}")
    bad = [each.name for each in checks if each.ok is False]
    if bad:
        return desk.end(Outcome.REFUSED, f"no release now: {', '.join(bad)}")
    return desk.end(Outcome.DONE, f"{len(checks)} checks: a release can begin")


def _judge(desk: Desk, digest: str) -> Outcome:
    _, judged = desk.plan(digest, at_once=False)
    for address, action in judged.changes.items():
        desk.tell(f"{action:8} {address}")
    if judged.faults:
        return desk.end(Outcome.REFUSED, f"the plan is no release's: {'; '.join(judged.faults)}")
    return desk.end(Outcome.DONE, f"{len(judged.changes)} changes, all of them a release's")


def _tell_status(desk: Desk, facts: dict[str, object]) -> Outcome:
    seen = desk.deployments.observe()
    facts["digest"] = seen.api.serving
    facts["services"] = {str(state.service): state.serving for state in seen.states}
    facts["under_way"] = [each.words for each in seen.under_way()]
    for line in _states(seen):
        desk.tell(line)
    standing = desk.standing(seen)
    if standing:
        desk.tell(f"stands: {', '.join(standing)}")
    going = [each.words for each in seen.under_way()]
    return desk.end(Outcome.DONE, "; ".join(going) or f"nothing is under way; the API is on {seen.api.serving}")


def _options(
    command: str,
    digest: str | None,
    *,
    evidence: Path | None = None,
    var_file: list[Path] | None = None,
    smoke: list[str] | None = None,
    link: list[str] | None = None,
    report: list[Path] | None = None,
) -> Options:
    return Options(
        command=command,
        digest=digest,
        evidence=evidence,
        var_files=tuple(var_file or ()),
        smoke=tuple(smoke or ()),
        links=dict(each.partition("=")[::2] for each in link or ()),
        reports=tuple(report or ()),
    )


def _run(
    make_desk: MakeDesk,
    env: str,
    options: Options,
    work: Callable[[Desk], Outcome],
    *,
    as_json: bool,
    facts: Mapping[str, object] = MappingProxyType({}),
) -> NoReturn:
    """Runs a command to its one end: a result, or one message. JSON has the facts besides."""
    said: list[str] = []

    def tell(words: str) -> None:
        said.append(words)
        typer.echo(words, err=True)

    signal.signal(signal.SIGTERM, _interrupt)
    desk: Desk | None = None
    code: int
    try:
        _is_digest(options.digest)
        desk = make_desk(environment(env), options, tell)
        code = work(desk)
        name, words = Outcome(code).name, said[-1].partition(": ")[2]
    except KeyboardInterrupt:
        code, name = INTERRUPTED, "INTERRUPTED"
        words = "interrupted; what AWS has begun goes on: `status` shows it, the same command goes on"
        if desk is not None:
            desk.evidence.note("interrupted")
    except (Refused, PersonNeeded, CloudFailed, TerraformFailed) as error:
        code, name, words = _failed(error, desk)
    except Exception as error:  # noqa: BLE001 - a mistake of ours must not end with 1, which says that all is back
        code, name, words = _failed(PersonNeeded(f"unforeseen, {type(error).__name__}: {error}"), desk)
    if desk is not None and desk.evidence.fault is not None:
        typer.echo(f"the record is not complete: {desk.evidence.fault}", err=True)
    if code in {INTERRUPTED, Outcome.REFUSED, Outcome.NEEDS_PERSON} and not (said and words in said[-1]):
        typer.echo(f"{name.lower().replace('_', ' ')}: {words}", err=True)
    if as_json:
        where = str(desk.evidence.path) if desk is not None and desk.evidence.path is not None else None
        ended = {"outcome": name, "exit_code": int(code), "says": words, "evidence": where}
        typer.echo(json.dumps({**ended, **facts}, indent=2))
    raise typer.Exit(int(code))


def _failed(error: Exception, desk: Desk | None) -> tuple[Outcome, str, str]:
    outcome = Outcome.REFUSED if isinstance(error, Refused) else Outcome.NEEDS_PERSON
    if desk is not None:
        desk.evidence.end(outcome, str(error))
    return outcome, outcome.name, str(error)


def _is_digest(text: str | None) -> None:
    if text is not None and DIGEST.fullmatch(text) is None:
        raise Refused(f"{text}: a digest is sha256: and 64 hexadecimal digits")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Ends as Ctrl-C does: a workflow that is cancelled is sent SIGINT, then SIGTERM."""
    del number, frame
    raise KeyboardInterrupt


def _states(seen: Seen) -> list[str]:
    lines = []
    for state in seen.states:
        newest = "no deployment of late" if state.newest is None else state.newest.status
        tasks = f"{state.running} of {state.desired} tasks"
        lines.append(f"{state.service!s:40} {(state.serving or 'unknown')[:19]:20} {tasks:18} {newest}")
    return lines
