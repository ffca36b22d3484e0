"""Use case: reports the used share of the mail service's daily quota, for an alarm."""

from orders.ports.mail import MailQuota, MailQuotas
from orders.ports.metric_catalogue import MAIL_DAILY_QUOTA_USED
from orders.ports.metrics import Gauges

NEARLY = 0.9


class WatchMailQuota:
    """Reports the quota."""

    def __init__(self, quotas: MailQuotas, gauges: Gauges) -> None:
        self._quotas = quotas
        self._gauges = gauges

    async def execute(self) -> MailQuota:
        """Sets the gauge to the used fraction; returns the quota. Raises: TransientPortError, PermanentPortError."""
        quota = await self._quotas.quota()
        self._gauges.show(MAIL_DAILY_QUOTA_USED, quota.used)
        return quota
