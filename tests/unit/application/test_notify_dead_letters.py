"""Staff hear once of each order with which something could not be done, and of nobody's particulars ([PIPE-9])."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from orders.adapters.outbound.memory.dead_letters import MemoryDeadLetterQueues
from orders.adapters.outbound.rendering.mail_composer import JinjaMailComposer
from orders.application.mail import dead_letter_count
from orders.application.mail.notify_dead_letters import (
    LOOK_ANYWAY,
    MOST_AT_ONCE,
    NotifyDeadLetters,
    sequence_in,
)
from orders.application.operations.dead_letters import DeadLetterService
from orders.domain.identity import order_number
from orders.ports.dead_letters import DeadLetter
from orders.ports.errors import PermanentPortError, QuotaReached, RenderingFailed, TransientPortError
from orders.ports.mail import MailState
from orders.ports.metric_catalogue import DEAD_LETTERS, DEAD_LETTERS_WITHOUT_A_SHOP
from tests.support.builders import NOON, a_tenant, an_order_id
from tests.support.hostile import TOO_DEEP
from tests.support.service import Service

QUEUES = ("pdf-creator", "customer-notifier", "record-creator", "rule:bbws-order-pdf-creation")
SECRET = "Thandi Mokoena"


def an_event(order_id: str, sequence: int = 1, tenant_id: str = "tenant_a") -> str:
    data = {"tenant_id": tenant_id, "order_id": order_id, "version": 1}
    detail = {"specversion": "1.0", "sequence": f"{sequence:010}", "data": data}
    return json.dumps({"detail-type": "io.bbws.orders.order.created.v1", "source": "io.bbws.orders", "detail": detail})


def a_letter(body: str, *, queue: str = "pdf-creator", number: int = 1) -> DeadLetter:
    return DeadLetter(queue=queue, message_id=f"message-{number}", body=body, sent_at=NOON - timedelta(minutes=1))


class Watch:
    """A service with dead letters, and whoever looks through them."""

    def __init__(self, *, staff: Sequence[str] = ("staff@example.com",)) -> None:
        self.service = Service()
        self.service.tenants.profiles["tenant_a"] = a_tenant(staff_addresses=tuple(staff))
        self.queues = MemoryDeadLetterQueues(self.service.clock, QUEUES)
        self.turns = 0

    def one_more(self, composer: Any = None) -> NotifyDeadLetters:
        """Another task of the internal-notifier."""
        service = self.service
        return NotifyDeadLetters(
            DeadLetterService(self.queues, service.clock),
            service.tenants,
            composer or JinjaMailComposer(),
            service.send_mail,
            self._pace,
            service.audit,
            service.counters,
            service.clock,
        )

    async def _pace(self) -> None:
        self.turns += 1


async def test_each_address_gets_one_mail_and_the_letter_stays() -> None:
    watch = Watch(staff=("a@example.com", "b@example.com"))
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    one, other = watch.one_more(), watch.one_more()
    for task in (one, other, one, other):
        await task.execute()
    mails = watch.service.sender.sent
    assert [mail.recipient for mail in mails] == ["a@example.com", "b@example.com"]
    assert mails[0].content.subject == f"Needs attention: order {order_number(an_order_id())}"
    assert "The PDF of an order could not be made." in mails[0].content.text.replace("\n", " ")
    assert "message-1" in mails[0].content.html
    assert ("X-Order-Number", order_number(an_order_id())) in mails[0].headers
    assert await watch.queues.depth("pdf-creator") == 1
    assert [letter.message_id for letter in await watch.queues.take("pdf-creator", hold=timedelta(1))] == ["message-1"]
    assert watch.turns == 4  # each task asked for its turn once for each address, and knows the letter since


async def test_copies_and_letters_that_fail_again_are_one_and_another_event_is_another() -> None:
    watch = Watch()
    watch.queues.dead_letter(a_letter(an_event(an_order_id()), number=1))
    watch.queues.dead_letter(a_letter(an_event(an_order_id()), number=2))
    watch.queues.dead_letter(a_letter(an_event(an_order_id()), number=3, queue="rule:bbws-order-pdf-creation"))
    await watch.one_more().execute()
    assert len(watch.service.sender.sent) == 1
    watch.queues.dead_letter(a_letter(an_event(an_order_id(), sequence=2), number=4, queue="customer-notifier"))
    watch.queues.dead_letter(a_letter(an_event(an_order_id(2)), number=5))
    await watch.one_more().execute()
    assert len(watch.service.sender.sent) == 3


async def test_an_order_that_was_never_placed_is_told_of_by_its_letter() -> None:
    watch = Watch()
    order = {"customer": {"name": SECRET}, "customer_id": "cust_1", "notes": SECRET}
    body = json.dumps({"command": "create-order", "tenant_id": "tenant_a", "idempotency_key": "k", "order": order})
    watch.queues.dead_letter(replace(a_letter(body, queue="record-creator"), error=SECRET))
    await watch.one_more().execute()
    (mail,) = watch.service.sender.sent
    assert mail.content.subject == "Needs attention: an order from the queue"
    assert "could not be placed" in mail.content.html
    assert SECRET not in repr((mail.content.subject, mail.content.text, mail.content.html, mail.tags, mail.headers))


async def test_what_names_no_shop_is_counted_and_a_shop_without_staff_is_noted() -> None:
    watch = Watch(staff=())
    for number, body in enumerate(("not JSON", *TOO_DEEP), start=2):
        watch.queues.dead_letter(a_letter(body, number=number))
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    task = watch.one_more()
    await task.execute()
    await task.execute()
    assert watch.service.sender.sent == []
    assert watch.service.counters.of(DEAD_LETTERS_WITHOUT_A_SHOP, queue="pdf-creator") == 1 + len(TOO_DEEP)
    (record,) = await watch.service.intents.of_order("tenant_a", an_order_id())
    assert record.state is MailState.SKIPPED


async def test_what_could_not_be_sent_is_sent_at_a_later_look() -> None:
    watch = Watch()
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    task = watch.one_more()
    watch.service.sender.failures = [QuotaReached("mail service", "Daily message quota exceeded.")]
    with pytest.raises(TransientPortError):
        await task.execute()
    watch.queues.reachable = False
    with pytest.raises(TransientPortError):
        await task.execute()
    watch.queues.reachable = True
    await task.execute()
    assert len(watch.service.sender.sent) == 1


async def test_a_queue_that_cannot_be_looked_into_keeps_nobody_from_being_told_of_the_others_letters() -> None:
    watch = Watch()
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))

    class OneRefuses(MemoryDeadLetterQueues):
        async def depth(self, queue: str) -> int:
            if queue == "record-creator":
                raise PermanentPortError(f"{queue} dead-letter queue", "AccessDenied")
            return await super().depth(queue)

    refusing = OneRefuses(watch.service.clock, sorted({"record-creator", *watch.queues.names}, reverse=True))
    for kept in watch.queues._kept.values():
        for each in kept.values():
            refusing.dead_letter(each.letter)
    watch.queues = refusing
    with pytest.raises(PermanentPortError):
        await watch.one_more().execute()
    assert len(watch.service.sender.sent) == 1


async def test_one_that_another_task_is_sending_is_looked_at_again() -> None:
    watch = Watch()
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    watch.service.sender.failures = [TransientPortError("mail service", "no answer")]
    task = watch.one_more()
    with pytest.raises(TransientPortError):
        await task.execute()
    await task.execute()
    assert watch.service.sender.sent == []  # the lease of the first try holds: nobody knows whether it went out
    watch.service.clock._next += timedelta(minutes=5)
    await task.execute()
    assert len(watch.service.sender.sent) == 1


async def test_a_fault_of_ours_about_one_is_no_reason_to_keep_quiet_about_the_others() -> None:
    class Broken(JinjaMailComposer):
        async def compose_trouble(self, trouble: Any, tenant: Any) -> Any:
            if trouble.reference == "message-1":
                raise RenderingFailed("template staff_order_stuck/body.html: broken")
            return await super().compose_trouble(trouble, tenant)

    watch = Watch()
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    watch.queues.dead_letter(a_letter(an_event(an_order_id(2)), number=2))
    await watch.one_more(Broken()).execute()
    assert len(watch.service.sender.sent) == 1


async def test_a_fault_that_nobody_expected_silences_none_of_the_others_and_is_heard_of() -> None:
    class Bug(JinjaMailComposer):
        async def compose_trouble(self, trouble: Any, tenant: Any) -> Any:
            if trouble.reference == "message-1":
                raise ZeroDivisionError
            return await super().compose_trouble(trouble, tenant)

    watch = Watch()
    for number in (1, 2):
        watch.queues.dead_letter(a_letter(an_event(an_order_id(number)), number=number))
    with pytest.raises(ExceptionGroup) as faults:
        await watch.one_more(Bug()).execute()
    assert [type(fault) for fault in faults.value.exceptions] == [ZeroDivisionError]
    assert len(watch.service.sender.sent) == 1


async def test_letters_behind_any_number_of_others_have_their_turn() -> None:
    watch = Watch()
    for number in range(2 * MOST_AT_ONCE):
        watch.queues.dead_letter(a_letter("not JSON", number=1000 + number))
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    task = watch.one_more()
    await task.execute()
    await task.execute()
    assert watch.service.sender.sent == []
    await task.execute()
    assert len(watch.service.sender.sent) == 1


async def test_where_nothing_has_changed_letters_are_left_in_operators_reach() -> None:
    class Counting(MemoryDeadLetterQueues):
        taken = 0

        async def take(self, queue: str, *, hold: timedelta) -> Sequence[DeadLetter]:
            self.taken += 1
            return await super().take(queue, hold=hold)

    watch = Watch()
    watch.queues = queues = Counting(watch.service.clock, QUEUES)
    queues.dead_letter(a_letter("not JSON", number=2))
    task = watch.one_more()
    await task.execute()
    looked = queues.taken
    for _ in range(LOOK_ANYWAY - 1):
        await task.execute()
    assert queues.taken == looked
    # One has gone and one has come: their number is the same, and all the same it is told of.
    await queues.remove(a_letter("not JSON", number=2))
    queues.dead_letter(a_letter(an_event(an_order_id())))
    await task.execute()
    assert len(watch.service.sender.sent) == 1


async def test_looking_into_a_letter_is_on_record() -> None:
    watch = Watch()
    watch.queues.dead_letter(a_letter(an_event(an_order_id())))
    await watch.one_more().execute()
    (record,) = watch.service.trail.records
    assert (record.operation, record.tenant_id, record.order_id) == ("tell-of-dead-letter", "tenant_a", an_order_id())


@pytest.mark.parametrize("where", [*QUEUES, "internal-notifier", "event-processor", "mail-feedback"])
async def test_each_queue_has_its_own_words(where: str) -> None:
    watch = Watch()
    watch.queues = MemoryDeadLetterQueues(watch.service.clock, (where,))
    watch.queues.dead_letter(a_letter(an_event(an_order_id()), queue=where))
    await watch.one_more().execute()
    (mail,) = watch.service.sender.sent
    assert ("An event about an order could not be delivered." in mail.content.text) is where.startswith("rule:")


@pytest.mark.parametrize(
    ("body", "sequence"),
    [
        (an_event(an_order_id(), 12), 12),
        ('{"command": "render-document"}', 0),
        ("[]", 0),
        ("{", 0),
        ('{"detail": {"sequence": "٣"}}', 0),
        ('{"detail": {"sequence": 7}}', 0),
    ],
)
def test_the_sequence_is_that_of_an_event_of_ours(body: str, sequence: int) -> None:
    assert sequence_in(body) == sequence


def counted(watch: Watch) -> dict[str, float]:
    """The letters that were counted, by queue."""
    series = watch.service.counters.counted(DEAD_LETTERS)
    return {queue: times for labels, times in series.items() for _, queue in labels}


async def test_a_letter_is_counted_when_it_is_first_seen_by_each_task() -> None:
    watch = Watch()
    for number, queue in enumerate(QUEUES):
        watch.queues.dead_letter(a_letter(an_event(an_order_id(number)), queue=queue, number=number))
    watch.queues.dead_letter(a_letter("not JSON", number=9))
    task = watch.one_more()
    for _ in range(LOOK_ANYWAY + 1):
        await task.execute()
    assert counted(watch) == dict.fromkeys(QUEUES, 1) | {"pdf-creator": 2}
    await watch.one_more().execute()
    assert counted(watch) == dict.fromkeys(QUEUES, 2) | {"pdf-creator": 4}


async def test_a_letter_that_nobody_could_be_told_of_is_counted_all_the_same_and_once() -> None:
    watch = Watch()
    for number in (1, 2):
        watch.queues.dead_letter(a_letter(an_event(an_order_id(number)), number=number))
    task = watch.one_more()
    watch.service.sender.failures = [QuotaReached("mail service", "Daily message quota exceeded.")] * 2
    for _ in range(2):
        with pytest.raises(TransientPortError):
            await task.execute()
        assert counted(watch) == {"pdf-creator": 2}
    await task.execute()
    assert counted(watch) == {"pdf-creator": 2}


async def test_what_waited_before_the_start_was_counted_by_the_process_before_and_what_comes_after_is_new() -> None:
    watch = Watch()
    old = timedelta(hours=1)
    for number in range(MOST_AT_ONCE + 5):
        letter = a_letter(an_event(an_order_id(number)), number=number)
        watch.queues.dead_letter(replace(letter, sent_at=NOON - old))
    task = watch.one_more()
    await task.execute()  # the first of them
    await task.execute()  # the rest
    assert counted(watch) == {}
    # Sent to the worker's queue long ago, and moved to the dead letters only now.
    late = replace(a_letter(an_event(an_order_id(500)), number=500), sent_at=NOON - old)
    watch.queues.dead_letter(late)
    watch.queues.dead_letter(replace(late, queue="customer-notifier", message_id="message-501"))
    await task.execute()
    assert counted(watch) == {"pdf-creator": 1, "customer-notifier": 1}


async def test_no_more_letters_are_remembered_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letter_count, "REMEMBERED", 2)
    watch = Watch()
    count = dead_letter_count.DeadLetterCount(watch.service.counters, watch.service.clock)
    letters = [a_letter("{}", number=number) for number in range(3)]
    count.look("pdf-creator", letters, complete=True)
    assert list(count._seen) == ["message-1", "message-2"]
