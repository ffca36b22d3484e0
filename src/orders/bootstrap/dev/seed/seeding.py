"""Makes the sample orders through the API, each thing once, however often it is done."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from orders.acceptance.client import ORDERS, ApiResponse
from orders.acceptance.steps import Failed, expect
from orders.bootstrap.dev.seed.calls import HIDING, MAILS, PLACED_MAILS, Call, call_of
from orders.bootstrap.dev.seed.samples import SampleOrder, Samples, Step
from orders.domain.lifecycle import Role
from orders.ports.mail import FeedbackKind, MailReference, MailState, MailTemplate, recipient_hash

LOOK_EVERY_SECONDS = 0.2
CONFIRMATION_SEQUENCE = 1
"""A confirmation is about the order's creation, its first event."""


class Api(Protocol):
    """Calls the API, as ``AsyncClient`` does."""

    async def call(
        self, method: str, path: str, *, token: str | None, body: Any = None, headers: Any = None
    ) -> ApiResponse:
        """Calls the API. Raises: NotReached."""
        ...


class Behind(Protocol):
    """Makes happen what AWS does behind the API, where no emulator does it by itself."""

    async def report(self, mail: MailReference, kind: FeedbackKind) -> None:
        """Reports a bounce or a complaint as the mail service does."""
        ...

    async def dead_letters(self) -> int:
        """Returns the number of documents' dead letters."""
        ...

    async def request_document(self, shop: str, order_id: str) -> None:
        """Requests the document of an order, which may not exist."""
        ...


Token = Callable[[SampleOrder, Role], str]
"""Issues a token of the order's shop, for its customer or for its staff."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample order as it is in the end."""

    sample: SampleOrder
    status: str
    parcels: int
    deleted: bool
    erased: bool
    feedback: str | None


@dataclass(slots=True)
class Seeded:
    """The outcome of a seed.

    Attributes:
        placed, changed: the number of orders placed, and of changes made, this time.
        left: keys of orders that somebody has changed otherwise meanwhile, which were left as they are.
        dead_letters: the number of documents' dead letters that there are in the end.
    """

    placed: int = 0
    changed: int = 0
    reported: int = 0
    dead_letters: int = 0
    left: list[str] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """True if anything was added."""
        return bool(self.placed or self.changed or self.reported)


class Seeding:
    """One run over the sample orders.

    What is there is looked up before anything is done, so that a second run adds nothing, and one after an
    interruption the rest: an order is there by its id, a step by the number of its events.
    """

    def __init__(
        self,
        samples: Samples,
        api: Api,
        token: Token,
        behind: Behind,
        *,
        tell: Callable[[str], None],
        within_seconds: float = 120,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """``tell`` is told what is being done; ``within_seconds`` bounds each wait for documents and mails."""
        self._samples = samples
        self._api = api
        self._token = token
        self._behind = behind
        self._tell = tell
        self._looks = max(1, round(within_seconds / LOOK_EVERY_SECONDS))
        self._pause = pause
        self._done = Seeded()

    async def run(self) -> Seeded:
        """Makes what is missing. Raises: Failed, NotReached, PortError."""
        first = [each for each in self._samples.orders if each.after is None]
        await self._make(first)
        for sample in self._samples.orders:
            if sample.feedback is not None:
                await self._report(sample, sample.feedback)
        await self._make([each for each in self._samples.orders if each.after is not None])
        await self._bury()
        self._tell(f"looking at {len(self._samples.orders)} orders")
        self._done.seen += await asyncio.gather(*map(self._look, self._samples.orders))
        return self._done

    async def _make(self, samples: Sequence[SampleOrder]) -> None:
        """Places orders and takes their steps; each time with a wait for the mails, which else might never be sent."""
        for number, sample in enumerate(samples, 1):
            self._tell(f"placing {number} of {len(samples)} orders")
            await self._place(sample)
        # All at once, for each waits for mails most of the time; each order's own steps are in turn.
        self._tell(f"changing {len(samples)} orders")
        ended = await asyncio.gather(*map(self._take_steps, samples), return_exceptions=True)
        for outcome in ended:
            if outcome is not None:
                raise outcome

    async def _place(self, sample: SampleOrder) -> None:
        if await self._order(sample) is not None:
            return
        headers = {"Idempotency-Key": sample.idempotency_key}
        answer = await self._call(sample, Call("POST", "", Role.CUSTOMER, sample.body), path=ORDERS, headers=headers)
        placed = expect(answer, HTTPStatus.CREATED, f"placing {sample.key}").json
        if placed["order_id"] != sample.order_id:
            raise Failed(f"{sample.key} is {placed['order_id']}, and not {sample.order_id}")
        self._done.placed += 1

    async def _take_steps(self, sample: SampleOrder) -> None:
        history = await self._history(sample)
        events = [each for each in history if each["kind"] == "event" and not each["type"].startswith("document")]
        taken = len(events) - 1
        for place, step in enumerate(sample.steps):
            if place < taken:
                continue
            if step.action in HIDING or place == 0:
                await self._mailed(sample, sample.steps[:place])
            if not await self._take(sample, step):
                self._done.left.append(sample.key)
                return
        # A deleted order gets no mails any more; any other one gets all.
        await self._mailed(sample, sample.steps)

    async def _take(self, sample: SampleOrder, step: Step) -> bool:
        """Takes a step; false if the order is no longer in a state for it."""
        answer = await self._call(sample, call_of(step))
        if answer.status == HTTPStatus.CONFLICT:
            return False
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise Failed(f"{step.action} of {sample.key} answered {answer.status}: {answer.fault}")
        self._done.changed += 1
        return True

    async def _mailed(self, sample: SampleOrder, steps: Sequence[Step]) -> None:
        """Waits until the mails that follow an order's placing and these steps were sent, or skipped."""
        expected = PLACED_MAILS.union(*(MAILS.get(step.action, frozenset()) for step in steps))

        async def look() -> bool:
            mails = [each for each in await self._history(sample) if each["kind"] == "mail"]
            ended = {each["template"] for each in mails if each["state"] != MailState.CLAIMED}
            return ended >= expected

        await self._until(look, f"the mails of {sample.key}")

    async def _report(self, sample: SampleOrder, kind: FeedbackKind) -> None:
        if await self._feedback(sample) is not None:
            return
        self._tell(f"reporting that a mail {kind.name.lower()}")
        mail = MailReference(
            sample.shop,
            sample.order_id,
            CONFIRMATION_SEQUENCE,
            MailTemplate.ORDER_CONFIRMATION,
            recipient_hash(sample.email),
        )
        await self._behind.report(mail, kind)

        async def look() -> bool:
            return await self._feedback(sample) is not None

        await self._until(look, f"the feedback on {sample.key}")
        self._done.reported += 1

    async def _bury(self) -> None:
        """Sees to it that there is a dead letter: one that is there already will do."""
        if not await self._behind.dead_letters():
            self._tell("asking for the document of an order that is lost")
            await self._behind.request_document(self._samples.lost_shop, self._samples.lost_order_id)
            self._done.reported += 1

            async def look() -> bool:
                return await self._behind.dead_letters() > 0

            await self._until(look, "the dead letter")
        self._done.dead_letters = await self._behind.dead_letters()

    async def _look(self, sample: SampleOrder) -> Seen:
        order = await self._order(sample)
        if order is None:
            raise Failed(f"{sample.key} is gone")
        if "deleted_at" not in order:
            await self._until(lambda: self._is_rendered(sample), f"the document of {sample.key}")
        return Seen(
            sample,
            status=order["status"],
            parcels=len(order.get("parcels", ())),
            deleted="deleted_at" in order,
            erased="erased_at" in order,
            feedback=await self._feedback(sample),
        )

    async def _is_rendered(self, sample: SampleOrder) -> bool:
        answer = await self._call(sample, Call("GET", "/document", Role.ADMIN))
        return answer.status == HTTPStatus.FOUND

    async def _order(self, sample: SampleOrder) -> dict[str, Any] | None:
        answer = await self._call(sample, Call("GET", "?include_deleted=true", Role.ADMIN))
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        found: dict[str, Any] = expect(answer, HTTPStatus.OK, f"reading {sample.key}").json
        return found

    async def _history(self, sample: SampleOrder) -> list[dict[str, Any]]:
        answer = await self._call(sample, Call("GET", "/history?limit=100&include_deleted=true", Role.ADMIN))
        found: list[dict[str, Any]] = expect(answer, HTTPStatus.OK, f"the history of {sample.key}").json["items"]
        return found

    async def _feedback(self, sample: SampleOrder) -> str | None:
        kinds = [each["feedback"]["kind"] for each in await self._history(sample) if each.get("feedback")]
        return kinds[0] if kinds else None

    async def _call(
        self, sample: SampleOrder, call: Call, *, path: str | None = None, headers: dict[str, str] | None = None
    ) -> ApiResponse:
        return await self._api.call(
            call.method,
            path or f"{ORDERS}/{sample.order_id}{call.path}",
            token=self._token(sample, call.role),
            body=call.body,
            headers=headers or {},
        )

    async def _until(self, look: Callable[[], Awaitable[bool]], what: str) -> None:
        for _ in range(self._looks):
            if await look():
                return
            await self._pause(LOOK_EVERY_SECONDS)
        raise Failed(f"{what} did not come within {self._looks * LOOK_EVERY_SECONDS:g} s")
