"""What of `orders dev` is shown, and where; loaded before the service is."""

from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from orders.bootstrap.dev.terminal_log import ShortLines


@dataclass(frozen=True, slots=True)
class Shown:
    """What of `orders dev` is shown.

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
        """Shows a line as it is, whatever the width: whoever looks for something in it finds it whole."""
        self.console.print(text, soft_wrap=True)
