"""Lays the overview out for a terminal: 80 columns by 24 lines hold all of it, and more room is used."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from orders.adapters.durations import short_duration
from orders.adapters.inbound.cli.output import counted
from orders.application.operations.read_overview import Overview, QueueState, RuleState, ShardState
from orders.ports.recent_figures import Figures, LoggedError

WIDE_COLUMNS = 110
"""From here on the rules have a table of their own beside the queues."""

Line = tuple[str, Text]
"""A name and what is told."""

LOOK = "bold red"
_SOFT = "dim"
_UNKNOWN = "–"
_NAME_COLUMNS = 8
"""Width of the names of lines."""


def overview_view(overview: Overview, target: str | None, *, width: int, height: int | None) -> RenderableType:
    """Returns the overview for a screen; ``height`` ``None``: as long as it gets.

    Args:
        target: the AWS that it is of, for the first line.
    """
    wide = width >= WIDE_COLUMNS
    head = [*_head(overview, target, width), *(_unreachable(each) for each in overview.unreachable), Text()]
    state = [
        *([] if wide else [("rules", _rules(overview.rules))]),
        ("outbox", _outbox(overview.outbox)),
        *([] if overview.figures is None else _rates(overview, overview.figures)),
    ]
    rows = 1 + max(len(overview.queues), len(overview.rules) if wide else 0)
    room = None
    if height is not None:
        room = height - len(head) - rows - 1 - sum(_height(told, width) for _, told in state)
    said, errors = _errors(overview.figures, room)
    return Group(*head, _tables(overview, wide=wide), Text(), _named([*state, *said]), *errors)


def _named(lines: Sequence[Line]) -> Table:
    """Returns the lines behind their names; what does not fit goes on below them."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=_NAME_COLUMNS, no_wrap=True, style=_SOFT)
    grid.add_column()
    for name, told in lines:
        grid.add_row(name, told)
    return grid


def _height(told: Text, width: int) -> int:
    return len(told.wrap(Console(width=width), max(1, width - _NAME_COLUMNS - 1)))


def _head(overview: Overview, target: str | None, width: int) -> Sequence[Text]:
    """Returns the first line; what it is of has more lines where it doesn't fit behind, for its end is the address."""
    concerns = overview.concerns
    told = (f"{concerns} to look at", LOOK) if concerns else ("nothing to look at", "green")
    head = Text.assemble(("orders", "bold"), f"  {overview.at:%H:%M:%S} UTC  ", told)
    if overview.figures is not None:
        head.append(f"  rates of the last {short_duration(overview.figures.span.total_seconds())}", _SOFT)
    if target is None:
        return [head]
    if head.cell_len + 2 + cell_len(target) <= width:
        return [head.append(f"  {target}", _SOFT)]
    return [head, *Text(target, _SOFT).wrap(Console(width=width), width)]


def _unreachable(told: str) -> Text:
    line = Text.assemble(("not reached  ", LOOK), told)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _tables(overview: Overview, *, wide: bool) -> RenderableType:
    queues = _queues_table(overview.queues)
    if not wide:
        return queues
    both = Table.grid(padding=(0, 4, 0, 0))
    both.add_row(queues, _rules_table(overview.rules))
    return both


def _queues_table(queues: Sequence[QueueState]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_SOFT, pad_edge=False)
    table.add_column("queue", no_wrap=True)
    for name in ("waiting", "in flight", "delayed", "oldest", "dead letters"):
        table.add_column(name, justify="right", no_wrap=True)
    for queue in queues:
        depth = queue.depth
        table.add_row(
            queue.worker,
            _number(None if depth is None else depth.waiting),
            _number(None if depth is None else depth.in_flight),
            _number(None if depth is None else depth.delayed),
            _marked(_duration(queue.oldest_seconds), queue.is_late),
            _marked(_number(queue.dead_letters), queue.has_dead_letters),
        )
    return table


def _rules_table(rules: Sequence[RuleState]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_SOFT, pad_edge=False)
    table.add_column("rule", no_wrap=True, overflow="ellipsis")
    table.add_column("dead letters", justify="right", no_wrap=True)
    for rule in rules:
        table.add_row(rule.rule.removeprefix("rule:"), _marked(_number(rule.dead_letters), rule.has_dead_letters))
    return table


def _rules(rules: Sequence[RuleState]) -> Text:
    known = [each for each in rules if each.dead_letters is not None]
    dead = [each for each in known if each.has_dead_letters]
    if dead:
        told = ", ".join(f"{each.rule.removeprefix('rule:')} {each.dead_letters}" for each in dead)
        return Text.assemble("dead letters: ", (told, LOOK))
    return Text(f"no dead letters of {counted(len(known), 'rule')}" if known else _UNKNOWN)


def _outbox(shards: Sequence[ShardState]) -> Text:
    if not shards:
        return Text(_UNKNOWN)
    waiting = sum(each.waiting for each in shards)
    more = "+" if any(each.more for each in shards) else ""
    orders = "1 order waits" if (waiting, more) == (1, "") else f"{waiting}{more} orders wait"
    told = Text(f"{orders if waiting else 0} in {counted(len(shards), 'shard')}")
    for shard in shards:
        if shard.oldest_seconds is not None:
            told.append(f" · {shard.shard}: {shard.waiting}{'+' if shard.more else ''}, ")
            told.append(short_duration(shard.oldest_seconds), LOOK if shard.is_late else "")
    unreadable = sum(each.unreadable for each in shards)
    if unreadable:
        told.append(" · ")
        told.append(f"{unreadable} unreadable", LOOK)
    return told


def _rates(overview: Overview, figures: Figures) -> Iterator[Line]:
    share = figures.error_rate
    told = Text(f"{_rate(figures, figures.requests)} requests, ")
    told.append(_UNKNOWN if share is None else f"{share:.1%} failed", LOOK if overview.too_many_errors else "")
    counts = (
        (figures.orders_created, "orders"),
        (figures.events_published, "events"),
        (figures.mails_sent, "mails"),
    )
    told.append("".join(f" · {_rate(figures, count)} {what}" for count, what in counts))
    yield "per min", told
    durations = [f"{group.replace('_', ' ')} {short_duration(each)}" for group, each in figures.p95_seconds.items()]
    yield "p95", Text(" · ".join(durations) or _UNKNOWN)


def _errors(figures: Figures | None, room: int | None) -> tuple[Sequence[Line], Sequence[Text]]:
    """Returns the line about errors, and of the last errors as many as there is room for besides it."""
    if figures is None:
        return [], []
    if figures.last_errors is None:
        return [] if figures.errors_are_in is None else [("errors", Text(figures.errors_are_in))], []
    if not figures.last_errors:
        return [("errors", Text("none"))], []
    # The last line of a screen stays empty.
    shown = figures.last_errors if room is None else figures.last_errors[: max(0, room - 2)]
    told = (
        f"the last {len(shown)} of {len(figures.last_errors)}" if shown != figures.last_errors else "the newest first"
    )
    return [("errors", Text(told))], [_error_line(each) for each in shown]


def _error_line(error: LoggedError) -> Text:
    times = f"{error.count}× " if error.count > 1 else ""
    line = Text.assemble(
        (f"{error.at:%H:%M:%S} ", _SOFT),
        (f"{error.level:<8} ", "" if error.level == "warning" else LOOK),
        (f"{error.logger.rpartition('.')[2]} ", _SOFT),
        f"{times}{' '.join(error.text.split())}",
    )
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _marked(text: str, look: bool) -> Text:
    return Text(text, LOOK if look else "")


def _number(value: int | None) -> str:
    return _UNKNOWN if value is None else str(value)


def _duration(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else short_duration(seconds)


def _rate(figures: Figures, count: float | None) -> str:
    rate = figures.per_minute(count)
    return _UNKNOWN if rate is None else f"{rate:.1f}" if rate < 100 else f"{rate:.0f}"
