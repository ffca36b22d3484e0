"""An event bus that records events."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orders.contracts.cloud_event import to_cloud_event
from orders.domain.events import OrderEvent

Refusal = Callable[[OrderEvent], str | None]


def _accept_all(_: OrderEvent) -> str | None:
    return None


def _unchecked(_: Mapping[str, Any]) -> None:
    """Accepts every event."""


class MemoryEventPublisher:
    """``EventPublisher`` in memory: ``published`` holds the accepted events in order.

    Events for which ``refuse`` returns a reason are rejected; set it to make entries fail. ``check`` is called with
    each event as other systems read it, and may raise.
    """

    def __init__(self, refuse: Refusal = _accept_all, check: Callable[[Mapping[str, Any]], None] = _unchecked) -> None:
        self.refuse = refuse
        self._check = check
        self.published: list[OrderEvent] = []

    @property
    def cloud_events(self) -> Sequence[Mapping[str, Any]]:
        """The published events as other systems read them: through JSON and back."""
        return [_as_read(event) for event in self.published]

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """See ``EventPublisher.publish``."""
        for event in events:
            self._check(_as_read(event))
        failures = [self.refuse(event) for event in events]
        self.published.extend(event for event, failure in zip(events, failures, strict=True) if failure is None)
        return failures


def _as_read(event: OrderEvent) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(json.dumps(to_cloud_event(event)))
    return content
