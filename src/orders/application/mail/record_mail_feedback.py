"""Use case: what comes back of mails is noted, and addresses that don't want or take any are left alone ([PIPE-10])."""

import logging

from orders.application.policy.audit import about
from orders.application.policy.errors import ApplicationError
from orders.domain.clocks import CLOCK_SKEW, is_to_come
from orders.ports.clock import Clock
from orders.ports.mail import FeedbackKind, MailFeedback, MailIntents, MailReference
from orders.ports.metrics import Counters
from orders.ports.suppressions import Suppression, SuppressionReason, Suppressions

FEEDBACK = "mail_feedback"
"""Counts what came back, by ``what``: delayed, bounced, complained, unknown, foreign, other."""

_SUPPRESSING = {
    FeedbackKind.BOUNCED: SuppressionReason.BOUNCED,
    FeedbackKind.COMPLAINED: SuppressionReason.COMPLAINED,
}

_log = logging.getLogger(__name__)


class FeedbackFromTheFuture(ApplicationError):
    """What came back of a mail says that it did so later than now."""

    def __init__(self) -> None:
        super().__init__(f"it is dated more than {CLOCK_SKEW.seconds // 60} minutes from now")


class RecordMailFeedback:
    """Puts feedback on the mail's record, which history shows, and suppresses its address for its tenant."""

    def __init__(self, intents: MailIntents, suppressions: Suppressions, counters: Counters, clock: Clock) -> None:
        self._intents = intents
        self._suppressions = suppressions
        self._counters = counters
        self._clock = clock

    async def execute(self, mail: MailReference, feedback: MailFeedback) -> None:
        """Note it; any number of times and in any order the effect is that of the gravest, once.

        A mail that is not on record is counted and passed over: nothing is suppressed on a message's word alone.

        Raises:
            FeedbackFromTheFuture: it would outlast whatever an operator does to the address from now on.
            TransientPortError: the table is out of reach.
        """
        if is_to_come(feedback.at, self._clock.now()):
            raise FeedbackFromTheFuture
        about(order_id=mail.order_id, tenant_id=mail.tenant_id)
        if mail.recipient_hash is None or not await self._intents.note_feedback(mail, feedback):
            self._counters.count(FEEDBACK, what="unknown")
            _log.warning("no mail of order %s is the one that feedback came about", mail.order_id)
            return
        self._counters.count(FEEDBACK, what=feedback.kind.name.lower())
        reason = _SUPPRESSING.get(feedback.kind)
        if reason is not None:
            suppression = Suppression(
                mail.tenant_id, mail.recipient_hash, reason, feedback.at, mail.order_id, feedback.detail
            )
            await self._suppressions.add(suppression)
        _log.info("a mail of order %s has %s", mail.order_id, feedback.kind.name.lower())
