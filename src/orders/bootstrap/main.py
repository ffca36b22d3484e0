"""The entry point of the ``orders`` command: everything that must happen before the slow imports (a second)."""

import signal
import sys
from types import FrameType
from typing import NoReturn

from orders.adapters.inbound.cli.commands import health


def run() -> None:
    """Runs the command line; the console entry point."""
    # The first process of a container has no default reaction to SIGTERM: until the event loop has one of its own,
    # the signal would be lost, and the container killed after its stop timeout.
    signal.signal(signal.SIGTERM, _leave)
    question = health.parse(sys.argv[1:])
    if question is not None:
        # Run every few seconds in every container: importing the command line would be most of its cost.
        sys.exit(health.answer(question))
    from orders.bootstrap.cli import run as run_command

    run_command()


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
