"""``orders dlq``: lists, shows, redrives and purges dead letters ([PIPE-12])."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from orders.adapters.inbound.cli.asking import ask_whether
from orders.adapters.inbound.cli.options.choices import offered
from orders.adapters.inbound.cli.options.order_names import named_order
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir, FailIfEmpty
from orders.adapters.inbound.cli.options.times import a_time, in_order
from orders.adapters.inbound.cli.output import counted, print_facts, print_json, print_table, progress
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime
from orders.application.operations.dead_letters import DeadLetterService, LetterFilter, Tally, subject_of
from orders.application.operations.message_outline import outline
from orders.application.policy.audit import about
from orders.domain.identity import check_key
from orders.ports.dead_letters import DeadLetter, UnknownQueue

EVERY = "all"
_NO_LIMIT = 1_000_000
DEFAULT_PER_SECOND = 20.0

_OFFERED = offered(lambda runtime: (*runtime.queue_names(), EVERY))

Queue = Annotated[
    str,
    typer.Argument(
        metavar="QUEUE",
        help="A worker's name, rule:NAME, or 'all'; `orders dlq list` has them.",
        autocompletion=_OFFERED,
    ),
]
Order = Annotated[
    str | None, typer.Option("--order", metavar="ORDER", help="Only about this order, by its id or number.")
]
Tenant = Annotated[str | None, typer.Option("--tenant", metavar="SHOP", help="Only about this shop.")]
Ids = Annotated[
    list[str] | None, typer.Option("--id", metavar="ID", help="Only this message, by its id or the log's; repeatable.")
]
Reason = Annotated[
    str | None,
    typer.Option("--reason", metavar="TEXT", help="Only with this text in the reason, such as MessageRefused."),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Only from this time on: 2026-03-01T12:00:00Z, or 90m, 12h, 3d ago."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Only before this time; format as --since.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Maximum number.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List the matching letters and change nothing.")]


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``dlq`` and its commands."""
    group = typer.Typer(no_args_is_help=True, help="Inspect, redrive and delete dead letters.")
    app.add_typer(group, name="dlq", rich_help_panel="Operate")

    @group.command("list")
    def list_(
        queue: Annotated[
            str | None,
            typer.Argument(
                metavar="QUEUE",
                help="List the letters of this queue; default: counts by queue.",
                autocompletion=_OFFERED,
            ),
        ] = None,
        order: Order = None,
        tenant: Tenant = None,
        message_id: Ids = None,
        reason: Reason = None,
        since: Since = None,
        until: Until = None,
        limit: Annotated[int, typer.Option(min=1, metavar="N", help="Maximum number.")] = 100,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """List the number of dead letters by queue; or the letters of a queue, or about an order."""
        wanted = _wanted(runtime, order, tenant, message_id, reason, since, until)
        if queue is None and wanted == LetterFilter():
            _print_depths(
                runtime.with_dead_letters(AuditedCommand("dlq list"), lambda service: service.depths()), as_json=as_json
            )
            return
        letters, tally = runtime.with_dead_letters(
            AuditedCommand("dlq list", order_id=wanted.order_id, tenant_id=tenant),
            lambda service: service.list(_queues(service, queue or EVERY), wanted, limit=limit),
        )
        _print_letters(letters, tally, as_json=as_json)

    @group.command()
    def show(
        queue: Queue,
        message_id: Ids = None,
        order: Order = None,
        limit: Annotated[int, typer.Option(min=1, metavar="N", help="Maximum number.")] = 10,
        clear: Annotated[bool, typer.Option("--clear", help="Show personal data too; audited.")] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Show dead letters in full; of their bodies only what can't be personal data, unless asked for."""
        wanted = _wanted(runtime, order, None, message_id, None, None, None)
        _one_letter_if(clear, message_id)
        letters = runtime.with_dead_letters(
            AuditedCommand("dlq show --clear" if clear else "dlq show", order_id=wanted.order_id),
            lambda service: _taken_out(service, _queues(service, queue), wanted, limit=limit),
        )
        shown = [_facts(letter) | {"body": letter.body if clear else outline(letter.body)} for letter in letters]
        _print_bodies(shown, as_json=as_json)

    @group.command()
    def redrive(
        queue: Queue,
        order: Order = None,
        tenant: Tenant = None,
        message_id: Ids = None,
        reason: Reason = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = None,
        rate: Annotated[float, typer.Option(min=0.1, metavar="N", help="Maximum per second.")] = DEFAULT_PER_SECOND,
        dry_run: DryRun = False,
        fail_if_empty: FailIfEmpty = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Send dead letters back to their source queues. Idempotent: repeat it after an interruption."""
        wanted = _wanted(runtime, order, tenant, message_id, reason, since, until)
        if dry_run:
            _print_dry_run(runtime, "dlq redrive", queue, wanted, limit, as_json=as_json, fail_if_empty=fail_if_empty)
            return

        async def work(service: DeadLetterService) -> Tally:
            names = _queues(service, queue)
            depths = await service.depths()
            with progress("sending again", limit or sum(depths[name] for name in names), shown=not as_json) as done:
                return await service.redrive(
                    names, wanted, limit=limit, per_second=rate, watch=lambda _, tally: done(tally.looked_at)
                )

        doing = AuditedCommand("dlq redrive", order_id=wanted.order_id, tenant_id=tenant)
        tally = runtime.with_dead_letters(doing, work)
        _print_tally(tally, "sent again", as_json=as_json)
        _something(tally.matched, fail_if_empty=fail_if_empty)

    @group.command()
    def purge(
        queue: Queue,
        order: Order = None,
        tenant: Tenant = None,
        message_id: Ids = None,
        reason: Reason = None,
        since: Since = None,
        until: Until = None,
        limit: Limit = None,
        dry_run: DryRun = False,
        yes: Annotated[bool, typer.Option("--yes", help="Don't ask for confirmation.")] = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Delete dead letters for good. Asks first, and says how many there are; those that come later stay."""
        wanted = _wanted(runtime, order, tenant, message_id, reason, since, until)
        if dry_run:
            _print_dry_run(runtime, "dlq purge", queue, wanted, limit, as_json=as_json)
            return
        if not yes:
            counting = AuditedCommand("dlq purge --dry-run", order_id=wanted.order_id, tenant_id=tenant)
            found = runtime.with_dead_letters(
                counting, lambda service: service.list(_queues(service, queue), wanted, limit=limit or _NO_LIMIT)
            )[0]
            if found:
                letters = counted(len(found), "dead letter")
                ask_whether(f"Delete {letters} of {_whose(queue)} for good, on {runtime.aws_target()}?")
            # Those that were counted, and no other that has come while somebody thought about it.
            wanted = replace(wanted, message_ids=frozenset(letter.message_id for letter in found))
            if not found:
                _print_tally(Tally(), "deleted", as_json=as_json)
                return
        tally = runtime.with_dead_letters(
            AuditedCommand("dlq purge", order_id=wanted.order_id, tenant_id=tenant),
            lambda service: service.purge(_queues(service, queue), wanted, limit=limit),
        )
        _print_tally(tally, "deleted", as_json=as_json)


def _wanted(
    runtime: Runtime,
    order: str | None,
    tenant: str | None,
    message_ids: Sequence[str] | None,
    reason: str | None,
    since: str | None,
    until: str | None,
) -> LetterFilter:
    if tenant is not None:
        check_key(tenant, "--tenant")
    order_id, order_number = named_order(order)
    sent_from, sent_before = a_time("--since", since, runtime.now()), a_time("--until", until, runtime.now())
    in_order("--since", sent_from, "--until", sent_before)
    return LetterFilter(
        order_id=order_id,
        order_number=order_number,
        tenant_id=tenant,
        message_ids=frozenset(message_ids or ()),
        reason=reason,
        sent_from=sent_from,
        sent_before=sent_before,
    )


def _queues(service: DeadLetterService, queue: str) -> Sequence[str]:
    """Returns the queue's name, or all names. Raises: UnknownQueue."""
    if queue == EVERY:
        return service.queue_names
    if queue not in service.queue_names:
        raise UnknownQueue(queue, service.queue_names)
    return (queue,)


def _one_letter_if(clear: bool, message_ids: Sequence[str] | None) -> None:
    """Checks that ``--clear`` names a single letter. Raises: CommandError."""
    if clear and len(message_ids or ()) != 1:
        raise CommandError("--clear shows one letter, so that the audit trail says whose it was: name it with --id")


async def _taken_out(
    service: DeadLetterService, queues: Sequence[str], wanted: LetterFilter, *, limit: int
) -> Sequence[DeadLetter]:
    """Returns the letters to show; a single one's order is audited."""
    letters, _ = await service.list(queues, wanted, limit=limit)
    subject = subject_of(letters[0].body) if len(letters) == 1 else None
    if subject is not None and subject.order_id is not None:
        about(order_id=subject.order_id, tenant_id=subject.tenant_id)
    return letters


def _facts(letter: DeadLetter) -> dict[str, Any]:
    subject = subject_of(letter.body)
    return {
        "message_id": letter.message_id,
        "logged_as": letter.logged_as or letter.message_id,
        "queue": letter.queue,
        "sent_at": letter.sent_at,
        "first_sent_at": letter.first_sent_at or letter.sent_at,
        "waited": letter.waited,
        "what": subject.kind,
        "tenant_id": subject.tenant_id,
        "order_id": subject.order_id,
        "reason": letter.reason or "received too often",
        "error": letter.error,
    }


def _print_depths(depths: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json(depths)
    else:
        print_table("dead letters", ("queue", "letters"), list(depths.items()))


def _print_letters(letters: Sequence[DeadLetter], tally: Tally, *, as_json: bool) -> None:
    facts = [_facts(letter) for letter in letters]
    if as_json:
        print_json(facts)
        return
    columns = ("message_id", "queue", "sent_at", "what", "tenant_id", "order_id", "reason", "error")
    print_table(
        f"{counted(len(letters), 'dead letter')} ({tally.looked_at} looked at)",
        columns,
        [[each[name] for name in columns] for each in facts],
    )


def _print_bodies(shown: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(shown)
        return
    for facts in shown:
        print_facts(str(facts.pop("message_id")), facts)
        typer.echo()
    if not shown:
        typer.echo("no matching dead letter", err=True)


def _print_dry_run(
    runtime: Runtime,
    command: str,
    queue: str,
    wanted: LetterFilter,
    limit: int | None,
    *,
    as_json: bool,
    fail_if_empty: bool = False,
) -> None:
    letters, tally = runtime.with_dead_letters(
        AuditedCommand(f"{command} --dry-run", order_id=wanted.order_id, tenant_id=wanted.tenant_id),
        lambda service: service.list(_queues(service, queue), wanted, limit=limit or _NO_LIMIT),
    )
    if as_json:
        print_json({"dry_run": True, "matched": len(letters), "letters": [_facts(letter) for letter in letters]})
    else:
        _print_letters(letters, tally, as_json=False)
        typer.echo("dry run: nothing was changed")
    _something(len(letters), fail_if_empty=fail_if_empty)


def _something(matched: int, *, fail_if_empty: bool) -> None:
    """Raises: CommandError: nothing matched, which is to fail."""
    if fail_if_empty and not matched:
        raise CommandError("no dead letter matches")


def _whose(queue: str) -> str:
    return "all queues" if queue == EVERY else queue


def _print_tally(tally: Tally, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(tally))
    else:
        if tally.matched:
            letters = counted(tally.acted_on, "dead letter")
            typer.echo(f"{letters} {what} ({tally.matched} matched, {tally.looked_at} looked at)")
        else:
            typer.echo(f"no matching dead letter: nothing was {what}")
        if tally.came_back:
            letters = counted(tally.came_back, "of them has", "of them have")
            typer.echo(f"{letters} failed again and come back already; `orders dlq show` says why", err=True)
        for failure in tally.failed[:20]:
            typer.echo(f"failed: {failure}", err=True)
    if tally.failed:
        raise typer.Exit(1)
