"""``orders events``: replays events from the log ([PIPE-13])."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options import DataDir
from orders.adapters.inbound.cli.output import counted, print_json, print_table, progress
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Runtime
from orders.adapters.inbound.cli.times import a_time, in_order
from orders.adapters.privacy.files import write_private
from orders.application.events.replay_events import Progress, ReplayEvents, Selection
from orders.domain.events import EventType
from orders.domain.identity import check_key, read_order_id

DEFAULT_PER_SECOND = 50.0
UNREADABLE = "unreadable"


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``events`` and its commands."""
    group = typer.Typer(no_args_is_help=True, help="Publish events again.")
    app.add_typer(group, name="events", rich_help_panel="Operate")

    @group.callback()
    def events() -> None:
        pass

    @group.command()
    def replay(
        tenant: Annotated[str, typer.Option(metavar="SHOP", help="The shop whose events to publish.")],
        order: Annotated[
            str | None,
            typer.Option(metavar="ORDER_ID", help="Only this order's events (ord_...); then no times are needed."),
        ] = None,
        kind: Annotated[
            list[str] | None,
            typer.Option("--type", metavar="TYPE", help=f"Only this type, one of {', '.join(EventType)}; repeatable."),
        ] = None,
        since: Annotated[
            str | None, typer.Option(metavar="TIME", help="From this time on: 2026-03-01T12:00:00Z, or 90m, 3d ago.")
        ] = None,
        until: Annotated[
            str | None, typer.Option(metavar="TIME", help="Before this time; format as --since (default: now).")
        ] = None,
        rate: Annotated[
            float, typer.Option(min=0.1, metavar="N", help="Maximum events per second.")
        ] = DEFAULT_PER_SECOND,
        checkpoint: Annotated[
            Path | None,
            typer.Option(
                dir_okay=False,
                metavar="FILE",
                help="Store the position in this file; the same command continues from it.",
            ),
        ] = None,
        with_mails: Annotated[
            bool, typer.Option("--with-mails", help="Send those of their mails that have not been sent yet.")
        ] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the events and publish nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Publish events again from the log, each order's in sequence, marked as replayed.

        Mails are not sent again. After an interruption it continues from its checkpoint.
        """
        selection = _selection(runtime, tenant, order, kind or (), since, until)
        if dry_run:
            doing = AuditedCommand("events replay --dry-run", order_id=selection.order_id, tenant_id=tenant)
            counts = runtime.with_replay(doing, lambda use_case: _counted(use_case, selection), mails=False)
            _print_count(counts, as_json=as_json)
            if counts[UNREADABLE]:
                typer.echo(_left_out(counts[UNREADABLE]), err=True)
            return
        kept = None if checkpoint is None else Checkpoint(checkpoint, selection)

        async def work(use_case: ReplayEvents) -> Progress:
            after = None if kept is None else kept.place()
            with progress("publishing again", None, shown=not as_json) as done:

                def watch(current: Progress) -> None:
                    if kept is not None:
                        kept.keep(current)
                    done(current.published)

                return await use_case.execute(selection, watch, after=after, per_second=rate)

        command = "events replay --with-mails" if with_mails else "events replay"
        outcome = runtime.with_replay(
            AuditedCommand(command, order_id=selection.order_id, tenant_id=tenant), work, mails=with_mails
        )
        if as_json:
            print_json(asdict(outcome))
        else:
            typer.echo(f"{counted(outcome.published, 'event')} published again")
        if outcome.unreadable:
            typer.echo(_left_out(outcome.unreadable), err=True)


class Checkpoint:
    """The position of a replay in a file, which identifies the replay."""

    def __init__(self, path: Path, selection: Selection) -> None:
        self._path = path
        # The end is left out: "until now" differs in each run.
        named = (selection.tenant_id, selection.order_id, sorted(selection.types), str(selection.since))
        self._is_place = _is_moment if selection.order_id is None else _is_sequence
        self._of = sha256(repr(named).encode()).hexdigest()[:16]

    def place(self) -> str | None:
        """Returns the position to continue from; ``None`` at the beginning.

        Raises: CommandError: the file is another replay's, or can't be read or written, which is checked before
        anything is
            published.
        """
        if not self._path.exists():
            self.keep(Progress())
            return None
        try:
            content = json.loads(self._path.read_text("utf-8"))
            of, place = content["of"], content["place"]
        except (OSError, ValueError, TypeError, KeyError):
            raise CommandError(_unreadable(self._path)) from None
        if of != self._of:
            raise CommandError(
                f"{self._path} is the checkpoint of another replay; name another file, or give the same options, "
                "with --since as a moment and not as so long ago"
            )
        if place is not None and not (isinstance(place, str) and self._is_place(place)):
            raise CommandError(_unreadable(self._path))
        return place

    def keep(self, current: Progress) -> None:
        """Stores the position atomically. Raises: CommandError."""
        new = self._path.with_name(self._path.name + ".new")
        content = {"of": self._of, "place": current.place, "published": current.published, "finished": current.finished}
        try:
            write_private(new, json.dumps(content).encode())
            new.replace(self._path)
        except OSError as error:
            raise CommandError(
                f"the checkpoint can't be kept in {self._path}: {error.strerror}; {current.published} events were "
                "published again"
            ) from None


def _unreadable(path: Path) -> str:
    return f"{path} is no checkpoint that can be read; name another file"


def _is_sequence(place: str) -> bool:
    return re.fullmatch(r"\d{1,18}", place, re.ASCII) is not None


def _is_moment(place: str) -> bool:
    """Returns whether a position among a shop's events has a valid day to continue from."""
    try:
        date.fromisoformat(place[:10])
    except ValueError:
        return False
    return re.fullmatch(r"[0-9T:.Z+-]{20,40}#ord_[0-9A-Z]{26}#\d{1,18}", place, re.ASCII) is not None


def _selection(
    runtime: Runtime, tenant: str, order: str | None, kinds: Sequence[str], since: str | None, until: str | None
) -> Selection:
    unknown = [kind for kind in kinds if kind not in set(EventType)]
    if unknown:
        raise CommandError(f"there is no type {', '.join(unknown)}; there are {', '.join(EventType)}")
    if order is None and since is None:
        raise CommandError("say which events: --order, or --since and perhaps --until")
    now = runtime.now()
    begin, end = a_time("--since", since, now), a_time("--until", until, now)
    in_order("--since", begin, "--until", end)
    return Selection(
        tenant_id=check_key(tenant, "--tenant"),
        order_id=None if order is None else read_order_id(order),
        types=frozenset(map(EventType, kinds)),
        since=begin,
        until=end or (now if order is None else None),
    )


async def _counted(use_case: ReplayEvents, selection: Selection) -> Counter[str]:
    counts: Counter[str] = Counter()
    async for each in use_case.selected(selection):
        counts[each.event.type] += 1
    counts[UNREADABLE] = len(use_case.passed_over)
    return counts


def _left_out(count: int) -> str:
    return f"{counted(count, 'event')} can't be read and left out: `orders unreadable list` says which, and why"


def _print_count(found: Counter[str], *, as_json: bool) -> None:
    counts = Counter({kind: count for kind, count in found.items() if kind != UNREADABLE})
    if as_json:
        told = {"dry_run": True, "matched": counts.total(), "by_type": dict(counts)}
        print_json(told | {"unreadable": found[UNREADABLE]})
    else:
        print_table(
            f"{counted(counts.total(), 'event')}; dry run: nothing was published",
            ("type", "events"),
            list(counts.items()),
        )
