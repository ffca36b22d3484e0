"""Instants as attributes: RFC 3339 in UTC with exactly three decimals, so that text order is time order."""

from datetime import UTC, datetime, timedelta

_MILLISECOND = timedelta(milliseconds=1)
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
FIRST_SECOND = int(_FIRST.timestamp())
LAST_SECOND = int(_LAST.replace(microsecond=0).timestamp())
"""The bounds of ``parse_epoch_seconds``: the years 1 to 9999."""


def instant_text(at: datetime) -> str:
    """Formats the instant as ``2026-01-05T10:00:00.123Z``, truncated to milliseconds.

    Raises: ValueError: it has no time zone.
    """
    return _in_utc(at).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_instant(text: str) -> datetime:
    """Parses the text of ``instant_text``. Raises: ValueError."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def bound_text(at: datetime) -> str:
    """Formats the first whole millisecond not before the instant, for use as a bound in comparisons.

    An instant that no text can represent (offsets and rounding can lead beyond the years 1 to 9999) becomes the
    nearest.

    Raises: ValueError: it has no time zone.
    """
    try:
        exact = _in_utc(at)
        over = exact.microsecond % 1000
        return instant_text(exact if not over else exact - timedelta(microseconds=over) + _MILLISECOND)
    except OverflowError:
        return instant_text(_LAST if at.year > 1 else _FIRST)


def epoch_seconds(at: datetime) -> int:
    """Returns the instant in seconds since 1970, as DynamoDB's TTL has it; one that is not whole is rounded up."""
    return -int(-_in_utc(at).timestamp() // 1)


def parse_epoch_seconds(seconds: int) -> datetime:
    """Parses the seconds of ``epoch_seconds``. Raises: TypeError, ValueError, OverflowError."""
    if not isinstance(seconds, int):
        raise TypeError("seconds since 1970 are a whole number")
    return datetime.fromtimestamp(seconds, UTC)


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone")
    return at if at.tzinfo is UTC else at.astimezone(UTC)
