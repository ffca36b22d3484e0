"""Use case: show how much of the mail service's quota for a day is used up, so that somebody is told in time."""

from orders.ports.mail import MailQuota, MailQuotas
from orders.ports.metrics import Gauges

QUOTA_USED = "mail_daily_quota_used"
"""The fraction of the mails of 24 hours that have been sent: the alarm's metric ([PIPE-9])."""

NEARLY = 0.9


class WatchMailQuota:
    """Looks at the quota."""

    def __init__(self, quotas: MailQuotas, gauges: Gauges) -> None:
        self._quotas = quotas
        self._gauges = gauges

    async def execute(self) -> MailQuota:
        """Show the fraction that is used; returns what there is. Raises: TransientPortError, PermanentPortError."""
        quota = await self._quotas.quota()
        self._gauges.show(QUOTA_USED, quota.used)
        return quota
