"""The sample orders, made through the API in memory with every worker behind it."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from orders.acceptance.client import ApiResponse
from orders.acceptance.steps import Failed
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.bootstrap.dev.seed.calls import MAILS
from orders.bootstrap.dev.seed.samples import Action, SampleOrder, Samples, Step, packaged_samples
from orders.bootstrap.dev.seed.seeding import Seeded, Seeding
from orders.domain.identity import order_number
from orders.domain.lifecycle import Role, Status
from orders.ports.mail import FeedbackKind, MailFeedback, MailReference, MailState, MailTemplate
from tests.support.builders import NOON
from tests.support.http_api import an_app
from tests.support.service import Service
from tests.support.workers import Workers


@dataclass
class InMemory:
    """``Api`` and ``Behind`` of the seed over a service in memory, whose workers work whenever the seed pauses.

    Attributes:
        calls: counts what was asked, by method.
        breaks_after: so many changing calls are answered; then nobody answers any more.
    """

    service: Service
    issuer: DevIssuer
    client: httpx.AsyncClient
    workers: Workers
    calls: Counter[str] = field(default_factory=Counter)
    working: asyncio.Lock = field(default_factory=asyncio.Lock)
    letters: list[tuple[str, str]] = field(default_factory=list)
    breaks_after: int | None = None

    async def call(
        self, method: str, path: str, *, token: str | None, body: Any = None, headers: Any = None
    ) -> ApiResponse:
        changes = self.calls.total() - self.calls["GET"]
        if method != "GET" and changes == self.breaks_after:
            raise Failed("the service was killed")
        self.calls[method] += 1
        sent = {"Authorization": f"Bearer {token}"} | dict(headers)
        if body is not None:
            sent["Content-Type"] = "application/json"
        content = None if body is None else json.dumps(body)
        answer = await self.client.request(method, path, content=content, headers=sent, follow_redirects=False)
        return ApiResponse(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    async def report(self, mail: MailReference, kind: FeedbackKind) -> None:
        await self.service.record_mail_feedback.execute(mail, MailFeedback(kind, NOON))

    async def dead_letters(self) -> int:
        return len(self.letters)

    async def request_document(self, shop: str, order_id: str) -> None:
        self.letters.append((shop, order_id))

    async def pause(self, _: float) -> None:
        async with self.working:
            await self.workers.settle()

    def token(self, sample: SampleOrder, role: Role) -> str:
        is_customer = role is Role.CUSTOMER
        return self.issuer.token(
            tenant_id=sample.shop,
            customer_id=sample.customer_id if is_customer else f"{role}_001",
            roles=[role],
            email=sample.email if is_customer else None,
            now=datetime.now(UTC),
        )

    async def seeded(self, samples: Samples | None = None) -> Seeded:
        """Runs the seed once; it waits a few times only."""
        return await self.seeding(samples or packaged_samples(), self.pause).run()

    def seeding(self, samples: Samples, pause: Callable[[float], Awaitable[None]]) -> Seeding:
        return Seeding(samples, self, self.token, self, tell=lambda _: None, within_seconds=1, pause=pause)

    @property
    def stored(self) -> tuple[int, int]:
        """The number of events published and of mails sent."""
        return len(self.service.publisher.published), len(self.service.sender.sent)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[InMemory]:
    service, issuer = Service(), DevIssuer(tmp_path)
    served = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})))
    # In the loop of the test, where the workers are that wait for what the API has begun.
    with an_app(served) as app:
        transport = httpx.ASGITransport(cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield InMemory(service, issuer, client, Workers(service))


async def test_everything_that_is_promised_is_there(made: InMemory) -> None:
    done = await made.seeded()
    assert (done.placed, len(done.seen), done.left) == (20, 20, [])
    for shop in ("demo", "atlantic-books"):
        assert {seen.status for seen in done.seen if seen.sample.shop == shop} == set(Status)
    assert any(seen.deleted for seen in done.seen)
    assert any(seen.erased for seen in done.seen)
    assert sum(seen.parcels for seen in done.seen) >= 8
    assert {seen.feedback for seen in done.seen} == {None, "bounced", "complained"}
    assert made.letters == [(packaged_samples().lost_shop, packaged_samples().lost_order_id)]
    assert done.dead_letters == 1


async def test_each_change_is_one_event_and_has_its_mails(made: InMemory) -> None:
    done = await made.seeded()
    await made.workers.settle()
    events = [each for each in made.service.publisher.published if not each.type.startswith("document")]
    steps = sum(len(order.steps) for order in packaged_samples().orders)
    assert (len(events), done.changed) == (20 + steps, steps)
    for order in packaged_samples().orders:
        expected = {MailTemplate.ORDER_CONFIRMATION, MailTemplate.STAFF_NEW_ORDER}
        for step in order.steps:
            expected |= MAILS.get(step.action, frozenset())
        records = await made.service.intents.of_order(order.shop, order.order_id)
        assert {record.template for record in records} == expected, order.key
        suppressed = order.key == "suppressed-1"
        for record in records:
            skipped = suppressed and record.template is MailTemplate.ORDER_CONFIRMATION
            assert record.state is (MailState.SKIPPED if skipped else MailState.SENT)


async def test_a_second_time_adds_nothing(made: InMemory) -> None:
    first = await made.seeded()
    stored, calls = made.stored, Counter(made.calls)
    second = await made.seeded()
    assert not second.anything
    assert second.seen == first.seen
    assert made.stored == stored
    assert made.calls - calls == Counter(GET=made.calls["GET"] - calls["GET"])
    assert len(made.letters) == 1


async def test_orders_have_the_same_numbers_on_every_machine(made: InMemory) -> None:
    done = await made.seeded()
    assert order_number(done.seen[0].sample.order_id) == "BB-F9YA-8FHR-JBGX-D"
    assert len({seen.sample.order_id for seen in done.seen}) == 20


@pytest.mark.parametrize("changes", [0, 7, 19, 25, 40])
async def test_what_was_interrupted_goes_on(changes: int, made: InMemory) -> None:
    made.breaks_after = changes
    with pytest.raises(Failed, match="killed"):
        await made.seeded()
    made.breaks_after = None
    done = await made.seeded()
    assert done.placed + done.changed == 20 + sum(len(each.steps) for each in packaged_samples().orders) - changes
    assert (await made.seeded()).anything is False
    assert len({event.order_id for event in made.service.publisher.published}) == 20


async def test_what_somebody_has_changed_meanwhile_is_left(made: InMemory) -> None:
    samples = packaged_samples()
    await made.seeded(replace(samples, orders=tuple(replace(each, steps=()) for each in samples.orders)))
    sample = next(each for each in samples.orders if each.key == "fulfilled-1")
    cancel = Step(Action.CANCEL, "no longer wanted")
    await made.seeded(replace(samples, orders=(replace(sample, steps=(cancel,)),)))
    done = await made.seeded(replace(samples, orders=(sample,)))
    assert (done.left, done.seen[0].status) == (["fulfilled-1"], "cancelled")


async def test_a_refusal_is_named(made: InMemory) -> None:
    samples = packaged_samples()
    wrong = replace(samples.orders[0], body={**samples.orders[0].body, "total": 1})
    with pytest.raises(Failed, match=r"placing pending-1 answered 4.*/total"):
        await made.seeded(replace(samples, orders=(wrong,)))


async def test_what_does_not_come_is_named(made: InMemory) -> None:
    samples = packaged_samples()

    async def nobody_works(_: float) -> None:
        return None

    with pytest.raises(Failed, match="the mails of pending-1 did not come within 1 s"):
        await made.seeding(replace(samples, orders=samples.orders[:1]), nobody_works).run()


SCRIPTS: Mapping[str, tuple[int, int]] = {
    "Ethiopic": (0x1200, 0x137F), "Arabic": (0x600, 0x6FF), "Han": (0x4E00, 0x9FFF), "Cyrillic": (0x400, 0x4FF),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_customers_write_in_many_scripts(script: str) -> None:
    first, last = SCRIPTS[script]
    names = [order.body["customer"]["name"] for order in packaged_samples().orders]
    assert any(first <= ord(character) <= last for name in names for character in name)


def test_nobody_real_gets_a_mail() -> None:
    assert {order.email.rpartition(".")[2] for order in packaged_samples().orders} == {"example"}
