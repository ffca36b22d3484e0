"""How soon and how whole the service has to be back after a region is lost ([OPS-9])."""

from datetime import timedelta

RECOVERY_TIME = timedelta(hours=1)
"""RTO: within less than that changes are taken again."""
RECOVERY_POINT = timedelta(minutes=5)
"""RPO: changes from less than that before the loss may be missing."""
