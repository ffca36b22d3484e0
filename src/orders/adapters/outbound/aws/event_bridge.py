"""Publishes events on an EventBridge bus."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from orders.adapters.outbound.botocore_errors import as_transient
from orders.adapters.privacy.exceptions import safe_error_text
from orders.adapters.trace_context import PassOnTracing
from orders.contracts.cloud_event import EVENT_SOURCE, to_cloud_event
from orders.domain.events import OrderEvent
from orders.ports.errors import NotPermitted
from orders.ports.tracing import SpanKind, Tracing

if TYPE_CHECKING:
    from types_aiobotocore_events import EventBridgeClient
    from types_aiobotocore_events.type_defs import PutEventsRequestEntryTypeDef

DEPENDENCY = "event bus"
MAX_ENTRIES = 10
MAX_CALL_BYTES = 256 * 1024
"""EventBridge's limits of one PutEvents call, over which it refuses the call as a whole."""

_TIME_BYTES = 14


class EventBridgePublisher:
    """``EventPublisher`` on EventBridge: CloudEvents as ``Detail``, their type as ``DetailType``."""

    def __init__(
        self,
        client: "EventBridgeClient",
        bus_name: str,
        source: str = EVENT_SOURCE,
        *,
        replayed: bool = False,
        mails: bool = False,
        tracing: Tracing | None = None,
    ) -> None:
        """``replayed`` marks all events as sent again from the log; ``mails`` lets replayed events send their
        mails; ``tracing`` puts each publication into the trace of what caused the events, by default it does not.
        """
        self._client = client
        self._bus_name = bus_name
        self._source = source
        self._replayed = replayed
        self._mails = mails
        self._tracing = tracing or PassOnTracing()

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """See ``EventPublisher.publish``."""
        causes = list(dict.fromkeys(event.traceparent for event in events if event.traceparent is not None))
        with self._tracing.span(
            "publish events",
            kind=SpanKind.PRODUCER,
            # What several requests have caused belongs to all of their traces.
            parent=causes[0] if causes else None,
            links=causes[1:],
            messaging__system="aws_eventbridge",
            messaging__batch__message_count=len(events),
        ) as span:
            failures = await self._publish(events)
            if any(failures):
                span.fail("not taken")
            return failures

    async def _publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        entries = [self._entry(event) for event in events]
        failures: list[str | None] = []
        for batch in _batches(entries):
            if len(batch) == 1 and entry_bytes(batch[0]) > MAX_CALL_BYTES:
                # Too large for any call: it would fail the whole batch, so it is not sent.
                failures.append(f"the event takes {entry_bytes(batch[0])} bytes; the bus takes {MAX_CALL_BYTES}")
            else:
                failures.extend(await self._put(batch))
        return failures

    async def _put(self, batch: Sequence["PutEventsRequestEntryTypeDef"]) -> list[str | None]:
        try:
            response = await self._client.put_events(Entries=batch)
        except (BotoCoreError, ClientError) as error:
            meaning = as_transient(error, DEPENDENCY)
            if isinstance(meaning, NotPermitted):
                # Not these events' fault: every event is refused until an operator has fixed the permission.
                raise meaning from error
            return [safe_error_text(error)] * len(batch)
        results = response.get("Entries", [])
        failures: list[str | None] = [
            f"{result['ErrorCode']}: {result.get('ErrorMessage', '')}" if result.get("ErrorCode") else None
            for result in results[: len(batch)]
        ]
        # An entry missing from the response counts as not accepted.
        return failures + ["the bus did not say what became of it"] * (len(batch) - len(failures))

    def _entry(self, event: OrderEvent) -> "PutEventsRequestEntryTypeDef":
        content = to_cloud_event(event, replayed=self._replayed, mails=self._mails)
        return {
            "EventBusName": self._bus_name,
            "Source": self._source,
            "DetailType": str(content["type"]),
            "Detail": json.dumps(content, ensure_ascii=False, separators=(",", ":")),
            "Time": event.at,
        }


def entry_bytes(entry: "PutEventsRequestEntryTypeDef") -> int:
    """Returns the bytes that an entry counts towards a call's limit (EventBridge, "Calculating PutEvents size")."""
    texts = (entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", ""))
    return _TIME_BYTES + sum(len(text.encode()) for text in texts)


def _batches(entries: Sequence["PutEventsRequestEntryTypeDef"]) -> Iterator[list["PutEventsRequestEntryTypeDef"]]:
    batch: list[PutEventsRequestEntryTypeDef] = []
    batch_bytes = 0
    for entry in entries:
        size = entry_bytes(entry)
        if batch and (len(batch) == MAX_ENTRIES or batch_bytes + size > MAX_CALL_BYTES):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(entry)
        batch_bytes += size
    if batch:
        yield batch
