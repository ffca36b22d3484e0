"""A mail service that takes only so many mails a second: the rate settles there, and no mail is lost."""

import argparse
import time
from collections import deque
from pathlib import Path

from tests.chaos.experiment import Outcome, settle
from tests.chaos.load import Load, Story
from tests.chaos.stack import running_stack
from tests.chaos.verdict import gathered, judged
from tests.faults.aws_calls import Call
from tests.faults.plan import Fault


class RateLimit:
    """The mail service as SES is: over so many a second it says that there are too many.

    Attributes:
        refused: how often it said so.
    """

    def __init__(self, per_second: int) -> None:
        self.refused = 0
        self._per_second = per_second
        self._taken: deque[float] = deque()

    def fault(self, call: Call) -> Fault | None:
        """Throttled, when as many have been taken in the last second as may be."""
        if call.operation != "SendRawEmail":
            return None
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) >= self._per_second:
            self.refused += 1
            return Fault.THROTTLED
        self._taken.append(now)
        return None


async def run(arguments: argparse.Namespace, directory: Path) -> Outcome:
    """Two notifiers, each of which may send far more than the mail service takes from both."""
    async with running_stack(directory) as stack:
        limit = RateLimit(arguments.mails_per_second)
        stack.proxy.plan = limit
        load = Load(stack, arguments.orders, seed=arguments.seed, weights={Story.PLACED: 1})
        began = time.monotonic()
        await load.run()
        await settle(stack)
        seconds = time.monotonic() - began
        sent = stack.observer.mails.total()
        outcome = await judged(stack, load, await gathered(stack))
        outcome.expect(sent == 2 * arguments.orders, f"{sent} mails went out for {arguments.orders} orders")
        outcome.expect(limit.refused > 0, "the mail service never had to refuse: nothing was tried")
        outcome.figures |= {
            "mails a second, and what the mail service takes": f"{sent / seconds:.1f}, {arguments.mails_per_second}",
            "refused for the rate": limit.refused,
        }
        return outcome
