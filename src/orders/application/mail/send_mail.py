"""Sends each intended mail once: claim, send, mark."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import MappingProxyType

from orders.ports.clock import Clock
from orders.ports.errors import MailRejected, NotYet, StaleOrder, TransientPortError
from orders.ports.mail import Claim, Mail, MailIntent, MailIntents, MailSender, MailState, recipient_hash
from orders.ports.metric_catalogue import MAILS
from orders.ports.metrics import Counters
from orders.ports.suppressions import SuppressionReason, Suppressions

NO_ADDRESS = "no address to send it to"
SUPPRESSED = MappingProxyType(
    {
        SuppressionReason.BOUNCED: "the address is suppressed: a mail to it bounced",
        SuppressionReason.COMPLAINED: "the address is suppressed: its owner complained about a mail",
    }
)
"""Why nothing is sent there any more, as history shows it."""


_PASSING = (TransientPortError, NotYet, StaleOrder)
"""Errors after which the redelivered message may succeed; any other dead-letters it."""


class SendMail:
    """Sends the mail of an intent unless it was sent already.

    A process can die between the mail service's acceptance and the mark; the claim's lease then expires and the mail is
    sent again. These are counted as ``repeated``, besides ``sent``: they are the only possible duplicates.
    """

    def __init__(
        self,
        intents: MailIntents,
        suppressions: Suppressions,
        sender: MailSender,
        clock: Clock,
        counters: Counters,
        *,
        lease: timedelta,
    ) -> None:
        self._intents = intents
        self._suppressions = suppressions
        self._sender = sender
        self._clock = clock
        self._counters = counters
        self._lease = lease

    async def execute(self, intent: MailIntent, compose: Callable[[str], Awaitable[Mail]]) -> None:
        """Claims the intent, sends its mail and marks it.

        Args:
            compose: makes the mail for the recipient; called only if it will be sent.

        Raises:
            NotYet: another process holds the lease and may still be sending.
            TransientPortError: nothing was sent, or the outcome is unknown; the claim was released or expires.

        After any other error nothing was sent. The intent is marked as failed, which history shows, and can be claimed
        again when the message is redelivered.
        """
        if intent.recipient is None:
            await self.skip(intent, NO_ADDRESS)
            return
        claim = await self._intents.claim(intent, now=self._clock.now(), lease=self._lease)
        if not claim.granted:
            if claim.lease_until is not None:
                raise NotYet(f"mail {intent.template} of order {intent.order_id} is being sent by somebody else")
            return
        try:
            # After the claim: each mail to a suppressed address is recorded, and none is sent.
            suppression = await self._suppressions.find(intent.tenant_id, recipient_hash(intent.recipient))
            mail = None if suppression is not None else await compose(intent.recipient)
        except Exception as error:
            await self._give_back(intent, claim, error)
            raise
        if suppression is not None:
            await self._skip(intent, SUPPRESSED[suppression.reason], "suppressed")
        elif mail is not None:
            await self._send(intent, mail, claim)

    async def skip(self, intent: MailIntent, why: str) -> None:
        """Marks the mail as skipped, for history to show. Raises: TransientPortError."""
        await self._skip(intent, why, "skipped")

    async def skip_if_open(self, intent: MailIntent, why: str) -> None:
        """Marks the mail as skipped, unless it is finished or in progress.

        Raises: TransientPortError.
        """
        claim = await self._intents.claim(intent, now=self._clock.now(), lease=self._lease)
        if claim.granted:
            await self.skip(intent, why)

    async def _skip(self, intent: MailIntent, why: str, outcome: str) -> None:
        await self._intents.finish(intent, MailState.SKIPPED, at=self._clock.now(), detail=why)
        self._counters.count(MAILS, outcome=outcome)

    async def _send(self, intent: MailIntent, mail: Mail, claim: Claim) -> None:
        try:
            message_id = await self._sender.send(mail)
        except MailRejected as error:
            await self._intents.finish(intent, MailState.FAILED, at=self._clock.now(), detail=error.detail)
            self._counters.count(MAILS, outcome="rejected")
            return
        except Exception as error:
            # After a timeout the outcome is unknown, and the lease decides.
            if not isinstance(error, TransientPortError) or error.throttled:
                await self._give_back(intent, claim, error)
            raise
        # Before the mark, which may fail: the mail is out, and its repetition will be another one.
        self._counters.count(MAILS, outcome="sent")
        if claim.record.attempts > 1:
            self._counters.count(MAILS, outcome="repeated")
        await self._intents.finish(intent, MailState.SENT, at=self._clock.now(), message_id=message_id)

    async def _give_back(self, intent: MailIntent, claim: Claim, error: Exception) -> None:
        """Releases an intent whose mail was definitely not sent."""
        failure = None if isinstance(error, _PASSING) else f"the mail could not be made ({type(error).__name__})"
        await self._intents.release(intent, claim, now=self._clock.now(), failure=failure)
