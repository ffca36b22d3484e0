"""Settles published events: adds them to the log and removes them from their orders, one by one or in batches.

Both writes are conditional, one by one as in batches. What a batch does not do for an event (it is in the log already,
other events came or went) is decided by the request for this event alone, which tells the cases apart.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice

from botocore.exceptions import ClientError

from orders.adapters.outbound.botocore_errors import kind_of
from orders.adapters.outbound.dynamodb.events.statements import (
    MAX_STATEMENTS,
    PASSING,
    THROTTLED,
    Parameters,
    Refusal,
    Statement,
    insert,
    path,
    update,
)
from orders.adapters.outbound.dynamodb.items.event_items import (
    BYTES,
    FIRST_EPOCH,
    is_same_fact,
    of_earlier_epoch,
    published_event,
    waiting_in,
)
from orders.adapters.outbound.dynamodb.keys import Key, order_key, sequence_text
from orders.adapters.outbound.dynamodb.table import DEPENDENCY, ConditionFailed, OrdersTable, Placeholders
from orders.domain.events import OrderEvent
from orders.ports.errors import NotPermitted, PermanentPortError, TransientPortError
from orders.ports.outcomes import Outcome, outcome_of

_SETTLING_ROUNDS = 10
_log = logging.getLogger(__name__)

_Alone = Callable[[OrderEvent], Awaitable[bool]]


class EventSettling:
    """Settles events in the orders table."""

    def __init__(self, table: OrdersTable) -> None:
        self._table = table

    async def settle(self, event: OrderEvent) -> bool:
        """See ``Outbox.settle``."""
        await self._add_to_log(event)
        return await self._remove(event)

    async def settle_all(self, events: Sequence[OrderEvent]) -> Sequence[Outcome[bool]]:
        """See ``Outbox.settle_all``."""
        outcomes: list[Outcome[bool]] = [False] * len(events)
        lines: dict[tuple[str, str], deque[int]] = {}
        for place, event in enumerate(events):
            lines.setdefault((event.tenant_id, event.order_id), deque()).append(place)
        while lines:
            # One event of each order at a time: a batch takes an item once, and the next waits for the one before.
            taken = list(islice(lines.items(), MAX_STATEMENTS))
            heads = [line[0] for _, line in taken]
            settled = await self._settle_heads(
                [events[place] for place in heads], [len(line) == 1 for _, line in taken]
            )
            for (order, line), outcome in zip(taken, settled, strict=True):
                outcomes[line.popleft()] = outcome
                if isinstance(outcome, Exception):
                    while line:
                        outcomes[line.popleft()] = outcome
                if not line:
                    del lines[order]
        return outcomes

    async def _settle_heads(self, events: Sequence[OrderEvent], last: Sequence[bool]) -> list[Outcome[bool]]:
        """Settles events of different orders; ``last`` tells which of them seem to be the only one that waits."""
        if len(events) == 1:
            return [await outcome_of(self.settle(events[0]))]
        name = self._table.name
        added = await self._write(events, [insert(name, published_event(event)) for event in events], self._add_to_log)
        outcomes = list(added)
        places = [place for place, outcome in enumerate(added) if not isinstance(outcome, Exception)]
        removals = [_removal(name, events[place], last=last[place]) for place in places]
        removed = await self._write([events[place] for place in places], removals, self._remove)
        for place, outcome in zip(places, removed, strict=True):
            outcomes[place] = outcome
        return outcomes

    async def _write(
        self, events: Sequence[OrderEvent], statements: Sequence[Statement], alone: _Alone
    ) -> Sequence[Outcome[bool]]:
        """Makes one write for each event in one request, and what it does not do alone."""
        if len(events) < 2:
            return [await outcome_of(alone(event)) for event in events]
        try:
            refusals = await self._table.write_all(statements)
        except (ClientError, NotPermitted) as error:
            # One of them may spoil the request for all, and rights for batches may come after the release that asks
            # for them: each is tried as releases before did.
            kind = kind_of(error) if isinstance(error, ClientError) else str(error)
            _log.warning("a batch of %d writes was refused, and each is made alone: %s", len(events), kind)
            refusals = [Refusal("")] * len(events)
        except TransientPortError as error:
            return [error] * len(events)
        return await asyncio.gather(
            *(self._decided(event, refusal, alone) for event, refusal in zip(events, refusals, strict=True))
        )

    async def _decided(self, event: OrderEvent, refusal: Refusal | None, alone: _Alone) -> Outcome[bool]:
        """Returns what became of a batch's write for an event; what is not plain is tried alone."""
        if refusal is None:
            return True
        if refusal.code in THROTTLED:
            return TransientPortError(DEPENDENCY, refusal.code, throttled=True)
        if refusal.code in PASSING:
            return TransientPortError(DEPENDENCY, refusal.code)
        return await outcome_of(alone(event))

    async def _add_to_log(self, event: OrderEvent) -> bool:
        place = Placeholders()
        condition = f"attribute_not_exists({place.name('PK')})"
        if event.epoch > FIRST_EPOCH:
            # A region that wrote before may have logged a change of its own that never arrived here: the order went
            # on without it, and so does its log. `orders dr reconcile` names that change.
            condition += f" OR {of_earlier_epoch(event.epoch, place)}"
        try:
            await self._table.put(published_event(event), condition=condition, place=place)
        except ConditionFailed as refused:
            # Erasure may have removed texts from the one in the log; the rest must match.
            if not is_same_fact(event, refused.found):
                raise another(event) from refused
        return True

    async def _remove(self, event: OrderEvent) -> bool:
        """Removes the event from its order. Returns whether this call did."""
        key, sequence = order_key(event.tenant_id, event.order_id), event.sequence
        # In each round, another event came or went between the two attempts.
        for attempt in (self._remove_last, self._remove_one_of_several) * _SETTLING_ROUNDS:
            try:
                await attempt(key, sequence)
            except ConditionFailed as refused:
                if waiting_in(refused.found, sequence):
                    continue
                return False  # by another process before
            return True
        raise TransientPortError(DEPENDENCY, f"order {event.order_id} changes too fast to settle its event {sequence}")

    async def _remove_last(self, key: Key, sequence: int) -> None:
        """Removes the event, and the order from the relay's index, if no other event waits."""
        place = Placeholders()
        event, pending = place.name("pending", sequence_text(sequence)), place.name("pending")
        marker = ", ".join(map(place.name, ("outboxShard", "outboxSince")))
        await self._table.update(
            key,
            change=f"SET {place.name('pendingBytes')} = {place.value(0)} REMOVE {event}, {marker}",
            condition=f"attribute_exists({event}) AND size({pending}) = {place.value(1)}",
            place=place,
        )

    async def _remove_one_of_several(self, key: Key, sequence: int) -> None:
        """Removes the event and leaves the order in the relay's index, if other events wait."""
        place = Placeholders()
        name = sequence_text(sequence)
        event, pending, total = place.name("pending", name), place.name("pending"), place.name("pendingBytes")
        await self._table.update(
            key,
            change=f"SET {total} = {total} - {place.name('pending', name, BYTES)} REMOVE {event}",
            condition=f"attribute_exists({event}) AND size({pending}) > {place.value(1)}",
            place=place,
        )


def _removal(table: str, event: OrderEvent, *, last: bool) -> Statement:
    """Writes what ``_remove_last`` or ``_remove_one_of_several`` does as a statement, with the same condition."""
    given, name = Parameters(), sequence_text(event.sequence)
    waiting, total = path("pending", name), path("pendingBytes")
    if last:
        changes = [
            f"SET {total} = {given.value(0)}",
            *(f"REMOVE {path(each)}" for each in ("outboxShard", "outboxSince")),
        ]
    else:
        changes = [f"SET {total} = {total} - {path('pending', name, BYTES)}"]
    others = "=" if last else ">"
    conditions = [f"attribute_exists({waiting})", f"size({path('pending')}) {others} {given.value(1)}"]
    key = order_key(event.tenant_id, event.order_id)
    return update(table, key, [*changes, f"REMOVE {waiting}"], conditions, given)


def another(event: OrderEvent) -> PermanentPortError:
    """Returns the error that the log has another event under this one's sequence."""
    return PermanentPortError(DEPENDENCY, f"order {event.order_id} has another event {event.sequence} in its log")
