"""Times as people type them on a command line."""

import re
from datetime import UTC, datetime, timedelta

from orders.adapters.inbound.cli.runtime import CommandError

_AGO = re.compile(r"^(\d{1,6})([smhd])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def a_time(option: str, text: str | None, now: datetime) -> datetime | None:
    """The moment that an option names: RFC 3339 with an offset, or so long ago (``90m``).

    Raises: CommandError.
    """
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"{option} is a time such as 2026-03-01T12:00:00Z, or so long ago, such as 90m, 12h or 3d")
    return moment.astimezone(UTC)
