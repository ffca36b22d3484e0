"""Announces that `orders dev` is ready: where to look, how to stop it, how to get a token."""

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from orders.bootstrap.config.settings import Settings
from orders.bootstrap.dev.terminal_log import LOG_FILE
from orders.bootstrap.server.sockets import base_url

_LABEL, _ADDRESS = 13, 35
"""Columns of labels and addresses; with the notes, a line has at most 80 characters."""


@dataclass(frozen=True, slots=True)
class Started:
    """A service that has started.

    Attributes:
        aws_url: the emulated AWS's address.
        seconds: how long the start has taken.
        shops: ids of the demo shops.
        command: how `orders` is typed here, such as ``.venv/bin/orders``.
    """

    aws_url: str
    seconds: float
    shops: tuple[str, ...]
    command: str


def announce(settings: Settings, started: Started, console: Console, *, log: bool = False) -> None:
    """Prints that the service is ready and what to do next; on a terminal, addresses are links.

    ``log``: the log is in the data directory's file, which is named.

    No token is printed: a screen is shared and a log is kept. The command that prints one can be pasted as it is.
    """
    base, command, data = base_url(settings), started.command, where(settings)

    def row(label: str, text: Text | str, note: str = "") -> Text:
        said = Text(f"  {label:<{_LABEL}}").append_text(Text(text) if isinstance(text, str) else text)
        return said.append(" " * max(2, _ADDRESS - len(text) + 2)).append(note, style="dim") if note else said

    def link(path: str) -> Text:
        return Text(base + path, style=f"link {base + path}")

    rows = [
        Text(),
        Text(f"orders is ready on {base} ({started.seconds:.1f} s)", style="bold"),
        Text(),
        row("shop page", link("/local/"), "orders, mails and PDFs"),
        row("reference", link("/v1.0/docs"), "every call of the API"),
        row("mailbox", link("/local/mails"), "every mail sent, as JSON"),
        row("health", link("/health/ready"), "what it needs, part by part"),
        row("stop", "Ctrl-C", f"all is kept in {settings.orders_data_dir}"),
        Text(),
        row("a token", f"TOKEN=$({command} token{data})", "--role staff, or admin"),
        row("a tour", f"{command} smoke{data}", "every call, on two orders"),
        row("shops", ", ".join(started.shops), "any other works too"),
        *([row("log", str(settings.orders_data_dir / LOG_FILE), "its warnings are shown here")] if log else []),
        Text(f"  emulated AWS on {started.aws_url}"),
        Text(),
    ]
    # In one piece: whoever waits for the line that it is ready then finds the others too.
    console.print(Text("\n").join(rows), soft_wrap=True)


def ended_at_once(settings: Settings) -> str:
    """Returns the line for who has pressed Ctrl-C twice: where everything is, and how to come back to it."""
    typed = typed_here(settings)
    return (
        f"ended at once, nothing is lost: the emulator has all of {settings.orders_data_dir} and still runs or saves; "
        f"`{typed('dev')}` goes on with it, `{typed('dev --stop')}` stops and saves it"
    )


def typed_here(settings: Settings) -> Callable[[str], str]:
    """Returns what makes words such as ``dlq list`` a command that is typed here, for this data directory."""
    command, data = typed_command(), where(settings)
    return lambda words: f"{command} {words}{data}"


def where(settings: Settings) -> str:
    """Returns the option by which a command finds this data directory, after a blank; nothing for the usual one."""
    usual = settings.orders_data_dir == Settings.model_fields["orders_data_dir"].default
    return "" if usual else f" --data-dir {shlex.quote(_from_here(settings.orders_data_dir))}"


def typed_command(argv0: str | None = None) -> str:
    """Returns how this very command is typed here: by its name, by its path from here, or else by its whole path."""
    path = Path(argv0 if argv0 is not None else sys.argv[0]).absolute()
    found = shutil.which(path.name)
    if found is not None and Path(found).absolute() == path:
        return path.name
    return shlex.quote(_from_here(path))


def _from_here(path: Path) -> str:
    """Returns the path as it is typed here: relative to this directory if it is below, or else whole."""
    whole, here = path.absolute(), Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)
