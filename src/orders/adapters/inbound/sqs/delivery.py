"""Delivers one message: from its receipt until it is deleted, dead-lettered, sent again with a delay or released."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

import structlog

from orders.adapters.inbound.sqs.deletion import Deletions
from orders.adapters.inbound.sqs.gate import DependencyGate
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import QueueUnreachable, ReceiptLapsed, ReceivedMessage, SqsQueue
from orders.adapters.inbound.sqs.retry_policy import IMPOSSIBLE, PASSING, WAITS, RetryPolicy
from orders.adapters.privacy.masking import mask_text
from orders.adapters.trace_context import current_traceparent, traceparent_in_text
from orders.ports.errors import NotTheWriter, TransientPortError

Handler = Callable[[ReceivedMessage], Awaitable[None]]
"""Handles one message and returns once its effect is durable. May be called repeatedly with the same message."""

HAND_BACK_LIMIT_SECONDS = 3.0
"""Limits releasing a message, so that an unreachable queue doesn't keep a process from stopping."""

CLOSING_ATTEMPTS = 5
"""Attempts to delete or dead-letter a handled message; after them it is left to be redelivered."""

_log = structlog.get_logger(__name__)


class Phase(StrEnum):
    """Phase of a delivery: holding or awaiting a slot, waiting between attempts, or finished with its attempts."""

    WORKING = "working"
    WAITING = "waiting"
    CLOSING = "closing"


class Outcome(StrEnum):
    """Result of a delivery."""

    PROCESSED = "processed"
    DEAD_LETTERED = "dead_lettered"
    WAITED = "waited"
    FAILED = "failed"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """Dependencies shared by all deliveries of one poller.

    Attributes:
        slots: bounds the number of concurrent handlers.
        stopping: once set, nothing is retried.
        slot_left: called whenever a delivery has left its slot.
        gives_way: called when a message has to wait in its queue, before it is sent again.
        now: returns the current time.
    """

    queue: SqsQueue
    deletions: Deletions
    handler: Handler
    gate: DependencyGate
    slots: asyncio.Semaphore
    policy: RetryPolicy
    stopping: asyncio.Event
    slot_left: Callable[[], None]
    gives_way: Callable[[], None]
    now: Callable[[], datetime]


class Delivery:
    """Delivery of one message to the handler; ``retries`` counts its attempts beyond the first."""

    def __init__(self, message: ReceivedMessage, context: DeliveryContext) -> None:
        self.message = message
        self.phase = Phase.WORKING
        self.retries = 0
        self._context = context
        self._queue = context.queue
        self._policy = context.policy
        self._successes_before = context.gate.successes

    async def run(self) -> Outcome:
        """Delivers the message; handles every failure. When cancelled, releases the message at once."""
        # For the lines of the log. A delivery is a task of its own: nobody else sees it.
        current_traceparent.set(traceparent_in_text(self.message.body))
        try:
            return await self._while_hidden()
        except (_Stopping, asyncio.CancelledError):
            await self._hand_back(0.0)
            return Outcome.RELEASED
        except QueueUnreachable as error:
            self._log.warning("message done with, but its queue is out of reach: it comes again", error=str(error))
            return Outcome.FAILED
        except PASSING as error:
            self._log.warning("message given up until its redelivery", error=str(error), retries=self.retries)
        except Exception:  # noqa: BLE001 - one message's bug must not end the work on the others
            # An unexpected error may be transient or not: the queue's redrive policy decides.
            self._log.exception("handler failed unexpectedly")
        await self._hand_back(self._policy.redelivery.seconds(self.message.receive_count))
        return Outcome.FAILED

    async def _attempts(self) -> Exception | None:
        """Attempts until success (``None``), or until the message can't succeed or has to wait (the error).

        Raises: the error after which no further attempt is made.
        """
        clock = asyncio.get_running_loop()
        began, own_failures = clock.time(), 0
        while True:
            try:
                await self._attempt()
            except (*IMPOSSIBLE, *WAITS) as error:
                return error
            except PASSING as error:
                if self._context.stopping.is_set():
                    raise _Stopping from error
                # Refused before anything was done, as if it had not been received.
                self.retries += not isinstance(error, NotTheWriter)
                own_failures += await self._wait_out(error)
                if self._policy.gives_up(own_failures=own_failures, seconds=clock.time() - began):
                    raise
                await asyncio.sleep(self._policy.in_process.seconds(max(1, self.retries)))
            else:
                self._context.gate.succeeded()
                return None

    async def _attempt(self) -> None:
        self.phase = Phase.WORKING
        try:
            async with self._context.slots, asyncio.timeout(self._policy.attempt_limit.total_seconds()):
                await self._context.handler(self.message)
        finally:
            self.phase = Phase.WAITING
            self._context.slot_left()

    async def _wait_out(self, error: TransientPortError) -> int:
        """Waits while a dependency is down; returns 1 if none was, so that the failure counts as the message's own."""
        gate = self._context.gate
        before, self._successes_before = self._successes_before, gate.successes
        outage = await gate.wait_out(error, successes_before=before)
        return int(not outage)

    async def _while_hidden(self) -> Outcome:
        """Attempts and closes the delivery, and keeps the message invisible to other receivers, however long it takes.

        Raises: the error after which the message is given up.
        """
        # Most messages are done with before the first half: a timer costs a tenth of a task that waits.
        heartbeat: list[asyncio.Task[None]] = []
        timer = asyncio.get_running_loop().call_later(
            self._policy.visibility.total_seconds() / 2,
            lambda: heartbeat.append(asyncio.create_task(self._keep_hidden())),
        )
        try:
            ended_with = await self._attempts()
            self.phase = Phase.CLOSING
            return await self._close(ended_with)
        finally:
            timer.cancel()
            for task in heartbeat:
                task.cancel()
                await asyncio.wait({task})

    async def _keep_hidden(self) -> None:
        """Extends the visibility timeout, half of which has passed, again and again."""
        visibility = self._policy.visibility.total_seconds()
        while True:
            try:
                await self._queue.change_visibility(self.message, visibility)
                pause = visibility / 2
            except ReceiptLapsed:
                self._log.warning("message is no longer this receiver's; others may handle it as well")
                return
            except QueueUnreachable as error:
                self._log.warning("visibility not extended", error=str(error))
                pause = visibility / 10
            await asyncio.sleep(pause)

    async def _close(self, ended_with: Exception | None) -> Outcome:
        outcome = Outcome.PROCESSED
        if isinstance(ended_with, WAITS):
            outcome, ended_with = await self._wait_or_not(ended_with)
        if ended_with is not None:
            refusal = ended_with
            await self._persistently(lambda: self._bury(refusal))
            outcome = Outcome.DEAD_LETTERED
        await self._persistently(lambda: self._context.deletions.delete(self.message))
        return outcome

    async def _wait_or_not(self, error: Exception) -> tuple[Outcome, Exception | None]:
        too_long = self._policy.too_long(self.message, error, self._context.now())
        if too_long is not None:
            return Outcome.DEAD_LETTERED, too_long
        # Sent before it is deleted, as with dead letters: a duplicate is harmless, a lost message is not.
        self._context.gives_way()
        delay = self._policy.delay(self.message)
        await self._persistently(lambda: self._queue.send_again(self.message, delay=delay))
        self._log.info(
            "message waits",
            waited=self.message.waited + 1,
            seconds=round(delay.total_seconds()),
            why=mask_text(str(error)),
        )
        return Outcome.WAITED, None

    async def _bury(self, error: Exception) -> None:
        # Sent before it is deleted: a crash in between leaves a duplicate, which is harmless, and loses nothing.
        kind, what = type(error).__name__, mask_text(str(error))
        kept = error.kept if isinstance(error, MessageRefused) else None
        message = self.message if kept is None else replace(self.message, body=kept)
        await self._queue.dead_letter(message, reason=kind, error=what)
        self._log.warning("message dead-lettered", kind=kind, error=what)

    async def _persistently(self, call: Callable[[], Awaitable[None]]) -> None:
        for attempt in range(1, CLOSING_ATTEMPTS):
            try:
                return await call()
            except QueueUnreachable:
                await asyncio.sleep(self._policy.in_process.seconds(attempt))
        return await call()

    async def _hand_back(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(HAND_BACK_LIMIT_SECONDS):
                await self._queue.change_visibility(self.message, seconds)
        except (QueueUnreachable, ReceiptLapsed, TimeoutError) as error:
            # It is redelivered anyway when its visibility timeout ends.
            self._log.info("message not handed back", error=str(error))

    @property
    def _log(self) -> structlog.stdlib.BoundLogger:
        bound: structlog.stdlib.BoundLogger = _log.bind(
            queue=self._queue.name,
            message_id=self.message.message_id,
            receive_count=self.message.receive_count,
        )
        return bound


class _Stopping(Exception):
    """The worker is stopping: a message that would be retried is released instead."""
