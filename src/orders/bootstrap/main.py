"""Where the ``orders`` command begins: what must be settled before the rest is loaded, which takes a second."""

import signal
import sys
from types import FrameType
from typing import NoReturn

from orders.adapters.inbound.cli import health


def run() -> None:
    """The console entry point."""
    # The first process of a container has no default reaction to SIGTERM: until the event loop has one of its own,
    # the signal would be lost, and the container killed at the end of its patience.
    signal.signal(signal.SIGTERM, _leave)
    question = health.parse(sys.argv[1:])
    if question is not None:
        # Asked every few seconds, in every container: loading the command line would be nearly all that it costs.
        sys.exit(health.answer(question))
    from orders.bootstrap.cli import run as run_command

    run_command()


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)
