"""``orders events``: replays events from the log ([PIPE-13])."""

import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from orders.adapters.inbound.cli.options.choices import offered
from orders.adapters.inbound.cli.options.order_names import named_order
from orders.adapters.inbound.cli.options.shared import AsJson, DataDir, FailIfEmpty
from orders.adapters.inbound.cli.options.times import a_time, in_order
from orders.adapters.inbound.cli.output import counted, print_json, print_table, progress
from orders.adapters.inbound.cli.runtime import AuditedCommand, CommandError, Result, Runtime
from orders.adapters.privacy.files import write_private
from orders.application.events.replay_events import Progress, ReplayEvents, Selection
from orders.application.events.replay_shops import BEHIND_SHOP, ReplayShops
from orders.domain.events import EventType
from orders.domain.identity import check_key, is_key

DEFAULT_PER_SECOND = 50.0
EVERY_SHOP = "any"
"""Stands for the shop where all are selected: nothing is looked up by it."""


def register(app: typer.Typer, runtime: Runtime) -> None:
    """Adds ``events`` and its commands."""
    group = typer.Typer(no_args_is_help=True, help="Publish events again.")
    app.add_typer(group, name="events", rich_help_panel="Operate")

    @group.callback()
    def events() -> None:
        pass

    @group.command()
    def replay(
        tenant: Annotated[str | None, typer.Option(metavar="SHOP", help="The shop whose events to publish.")] = None,
        all_tenants: Annotated[
            bool,
            typer.Option(
                "--all-tenants",
                help="Every shop's: those with files in the templates bucket, and those with an order placed from 30 "
                "days before --since on.",
            ),
        ] = False,
        order: Annotated[
            str | None,
            typer.Option(
                metavar="ORDER", help="Only the events of this order, by its id or number; then no times are needed."
            ),
        ] = None,
        kind: Annotated[
            list[str] | None,
            typer.Option(
                "--type",
                metavar="TYPE",
                help=f"Only this type, one of {', '.join(EventType)}; repeatable.",
                autocompletion=offered(lambda _: EventType),
            ),
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
        fail_if_empty: FailIfEmpty = False,
        as_json: AsJson = False,
        _data_dir: DataDir = None,
    ) -> None:
        """Publish events again from the log, each order's in sequence, marked as replayed.

        Mails are not sent again. After an interruption it continues from its checkpoint.

        With --all-tenants after a takeover: what the old region had in its queues is worked on here. Shops follow each
        other by their ids, and --rate holds over all of them.
        """
        _check_shops(tenant, order, all_tenants=all_tenants)
        selection = _selection(runtime, tenant or EVERY_SHOP, order, kind or (), since, until)
        replaying = _Replaying(runtime, selection, all_shops=all_tenants)
        if dry_run:
            counts = replaying.run(_counted, "--dry-run", mails=False)
            _print_count(counts, as_json=as_json)
            if counts.unreadable:
                typer.echo(_left_out(counts.unreadable), err=True)
            _something(counts.by_type.total(), fail_if_empty=fail_if_empty)
            return
        kept = None if checkpoint is None else Checkpoint(checkpoint, selection, all_shops=all_tenants)
        if kept is not None and selection.since is not None and not as_json:
            typer.echo(f"to go on after an interruption: the same with --since {_moment(selection.since)}", err=True)

        async def work(use_case: ReplayEvents | ReplayShops, selection: Selection) -> Progress:
            after = None if kept is None else kept.place()
            with progress("publishing again", None, shown=not as_json) as done:

                def watch(current: Progress) -> None:
                    if kept is not None:
                        kept.keep(current)
                    done(current.published)

                return await use_case.execute(selection, watch, after=after, per_second=rate)

        outcome = replaying.run(work, "--with-mails" if with_mails else "", mails=with_mails)
        if as_json:
            print_json(asdict(outcome))
        elif outcome.published:
            typer.echo(f"{counted(outcome.published, 'event')} published again")
        else:
            typer.echo("no event matches, or none is left: nothing was published")
        if outcome.unreadable:
            typer.echo(_left_out(outcome.unreadable), err=True)
        _something(outcome.published, fail_if_empty=fail_if_empty)


def _something(matched: int, *, fail_if_empty: bool) -> None:
    """Raises: CommandError: nothing matched, which is to fail."""
    if fail_if_empty and not matched:
        raise CommandError("no event matches")


class _Replaying:
    """One shop's replay or that of all shops, by the same work."""

    def __init__(self, runtime: Runtime, selection: Selection, *, all_shops: bool) -> None:
        self._runtime = runtime
        self._selection = selection
        self._all_shops = all_shops

    def run(
        self,
        work: Callable[[ReplayEvents | ReplayShops, Selection], Awaitable[Result]],
        option: str,
        *,
        mails: bool,
    ) -> Result:
        """Runs the audited work and returns its result. Raises: CommandError."""
        selection = self._selection
        command = " ".join(filter(None, ("events replay", "--all-tenants" if self._all_shops else "", option)))
        if self._all_shops:
            return self._runtime.with_shops_replay(
                AuditedCommand(command), lambda use_case: work(use_case, selection), mails=mails
            )
        doing = AuditedCommand(command, order_id=selection.order_id, tenant_id=selection.tenant_id)
        return self._runtime.with_replay(doing, lambda use_case: work(use_case, selection), mails=mails)


class Checkpoint:
    """The position of a replay in a file, which identifies the replay."""

    def __init__(self, path: Path, selection: Selection, *, all_shops: bool = False) -> None:
        self._path = path
        # The end is left out: "until now" differs in each run.
        order = selection.order_id or selection.order_number
        named = (selection.tenant_id, order, sorted(selection.types), str(selection.since))
        self._is_place = _is_moment if order is None else _is_sequence
        if all_shops:
            self._is_place = _is_shops_moment
        text = f"all shops: {named}" if all_shops else repr(named)
        self._of = sha256(text.encode()).hexdigest()[:16]

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
                f"the checkpoint can't be kept in {self._path}: {error.strerror}; published again: "
                f"{counted(current.published, 'event')}"
            ) from None


def _unreadable(path: Path) -> str:
    return f"{path} is no checkpoint that can be read; name another file"


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _is_sequence(place: str) -> bool:
    return re.fullmatch(r"\d{1,18}", place, re.ASCII) is not None


def _is_moment(place: str) -> bool:
    """Returns whether a position among a shop's events has a valid day to continue from."""
    try:
        date.fromisoformat(place[:10])
    except ValueError:
        return False
    return re.fullmatch(r"[0-9T:.Z+-]{20,40}#ord_[0-9A-Z]{26}#\d{1,18}", place, re.ASCII) is not None


def _is_shops_moment(place: str) -> bool:
    shop, behind, moment = place.partition(BEHIND_SHOP)
    return is_key(shop) and bool(behind) and (not moment or _is_moment(moment))


def _check_shops(tenant: str | None, order: str | None, *, all_tenants: bool) -> None:
    """Raises: CommandError: neither one shop nor all are named, or both."""
    if all_tenants == (tenant is not None):
        raise CommandError("say whose events: --tenant SHOP, or --all-tenants")
    if all_tenants and order is not None:
        raise CommandError("--order is one shop's: name that by --tenant")


def _selection(
    runtime: Runtime, tenant: str, order: str | None, kinds: Sequence[str], since: str | None, until: str | None
) -> Selection:
    unknown = [kind for kind in kinds if kind not in set(EventType)]
    if unknown:
        raise CommandError(f"there is no type {', '.join(unknown)}; there are {', '.join(EventType)}")
    if order is None and since is None:
        raise CommandError("say which events: --order, or --since and perhaps --until")
    order_id, order_number = named_order(order)
    now = runtime.now()
    # Of a duration a whole second, which can be typed when the replay is to be continued.
    begin, end = a_time("--since", since, now.replace(microsecond=0)), a_time("--until", until, now)
    in_order("--since", begin, "--until", end)
    return Selection(
        tenant_id=check_key(tenant, "--tenant"),
        order_id=order_id,
        order_number=order_number,
        types=frozenset(map(EventType, kinds)),
        since=begin,
        until=end or (now if order is None else None),
    )


@dataclass(slots=True)
class _Counts:
    by_type: Counter[str] = field(default_factory=Counter)
    by_shop: Counter[str] | None = None
    unreadable: int = 0


async def _counted(use_case: ReplayEvents | ReplayShops, selection: Selection) -> _Counts:
    counts = _Counts(by_shop=Counter() if isinstance(use_case, ReplayShops) else None)
    async for each in use_case.selected(selection):
        counts.by_type[each.event.type] += 1
        if counts.by_shop is not None:
            counts.by_shop[each.event.tenant_id] += 1
    passed_over = use_case.passed_over
    counts.unreadable = passed_over.total() if isinstance(passed_over, Counter) else len(passed_over)
    return counts


def _left_out(count: int) -> str:
    return f"{counted(count, 'event')} can't be read and left out: `orders unreadable list` says which, and why"


def _print_count(found: _Counts, *, as_json: bool) -> None:
    total = found.by_type.total()
    if as_json:
        told: dict[str, object] = {"dry_run": True, "matched": total, "by_type": dict(found.by_type)}
        if found.by_shop is not None:
            told["by_tenant"] = dict(found.by_shop)
        print_json(told | {"unreadable": found.unreadable})
        return
    whose = "" if found.by_shop is None else f" of {counted(len(found.by_shop), 'shop')}"
    title = f"{counted(total, 'event')}{whose}; dry run: nothing was published"
    print_table(title, ("type", "events"), list(found.by_type.items()))
    if found.by_shop:
        print_table("by shop", ("tenant_id", "events"), sorted(found.by_shop.items()))
