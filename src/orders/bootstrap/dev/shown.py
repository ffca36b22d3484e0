"""Decides what of `orders dev` is shown, and where; loaded before the service is."""

from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from orders.bootstrap.dev.terminal_log import ShortLines


@dataclass(frozen=True, slots=True)
class Shown:
    """The choice of what `orders dev` shows.

    Attributes:
        orders: a line is shown for each order, and for what has become of it.
        seed: the sample orders are made, and what was made is shown.
        log: what shows the log's warnings; ``None`` where the log itself is written.
    """

    console: Console
    orders: bool = False
    seed: bool = False
    log: ShortLines | None = None

    def line(self, text: Text) -> None:
        """Shows a line as it is, whatever the width: whoever looks for something in it finds it whole.

        Where nobody reads any more, nothing is shown: what the line tells of has happened all the same.
        """
        # The console ends the process where a pipe is closed.
        with suppress(OSError, SystemExit):
            self.console.print(text, soft_wrap=True)
