"""Times as command-line options."""

import re
from datetime import UTC, datetime, timedelta

from orders.adapters.inbound.cli.runtime import CommandError

_AGO = re.compile(r"^(\d{1,6})([smhd])$")
_FIRST = datetime.min.replace(tzinfo=UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def a_time(option: str, text: str | None, now: datetime) -> datetime | None:
    """Parses an option's time: RFC 3339 with an offset, or a duration before now (``90m``).

    Raises: CommandError.
    """
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        span = timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return max(_FIRST + span, now) - span
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # no time at all, or one that is in year 0 or 10,000 in UTC
    raise CommandError(f"{option} is a time such as 2026-03-01T12:00:00Z, or so long ago, such as 90m, 12h or 3d")


def in_order(first: str, begin: datetime | None, second: str, end: datetime | None) -> None:
    """Checks that the second time is later than the first. Raises: CommandError."""
    if begin is not None and end is not None and begin >= end:
        raise CommandError(f"{second} must be later than {first}: nothing lies between them")
