"""Output of commands: tables for people, JSON for scripts, progress bars for long operations."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

_ENDLESS = 10_000
PIPE_COLUMNS = 160
"""Width of tables written to a file or a pipe."""


def print_json(value: Any) -> None:
    """Prints a JSON document on standard output."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_json_text))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table; numbers right-aligned, ids and times whole. If too wide for the terminal, each row becomes a
    block of lines.
    """
    cells = [[row[place] for row in rows] for place in range(len(columns))]
    console = _console()
    # Not the table's own title, which would be broken at the table's width.
    console.print(title, soft_wrap=True)
    if not rows:
        return
    table = Table(header_style="bold")
    for name, column in zip(columns, cells, strict=True):
        # Ids are for copying.
        whole = name.endswith("_id") or any(isinstance(cell, datetime) for cell in column)
        # Rich takes the longest word for the least width, and times are of two.
        least = max(len(_shown(cell)) for cell in column) if whole else None
        table.add_column(name, justify=_side(column), overflow="fold", no_wrap=whole, min_width=least)
    for row in rows:
        table.add_row(*(_shown(cell) for cell in row))
    if Measurement.get(console, console.options.update(width=_ENDLESS), table).minimum <= console.width:
        console.print(table)
        return
    for row in rows:
        console.print()
        print_facts(_shown(row[0]), dict(zip(columns[1:], row[1:], strict=True)))


def print_facts(title: str, facts: Mapping[str, object]) -> None:
    """Prints names and values, one per line; numbers right-aligned if there is nothing else."""
    console = _console()
    console.print(title, soft_wrap=True)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(justify=_side(list(facts.values())))
    for name, value in facts.items():
        table.add_row(name, _shown(value))
    console.print(table)


@contextmanager
def progress(what: str, total: int | None, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Shows a bar on standard error; yields the function that sets it. Does nothing if not shown, or not to a
    terminal.
    """
    console = Console(stderr=True)
    if not shown or not console.is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Returns a number with the noun that fits it: ``1 order``, ``2 orders``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _side(cells: Sequence[object]) -> Literal["left", "right"]:
    return "right" if cells and all(isinstance(cell, int | Decimal) for cell in cells) else "left"


def _console() -> Console:
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPE_COLUMNS)


def _shown(cell: object) -> str:
    return "–" if cell is None or cell == "" else _text(cell)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    return str(value)


def _json_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)
