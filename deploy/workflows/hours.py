"""When a release to production may begin: in the hours that the release tool keeps too."""

from datetime import UTC, datetime, timedelta

from deploy.release.desk import BUSINESS_HOURS
from deploy.release.model import Refused


def check(now: datetime, *, ahead: timedelta = timedelta()) -> str:
    """Returns the time in words. Raises: Refused: it is outside business hours.

    Args:
        now: any time with its zone.
        ahead: how long from now the release begins.
    """
    then = (now + ahead).astimezone(UTC) + timedelta(hours=2)
    first, last = BUSINESS_HOURS
    words = f"{then:%A %H:%M} in South Africa"
    if then.weekday() >= 5 or not first <= then.hour < last:
        raise Refused(f"{words} is outside business hours, Monday to Friday {first:02}:00 to {last:02}:00")
    return words
