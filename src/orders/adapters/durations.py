"""Durations as people read them."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def short_duration(seconds: float) -> str:
    """Returns a duration in at most two units: ``340 ms``, ``4.2 s``, ``3 min``, ``2 h 5 min``, ``3 d``."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR:.0f} h {seconds % _HOUR // _MINUTE:.0f} min"
    return f"{seconds / _DAY:.0f} d"
