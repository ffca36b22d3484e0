"""Use cases of operators: lists, redrives and purges dead letters ([PIPE-12])."""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

from orders.application.operations.message_outline import known_kind
from orders.contracts.mail_marks import marks_in, reference_of
from orders.contracts.message_text import parse_text
from orders.domain.identity import KEY_PATTERN, ORDER_ID_PATTERN, order_number
from orders.ports.clock import Clock
from orders.ports.dead_letters import DeadLetter, DeadLetterQueues
from orders.ports.errors import PortError

HOLD = timedelta(minutes=15)
"""So long letters that were looked at stay out of others' reach; they are given back when the looking is over."""

CLOCK_SKEW = timedelta(seconds=2)
"""By how much SQS's clock may be ahead of ours."""

_ORDER_ID = re.compile(ORDER_ID_PATTERN)
_KEY = re.compile(KEY_PATTERN)
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

_Letters: TypeAlias = list[DeadLetter]


@dataclass(frozen=True, slots=True)
class Subject:
    """The tenant and order that a letter is about, as far as its body tells; ``kind`` is a known one or none.

    ``traceparent`` is the W3C trace context of what caused it.
    """

    tenant_id: str | None = None
    order_id: str | None = None
    kind: str | None = None
    traceparent: str | None = None


def subject_of(body: str) -> Subject:
    """Extracts the subject of an event or command. Never raises."""
    try:
        content: Any = parse_text(body)
        if isinstance(content, dict) and "TopicArn" in content and isinstance(content.get("Message"), str):
            content = parse_text(content["Message"])
    except ValueError:
        return Subject()
    return subject_in(content)


def subject_in(content: Any) -> Subject:
    """Reads the same from a message's decoded body, out of its envelope. Never fails."""
    outermost = [content] if isinstance(content, dict) else []
    feedback = _first(outermost, "eventType", _KEY) or _first(outermost, "notificationType", _KEY)
    if feedback is not None:
        return _subject_of_feedback(feedback, content)
    layers = [content]
    # An event has its facts in data, in detail, in the bus's envelope.
    for name in ("detail", "data"):
        inner = layers[-1].get(name) if isinstance(layers[-1], dict) else None
        if isinstance(inner, dict):
            layers.append(inner)
    found = [layer for layer in reversed(layers) if isinstance(layer, dict)]
    return Subject(
        tenant_id=_first(found, "tenant_id", _KEY),
        order_id=_first(found, "order_id", _ORDER_ID),
        kind=known_kind(_first(found, "command", _KEY) or _first(found, "detail-type", _KEY)),
        traceparent=_first(found, "traceparent", _TRACEPARENT),
    )


def _subject_of_feedback(named: str, content: dict[str, Any]) -> Subject:
    kind = known_kind(named)
    try:
        mail = reference_of(next(iter(marks_in(content)), ""))
    except ValueError:
        return Subject(kind=kind)
    return Subject(tenant_id=mail.tenant_id, order_id=mail.order_id, kind=kind)


def _first(layers: Sequence[dict[str, Any]], name: str, form: re.Pattern[str]) -> str | None:
    values = (layer.get(name) for layer in layers)
    return next((value for value in values if isinstance(value, str) and form.fullmatch(value)), None)


def _print_of(letter: DeadLetter) -> bytes:
    return sha256(f"{letter.queue} {letter.body}".encode(errors="surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """A filter of letters; all conditions given must hold, none means all letters.

    Attributes:
        message_ids: any of these, the letter's own id or the one in the worker's log.
        reason: the reason's code, or part of the error text; case-insensitive.
        besides: excludes these, by the letter's own id.
        about: any of these orders, by tenant and id; a letter that names no tenant is of every one.
        sent_before, sent_from: by ``DeadLetter.sent_at``; exclusive, inclusive.
    """

    order_id: str | None = None
    order_number: str | None = None
    tenant_id: str | None = None
    message_ids: frozenset[str] = frozenset()
    besides: Collection[str] = ()
    reason: str | None = None
    sent_from: datetime | None = None
    sent_before: datetime | None = None
    about: frozenset[tuple[str, str]] | None = None

    def matches(self, letter: DeadLetter) -> bool:
        """Returns whether the letter matches."""
        if letter.message_id in self.besides:
            return False
        subject = subject_of(letter.body)
        why = f"{letter.reason or 'received too often'} {letter.error or ''}".lower()
        return all(
            (
                self.order_id in {None, subject.order_id},
                self.order_number in {None, subject.order_id and order_number(subject.order_id)},
                self.tenant_id in {None, subject.tenant_id},
                self.about is None or self._is_about(subject),
                not self.message_ids or not self.message_ids.isdisjoint({letter.message_id, letter.logged_as}),
                self.reason is None or self.reason.lower() in why,
                self.sent_from is None or letter.sent_at >= self.sent_from,
                self.sent_before is None or letter.sent_at < self.sent_before,
            )
        )

    def _is_about(self, subject: Subject) -> bool:
        orders = self.about or frozenset()
        if subject.tenant_id is not None:
            return (subject.tenant_id, subject.order_id) in orders
        return any(order_id == subject.order_id for _, order_id in orders)


@dataclass(slots=True)
class Tally:
    """The result of a pass over dead letters.

    Attributes:
        came_back: letters among those looked at that this pass had sent back, and that were dead again before its end.
        failed: one sentence for each failure.
    """

    looked_at: int = 0
    matched: int = 0
    acted_on: int = 0
    came_back: int = 0
    failed: list[str] = field(default_factory=list)


Watch = Callable[[DeadLetter, Tally], None]
"""Callback for each selected letter, after the operation on it."""

Pause = Callable[[float], Awaitable[object]]


def _unwatched(letter: DeadLetter, tally: Tally) -> None:
    """Ignores progress."""


class DeadLetterService:
    """Inspects dead-letter queues.

    SQS can show a message only by receiving it: letters are invisible to others while they are inspected, and returned
    afterwards. If the process dies before, they reappear after ``hold``.
    """

    def __init__(
        self, queues: DeadLetterQueues, clock: Clock, *, pause: Pause = asyncio.sleep, hold: timedelta = HOLD
    ) -> None:
        self._queues = queues
        self._clock = clock
        self._pause = pause
        self._hold = hold

    @property
    def queue_names(self) -> tuple[str, ...]:
        """The names of all dead-letter queues."""
        return self._queues.names

    async def depths(self) -> dict[str, int]:
        """Returns the approximate depth of each queue. Raises: TransientPortError."""
        return {name: await self._queues.depth(name) for name in self._queues.names}

    async def depth(self, queue: str) -> int:
        """Returns the approximate depth of one queue. Raises: UnknownQueue, TransientPortError."""
        return await self._queues.depth(queue)

    async def list(
        self, queues: Sequence[str], wanted: LetterFilter, *, limit: int = 100
    ) -> tuple[list[DeadLetter], Tally]:
        """Returns up to ``limit`` matching letters, oldest first. Raises: UnknownQueue, TransientPortError."""
        found: list[DeadLetter] = []
        tally = await self._pass(queues, wanted, None, limit=limit, watch=lambda letter, _: found.append(letter))
        return sorted(found, key=lambda letter: letter.sent_at), tally

    async def redrive(
        self,
        queues: Sequence[str],
        wanted: LetterFilter,
        *,
        limit: int | None = None,
        per_second: float | None = None,
        watch: Watch = _unwatched,
    ) -> Tally:
        """Sends matching letters back to their source queue, at most ``per_second``.

        Workers deduplicate, so an interrupted pass is simply repeated. A letter that fails again and returns during the
        pass is not sent a second time.

        Raises: UnknownQueue; TransientPortError: a queue can't be read.
        """
        return await self._pass(
            queues, wanted, self._queues.redrive, limit=limit, per_second=per_second, watch=watch, comes_back=True
        )

    async def purge(
        self, queues: Sequence[str], wanted: LetterFilter, *, limit: int | None = None, watch: Watch = _unwatched
    ) -> Tally:
        """Deletes matching letters. Raises: as ``redrive``."""
        return await self._pass(queues, wanted, self._queues.remove, limit=limit, watch=watch)

    async def purge_about(self, orders: Collection[tuple[str, str]]) -> Tally:
        """Deletes all letters about these orders, given by tenant and id. Raises: as ``redrive``."""
        about_them = LetterFilter(about=frozenset(orders))
        # At once: an empty queue is known for one after a second only.
        passes = await asyncio.gather(*(self.purge((queue,), about_them) for queue in self.queue_names))
        total = Tally()
        for each in passes:
            total.looked_at += each.looked_at
            total.matched += each.matched
            total.acted_on += each.acted_on
            total.failed += each.failed
        return total

    async def _pass(
        self,
        queues: Sequence[str],
        wanted: LetterFilter,
        act: Callable[[DeadLetter], Awaitable[None]] | None,
        *,
        limit: int | None,
        watch: Watch,
        per_second: float | None = None,
        comes_back: bool = False,
    ) -> Tally:
        tally = Tally()
        began = self._clock.now()
        acted_on: set[bytes] = set()
        for queue in queues:
            held: list[DeadLetter] = []
            try:
                async with aclosing(self._letters(queue)) as letters:
                    async for letter in letters:
                        tally.looked_at += 1
                        tally.came_back += _print_of(letter) in acted_on and self._is_back(letter, began, acted_on)
                        if self._is_back(letter, began, acted_on) or not wanted.matches(letter):
                            held.append(letter)
                            continue
                        if comes_back:
                            acted_on.add(_print_of(letter))
                        tally.matched += 1
                        if act is None or not await self._acted_on(letter, act, tally):
                            held.append(letter)
                        watch(letter, tally)
                        if tally.matched == limit:
                            return tally
                        if per_second is not None:
                            await self._pause(1 / per_second)
            finally:
                await self._give_back(held)
        return tally

    @staticmethod
    def _is_back(letter: DeadLetter, began: datetime, acted_on: Collection[bytes]) -> bool:
        """Returns whether the letter came into the queue after the pass began, such as one that has failed again.

        While SQS's clock may be ahead, that is not known by the time alone: then one of the same content as another
        that was acted on is taken for it. If it is another one after all, the next pass takes it.
        """
        if abs(letter.sent_at - began) > CLOCK_SKEW:
            return letter.sent_at > began
        return _print_of(letter) in acted_on

    async def _letters(self, queue: str) -> AsyncGenerator[DeadLetter, None]:
        seen: set[str] = set()
        taken: _Letters = []
        try:
            while taken := await self._taken(queue):
                fresh = [letter for letter in taken if letter.message_id not in seen]
                if not fresh:
                    return  # all inspected, and some have become visible again
                seen.update(letter.message_id for letter in fresh)
                taken = fresh
                while taken:
                    yield taken.pop(0)
        finally:
            # Interrupted in the middle of a batch.
            await self._give_back(taken)

    async def _taken(self, queue: str) -> _Letters:
        asking = asyncio.ensure_future(self._queues.take(queue, hold=self._hold))
        try:
            return list(await asyncio.shield(asking))
        except asyncio.CancelledError:
            # The receive completes all the same and hides letters from everybody: return them.
            with suppress(PortError):
                await self._give_back(await asking)
            raise

    @staticmethod
    async def _acted_on(letter: DeadLetter, act: Callable[[DeadLetter], Awaitable[None]], tally: Tally) -> bool:
        try:
            await act(letter)
        except PortError as error:
            # Unreachable or refused: one letter's failure says nothing of the next.
            tally.failed.append(f"{letter.message_id}: {error}")
            return False
        tally.acted_on += 1
        return True

    async def _give_back(self, letters: Sequence[DeadLetter]) -> None:
        for letter in letters:
            try:
                await self._queues.give_back(letter)
            except PortError:
                return  # they become visible again by themselves
