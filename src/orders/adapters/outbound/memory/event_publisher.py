"""A bus that only remembers."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orders.application.cloud_event import to_cloud_event
from orders.domain.events import OrderEvent

Refusal = Callable[[OrderEvent], str | None]


def _accept_all(_: OrderEvent) -> str | None:
    return None


class MemoryEventPublisher:
    """``EventPublisher`` in memory: ``published`` holds what was accepted, in the order in which it was.

    It refuses what ``refuse`` gives a reason for; set it to have entries fail.
    """

    def __init__(self, refuse: Refusal = _accept_all) -> None:
        self.refuse = refuse
        self.published: list[OrderEvent] = []

    @property
    def cloud_events(self) -> Sequence[Mapping[str, Any]]:
        """What was published as other systems would read it: through JSON and back."""
        return [json.loads(json.dumps(to_cloud_event(event))) for event in self.published]

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """See ``EventPublisher.publish``."""
        failures = [self.refuse(event) for event in events]
        self.published.extend(event for event, failure in zip(events, failures, strict=True) if failure is None)
        return failures
