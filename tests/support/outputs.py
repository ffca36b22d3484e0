"""Everything that leaves the service for others than the caller, collected to be searched for marked values.

Traces and metrics of another kind belong here as soon as there are any: ``Outputs.telemetry``.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from orders.adapters.outbound.aws.event_bridge import EventBridgePublisher
from orders.bootstrap.config.settings import load_settings
from orders.bootstrap.exception_hooks import install_exception_hooks
from orders.bootstrap.logging import configure_logging
from orders.domain.events import OrderEvent
from tests.support.restored_logging import restored_hooks, restored_logging


@dataclass
class Outputs:
    """Captured outputs by channel.

    Attributes:
        logs: of both kinds of logging, as written.
        problems: error responses as callers got them, headers included.
        dead_letters: attributes of dead-lettered messages.
        telemetry: names, labels and values of metrics; of spans, once there are any.
    """

    logs: io.StringIO = field(default_factory=io.StringIO)
    events: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    dead_letters: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    telemetry: list[str] = field(default_factory=list)
    standard_error: list[str] = field(default_factory=list)

    async def note_answer(self, answer: httpx.Response) -> None:
        """Keep a refusal; what is allowed is the caller's own."""
        if answer.status_code >= 400:
            await answer.aread()
            self.problems.append(f"{answer.status_code} {dict(answer.headers)} {answer.text}")

    async def note_events(self, events: Sequence[OrderEvent]) -> None:
        """Keep events as the bus gets them."""
        bus = _Bus()
        await EventBridgePublisher(bus, "bus").publish(events)  # type: ignore[arg-type]
        self.events.extend(json.dumps(entry, default=str, ensure_ascii=False) for entry in bus.entries)

    def all(self) -> Mapping[str, str]:
        """Everything, by where it came out; nothing that was collected is empty."""
        found = {name: "\n".join(each) for name, each in asdict(self).items() if isinstance(each, list)}
        return found | {"logs": self.logs.getvalue()}


class _Bus:
    def __init__(self) -> None:
        self.entries: list[Any] = []

    async def put_events(self, Entries: Sequence[Any]) -> dict[str, Any]:  # noqa: N803 - boto's name
        self.entries.extend(Entries)
        return {"Entries": [{"EventId": "1"} for _ in Entries]}


@contextmanager
def collected(log_format: str) -> Iterator[Outputs]:
    """Outputs whose logs are being collected, at the most talkative level there is."""
    outputs = Outputs()
    with restored_logging(), restored_hooks():
        configure_logging(load_settings(log_format=log_format, log_level="DEBUG", audit_file=None), stream=outputs.logs)
        install_exception_hooks()
        yield outputs
