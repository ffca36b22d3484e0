"""Use case: records bounces and complaints, and suppresses the addresses ([PIPE-10])."""

import logging

from orders.application.policy.audit import about
from orders.application.policy.errors import ApplicationError
from orders.domain.clocks import CLOCK_SKEW, is_to_come
from orders.ports.clock import Clock
from orders.ports.mail import FeedbackKind, MailFeedback, MailIntents, MailReference
from orders.ports.metric_catalogue import MAIL_FEEDBACK_RECEIVED
from orders.ports.metrics import Counters
from orders.ports.suppressions import Suppression, SuppressionReason, Suppressions

_SUPPRESSING = {
    FeedbackKind.BOUNCED: SuppressionReason.BOUNCED,
    FeedbackKind.COMPLAINED: SuppressionReason.COMPLAINED,
}

_log = logging.getLogger(__name__)


class FeedbackFromTheFuture(ApplicationError):
    """Feedback on a mail is dated in the future."""

    def __init__(self) -> None:
        super().__init__(f"it is dated more than {CLOCK_SKEW.seconds // 60} minutes from now")


class RecordMailFeedback:
    """Records feedback on the mail, where the history shows it, and suppresses the address for its tenant."""

    def __init__(self, intents: MailIntents, suppressions: Suppressions, counters: Counters, clock: Clock) -> None:
        self._intents = intents
        self._suppressions = suppressions
        self._counters = counters
        self._clock = clock

    async def execute(self, mail: MailReference, feedback: MailFeedback) -> None:
        """Records the feedback. Idempotent and independent of order: the most severe feedback wins.

        Feedback on an unknown mail is counted and dropped: a message alone does not suppress an address.

        Raises:
            FeedbackFromTheFuture: it would override later actions of operators on the address.
            TransientPortError: the table is unreachable.
        """
        if is_to_come(feedback.at, self._clock.now()):
            raise FeedbackFromTheFuture
        about(order_id=mail.order_id, tenant_id=mail.tenant_id)
        if mail.recipient_hash is None or not await self._intents.note_feedback(mail, feedback):
            self._counters.count(MAIL_FEEDBACK_RECEIVED, what="unknown")
            _log.warning("no mail of order %s is the one that feedback came about", mail.order_id)
            return
        self._counters.count(MAIL_FEEDBACK_RECEIVED, what=feedback.kind.name.lower())
        reason = _SUPPRESSING.get(feedback.kind)
        if reason is not None:
            suppression = Suppression(
                mail.tenant_id, mail.recipient_hash, reason, feedback.at, mail.order_id, feedback.detail
            )
            await self._suppressions.add(suppression)
        _log.info("a mail of order %s has %s", mail.order_id, feedback.kind.name.lower())
