"""Use case: notifies a shop's staff of dead letters about its orders ([PIPE-9])."""

import re
from collections.abc import Sequence
from datetime import timedelta
from secrets import token_hex
from typing import Any

from orders.application.mail.dead_letter_count import REMEMBERED, DeadLetterCount
from orders.application.mail.notify_staff import Pace
from orders.application.mail.send_mail import SendMail
from orders.application.operations.dead_letters import DeadLetterService, LetterFilter, Subject, subject_of
from orders.application.policy.audit import Attempt, Audit
from orders.contracts.mail_marks import MARK_HEADER, MARK_TAG, mark_of
from orders.contracts.message_text import parse_text
from orders.domain.identity import order_number
from orders.domain.lifecycle import Role
from orders.ports.audit import AuditOutcome
from orders.ports.clock import Clock
from orders.ports.dead_letters import DeadLetter
from orders.ports.errors import NotYet, PermanentPortError, PortError, TransientPortError
from orders.ports.mail import Mail, MailComposer, MailIntent, MailTemplate, OrderTrouble
from orders.ports.metric_catalogue import DEAD_LETTERS_WITHOUT_A_SHOP
from orders.ports.metrics import Counters
from orders.ports.tenants import TenantDirectory

HELD_FOR = timedelta(minutes=2)
"""So long a letter that is being looked at stays out of an operator's reach if the process dies with it."""

MOST_AT_ONCE = 100
"""Maximum number of dead letters per queue and run; the next run reports the rest."""

REMEMBERED_FOR = timedelta(days=365)
"""So long a mail about a letter is on record, far longer than any letter is kept; its order's end dates it anew."""

LOOK_ANYWAY = 10
"""Every so many looks: one letter may have come and another gone, and their number is the same."""

_SEQUENCE = re.compile(r"[0-9]{1,18}")
NO_EVENT = 0
"""The sequence of a mail that is about no event of the order's own."""


class NotifyDeadLetters:
    """Scans all dead-letter queues and mails each letter's shop once.

    Letters stay in their queue. Only the letter's subject is used; a mail holds the order's number and no personal
    data. Mails are deduplicated by an intent of order, event and address, across all tasks.
    """

    def __init__(
        self,
        service: DeadLetterService,
        tenants: TenantDirectory,
        composer: MailComposer,
        send: SendMail,
        pace: Pace,
        audit: Audit,
        counters: Counters,
        clock: Clock,
    ) -> None:
        """``pace`` is awaited before each mail; the service must hold letters for ``HELD_FOR``."""
        self._service = service
        self._tenants = tenants
        self._composer = composer
        self._send = send
        self._pace = pace
        self._audit = audit
        self._counters = counters
        self._count = DeadLetterCount(counters, clock)
        self._told: dict[str, None] = {}
        self._told_all: dict[str, int] = {}
        self._looks = 0

    async def execute(self) -> None:
        """Notifies staff of every letter that this process has not handled yet.

        A failing queue does not prevent notifications about the others.

        Raises:
            PortError: of queue, table, bucket or mail service; the next scan handles the rest.
            ExceptionGroup: unexpected errors of some letters; all others were handled.
        """
        faults: list[Exception] = []
        unreached: PortError | None = None
        if self._looks % LOOK_ANYWAY == 0:
            self._told_all.clear()
        self._looks += 1
        for queue in self._service.queue_names:
            try:
                faults += await self._look_into(queue)
            except PortError as error:
                unreached = unreached or error
        if unreached is not None:
            raise unreached
        if faults:
            raise ExceptionGroup("nothing could be told of some dead letters", faults)

    async def _look_into(self, queue: str) -> list[Exception]:
        """Scans one queue; as ``_tell_of``. Raises: PortError."""
        depth = await self._service.depth(queue)
        # Received letters are invisible to operators for a moment, so unchanged queues are skipped.
        if not depth:
            self._count.look(queue, (), complete=True)
        if not depth or self._told_all.get(queue) == depth:
            return []
        letters, _ = await self._service.list([queue], LetterFilter(besides=self._told), limit=MOST_AT_ONCE)
        complete = len(letters) < MOST_AT_ONCE
        self._count.look(queue, letters, complete=complete)
        faults = await self._tell_of(letters)
        if complete and all(letter.message_id in self._told for letter in letters):
            self._told_all[queue] = depth
        return faults

    async def _tell_of(self, letters: Sequence[DeadLetter]) -> list[Exception]:
        """Notifies staff of the letters; returns the unexpected errors. Raises: TransientPortError."""
        faults: list[Exception] = []
        for letter in letters:
            try:
                told = await self._told_of(letter)
            except TransientPortError:
                raise
            except Exception as error:  # noqa: BLE001 - one letter must not silence all others
                faults.append(error)
                continue
            if told:
                self._told[letter.message_id] = None
                if len(self._told) > REMEMBERED:
                    del self._told[next(iter(self._told))]
        return faults

    async def _told_of(self, letter: DeadLetter) -> bool:
        """Notifies staff of the letter; returns whether nothing is left to do for it."""
        subject = subject_of(letter.body)
        if subject.tenant_id is not None:
            return await self._told_staff(letter, subject, subject.tenant_id)
        # The tenant is unknown; operators handle it like any letter.
        self._counters.count(DEAD_LETTERS_WITHOUT_A_SHOP, queue=letter.queue)
        return True

    async def _told_staff(self, letter: DeadLetter, subject: Subject, tenant_id: str) -> bool:
        attempt = Attempt(
            operation="tell-of-dead-letter",
            origin=f"dead letters of {letter.queue}",
            request_id=token_hex(16),
            principal="internal-notifier",
            role=Role.SERVICE,
            tenant_id=tenant_id,
            order_id=subject.order_id,
        )
        with self._audit.attempt(attempt):
            try:
                await self._mail(letter, subject, tenant_id)
            except NotYet:
                # Another task holds the lease, and may fail.
                attempt.ended(AuditOutcome.ALLOWED)
                return False
            except PermanentPortError:
                # Rendering failed: logged where it happens, and must not delay the others.
                attempt.ended(AuditOutcome.FAILED)
                return True
            attempt.ended(AuditOutcome.ALLOWED)
        return True

    async def _mail(self, letter: DeadLetter, subject: Subject, tenant_id: str) -> None:
        tenant = await self._tenants.profile(tenant_id)
        number = None if subject.order_id is None else order_number(subject.order_id)
        trouble = OrderTrouble(letter.queue, letter.sent_at, letter.logged_as or letter.message_id, number)
        for address in tenant.staff_addresses or (None,):
            intent = MailIntent(
                tenant_id=tenant_id,
                # An order sent by queue and never placed has no id: the letter's id replaces it.
                order_id=subject.order_id or letter.message_id,
                sequence=sequence_in(letter.body),
                template=MailTemplate.STAFF_ORDER_STUCK,
                recipient=address,
                expires_at=letter.sent_at + REMEMBERED_FOR,
            )

            async def compose(recipient: str, intent: MailIntent = intent) -> Mail:
                marked = mark_of(intent.reference)
                about = () if subject.order_id is None else (("order", subject.order_id), (MARK_TAG, marked))
                headers = () if number is None else (("X-Order-Number", number), (MARK_HEADER, marked))
                return Mail(
                    recipient=recipient,
                    sender_name=tenant.name,
                    content=await self._composer.compose_trouble(trouble, tenant),
                    tags=(("tenant", tenant_id), ("template", str(intent.template)), *about),
                    headers=headers,
                )

            if address is not None:
                await self._pace()
            await self._send.execute(intent, compose)


def sequence_in(body: str) -> int:
    """Returns the sequence of the event in a message; ``NO_EVENT`` for anything else. Never raises."""
    try:
        content: Any = parse_text(body)
    except ValueError:
        return NO_EVENT
    event = content.get("detail") if isinstance(content, dict) else None
    sequence = event.get("sequence") if isinstance(event, dict) else None
    return int(sequence) if isinstance(sequence, str) and _SEQUENCE.fullmatch(sequence) else NO_EVENT
