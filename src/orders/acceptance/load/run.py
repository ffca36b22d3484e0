"""The load test: places a few orders, goes through its phases, and follows every order to its document and mails."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from orders.acceptance.client import ApiResponse, NotReached
from orders.acceptance.load.callers import Callers
from orders.acceptance.load.figures import Observed, PhaseResult, percentile
from orders.acceptance.load.pace import LoadClock, Pacer
from orders.acceptance.load.profile import (
    FAILING_CREATE_SECONDS,
    FAILING_ERROR_RATE,
    MIN_DELIVERY,
    Kind,
    Phase,
    Profile,
)
from orders.acceptance.smoke import MAILS
from orders.acceptance.steps import Failed

_LOOK_EVERY_REQUESTS = 100
_LOOKING_AT_ONCE = 16
_LOOK_EVERY_SECONDS = 1.0
DELIVERY = "delivery"
"""Name of the last result: what became of the orders."""


class LoadTest:
    """One load test of one service."""

    def __init__(
        self, callers: Callers, profile: Profile, clock: LoadClock, chance: Random, tell: Callable[[str], None]
    ) -> None:
        """``tell`` is told what begins, for people."""
        self._callers = callers
        self._profile = profile
        self._clock = clock
        self._pacer = Pacer(callers.make, profile.mix, clock, chance)
        self._tell = tell

    async def run(self) -> AsyncGenerator[PhaseResult, None]:
        """Runs the phases and yields each one's results, those of the orders last. Raises: Failed: it can't begin."""
        self._tell(f"placing {self._profile.first_orders} orders to read")
        for _ in range(self._profile.first_orders):
            wrong = await self._callers.make(Kind.CREATE)
            if wrong is not None:
                raise Failed(f"the first orders can't be placed: {wrong}")
        parts: Mapping[Phase, Callable[[], AsyncGenerator[PhaseResult, None]]] = {
            Phase.STEADY: self._steady, Phase.RAMP: self._ramp, Phase.USERS: self._users, Phase.ONE_KEY: self._one_key,
        }  # fmt: skip
        for phase in Phase:
            if phase in self._profile.phases:
                async for result in parts[phase]():
                    yield result
        yield await self._follow()

    async def _steady(self) -> AsyncGenerator[PhaseResult, None]:
        profile = self._profile
        self._tell(f"{profile.rate:g} requests a second for {profile.minutes:g} min")
        observed = await self._pacer.at_rate(profile.rate, profile.minutes * 60)
        yield PhaseResult.of("steady", observed, judged=True, note=_lateness(observed))

    async def _ramp(self) -> AsyncGenerator[PhaseResult, None]:
        profile, rate, held = self._profile, self._profile.rate, 0.0
        while rate <= profile.max_rate:
            self._tell(f"ramp: {rate:g} requests a second")
            observed = await self._pacer.at_rate(rate, profile.ramp_step_seconds, enough=_seen_to_break)
            failed = _broken(observed)
            note = f"failed; {f'{held:g} a second held' if held else 'no rate held'}" if failed else "held"
            yield PhaseResult.of(f"ramp, {rate:g}/s", observed, judged=False, note=note)
            if failed:
                return
            held, rate = rate, rate + profile.ramp_step

    async def _users(self) -> AsyncGenerator[PhaseResult, None]:
        for users in self._profile.users:
            self._tell(f"{users:,} users, {self._profile.users_seconds:g} s")
            observed = await self._pacer.by_users(users, self._profile.users_seconds)
            yield PhaseResult.of(f"{users:,} users", observed, judged=False)

    async def _one_key(self) -> AsyncGenerator[PhaseResult, None]:
        at_once = self._profile.at_once
        self._tell(f"{at_once} creates at once under one key")
        observed, began = Observed(), self._clock.now()
        answers: list[ApiResponse] = []

        async def one(key: str) -> None:
            fault = None
            try:
                answers.append(await self._callers.create(key))
            except NotReached as error:
                fault = str(error)
            observed.add(Kind.CREATE, 0.0, self._clock.now() - began, fault)

        key = f"load-{self._callers.run}-one-key"
        await asyncio.gather(*(one(key) for _ in range(at_once)))
        observed.seconds = max(self._clock.now() - began, 0.001)
        result = PhaseResult.of("one key", observed, judged=False, note=_one_order(answers, at_once))
        yield result.judged(holds=result.note.startswith("one order"))

    async def _follow(self) -> PhaseResult:
        """Looks at each order until it has its document and its mails, or the time is over."""
        began, missing = self._clock.now(), set(self._callers.placed)
        total, deadline = len(missing), began + self._profile.within_seconds
        twice: set[str] = set()
        while missing:
            self._tell(f"{len(missing)} of {total} orders wait for document or mails")
            for batch in _in_batches(sorted(missing)):
                histories = await asyncio.gather(*map(self._callers.history, batch))
                for order_id, entries in zip(batch, histories, strict=True):
                    sent = _mails_of(entries or [])
                    if set(sent) >= MAILS and _has_document(entries or []):
                        missing.discard(order_id)
                        twice |= {order_id} if max(sent.values()) > 1 else set()
            if missing:
                if self._clock.now() >= deadline:
                    break
                await self._clock.until(self._clock.now() + _LOOK_EVERY_SECONDS)
        delivered = (total - len(missing)) / total if total else 1.0
        note = f"{total - len(missing)} of {total} orders have their document and their mails"
        for what, orders in (("missing", missing), ("mailed twice", twice)):
            if orders:
                note += f"; {what}: {', '.join(sorted(orders)[:5])}" + (", ..." if len(orders) > 5 else "")
        holds = delivered >= MIN_DELIVERY and not twice
        return PhaseResult(DELIVERY, self._clock.now() - began, 0, 0.0, 0.0, (), (), note=note, holds=holds)


def _lateness(observed: Observed) -> str:
    """Says so if this process was the limit: then the figures are worse than the service."""
    if observed.late_seconds <= 0.25:
        return ""
    return f"requests were sent up to {observed.late_seconds:.1f} s late: this machine was the limit, not the service"


def _broken(observed: Observed) -> bool:
    """Tells whether a ramp has broken the service: too many errors, or creates that take too long."""
    creates = observed.by_kind().get(Kind.CREATE, [])
    slow = bool(creates) and percentile(creates, 0.95) > FAILING_CREATE_SECONDS
    return slow or observed.error_rate > FAILING_ERROR_RATE


def _seen_to_break(observed: Observed) -> bool:
    """As ``_broken``, looked at now and then: it goes through all that was observed."""
    return observed.requests > 0 and observed.requests % _LOOK_EVERY_REQUESTS == 0 and _broken(observed)


def _one_order(answers: list[ApiResponse], at_once: int) -> str:
    """Says what came of creates under one key: one order, and all answers alike but one's header."""
    statuses = sorted({answer.status for answer in answers})
    if statuses != [201] or len(answers) < at_once:
        return f"{len(answers)} of {at_once} answered, with {', '.join(map(str, statuses)) or 'nothing'}"
    ids = {json.loads(answer.body)["order_id"] for answer in answers}
    first = sum("idempotent-replayed" not in answer.headers for answer in answers)
    if len(ids) != 1 or len({answer.body for answer in answers}) != 1:
        return f"{len(ids)} orders, or answers that differ"
    return "one order, and all answers alike" if first == 1 else f"{first} answers say that they made the one order"


def _mails_of(entries: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Counts the mails of a new order that were sent, by template."""
    mails = (each for each in entries if each["kind"] == "mail" and each["state"] == "sent")
    return Counter(each["template"] for each in mails if each["template"] in MAILS)


def _has_document(entries: Iterable[Mapping[str, Any]]) -> bool:
    return any(each["kind"] == "event" and each["type"] == "document_ready" for each in entries)


def _in_batches(order_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (order_ids[start : start + _LOOKING_AT_ONCE] for start in range(0, len(order_ids), _LOOKING_AT_ONCE))
