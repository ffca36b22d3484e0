"""Ports of `orders dev` that tell what passes through them, for the lines about orders."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dependency_injector import providers

from orders.adapters.inbound.periodic import Periodic
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.container.container import Container
from orders.bootstrap.dev.announcement import typed_here
from orders.bootstrap.dev.dead_letter_watch import DeadLetterWatch
from orders.bootstrap.dev.order_lines import OrderLines
from orders.bootstrap.dev.shown import Shown
from orders.domain.events import OrderEvent
from orders.ports.errors import PassedOver
from orders.ports.event_publisher import EventPublisher
from orders.ports.mail import (
    Claim,
    MailFeedback,
    MailIntent,
    MailIntents,
    MailRecord,
    MailReference,
    MailState,
)

TICK = timedelta(seconds=0.25)
LOOK = timedelta(seconds=3)
"""Between two looks at the dead-letter queues: a dozen small requests to the emulator."""


class ObservedPublisher:
    """``EventPublisher`` that tells of the events that another one has published."""

    def __init__(self, inner: EventPublisher, lines: OrderLines) -> None:
        self._inner = inner
        self._lines = lines

    async def publish(self, events: Sequence[OrderEvent]) -> Sequence[str | None]:
        """See ``EventPublisher.publish``."""
        failures = await self._inner.publish(events)
        for event, failure in zip(events, failures, strict=True):
            if failure is None:
                self._lines.published(event)
        return failures


class ObservedMailIntents:
    """``MailIntents`` that tells of the ends of mails, and of their feedback, once another one has stored them."""

    def __init__(self, inner: MailIntents, lines: OrderLines) -> None:
        self._inner = inner
        self._lines = lines

    async def claim(self, intent: MailIntent, *, now: datetime, lease: timedelta) -> Claim:
        """See ``MailIntents.claim``."""
        return await self._inner.claim(intent, now=now, lease=lease)

    async def release(self, intent: MailIntent, claim: Claim, *, now: datetime, failure: str | None = None) -> None:
        """See ``MailIntents.release``."""
        await self._inner.release(intent, claim, now=now, failure=failure)

    async def finish(
        self,
        intent: MailIntent,
        state: MailState,
        *,
        at: datetime,
        message_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        """See ``MailIntents.finish``."""
        await self._inner.finish(intent, state, at=at, message_id=message_id, detail=detail)
        self._lines.mail_ended(intent.reference, state, detail)

    async def note_feedback(self, mail: MailReference, feedback: MailFeedback) -> bool:
        """See ``MailIntents.note_feedback``."""
        noted = await self._inner.note_feedback(mail, feedback)
        if noted:
            self._lines.mail_came_back(mail, feedback.kind)
        return noted

    async def of_order(
        self, tenant_id: str, order_id: str, passed_over: PassedOver | None = None
    ) -> Sequence[MailRecord]:
        """See ``MailIntents.of_order``."""
        return await self._inner.of_order(tenant_id, order_id, passed_over)

    async def redact(self, tenant_id: str, order_id: str) -> None:
        """See ``MailIntents.redact``."""
        await self._inner.redact(tenant_id, order_id)


def observe(container: Container, lines: OrderLines) -> None:
    """Lets a container's use cases tell what they do; before the first of them is built."""
    use_cases = container.use_cases()
    publisher: EventPublisher = ObservedPublisher(use_cases.publisher(), lines)
    intents: MailIntents = ObservedMailIntents(use_cases.mail_intents(), lines)
    use_cases.publisher.override(providers.Object(publisher))
    use_cases.mail_intents.override(providers.Object(intents))


def order_lines(container: Container, shown: Shown, settings: Settings) -> tuple[OrderLines, Sequence[Periodic]]:
    """Builds the lines about orders and dead letters, and what must run for them to be written."""
    lines = OrderLines(shown.line, container.clock().now)
    observe(container, lines)
    addresses = container.addresses()
    workers = {address.url.rpartition("/")[2]: name for name, address in addresses.queues.items()}
    watch = DeadLetterWatch(container.use_cases().purged_queues(), lines.dead_letter, typed_here(settings))
    if shown.log is not None:
        shown.log.dead_lettered = lambda queue, why: watch.buried(workers.get(queue, queue), why)

    async def tick() -> None:
        lines.tick()

    return lines, (Periodic("lines about orders", tick, TICK), Periodic("dead letters", watch.look, LOOK))
