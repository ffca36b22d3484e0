"""Keeps the last errors of the log in memory, masked as the log itself is."""

import logging
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from orders.bootstrap.logging import Handler, masking_formatter
from orders.ports.recent_figures import LoggedError

KEPT = 50
MAX_TEXT_CHARACTERS = 400


_FIRST = ("error",)
"""Why it happened, which a short line must not cut off."""

_NOT_TEXT = frozenset({"event", "level", "logger", "timestamp", "request_id", "exception", "stack"})


class RecentErrors(Handler):
    """Keeps warnings and errors, one entry for each place in the code, the last ``kept`` of them."""

    def __init__(self, kept: int = KEPT) -> None:
        super().__init__(sys.stderr)
        self.setLevel(logging.WARNING)
        self.setFormatter(masking_formatter(event_text))
        self._kept = kept
        self._entries: OrderedDict[tuple[str, str, str], LoggedError] = OrderedDict()

    def newest(self) -> Sequence[LoggedError]:
        """Returns the entries, the newest first."""
        return tuple(reversed(list(self._entries.values())))

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the record."""
        try:
            text = self.format(record)[:MAX_TEXT_CHARACTERS]
        except Exception:  # noqa: BLE001 - as the standard library's handlers do; the log has the record
            self.handleError(record)
            return
        # By the text before its arguments are put in: a fault that strikes many orders is one entry.
        event = record.msg.get("event") if isinstance(record.msg, Mapping) else record.msg
        place = (record.name, record.levelname, str(event)[:MAX_TEXT_CHARACTERS])
        before = self._entries.pop(place, None)
        self._entries[place] = LoggedError(
            at=datetime.fromtimestamp(record.created, UTC),
            level=record.levelname.lower(),
            logger=record.name,
            text=text,
            count=1 if before is None else before.count + 1,
        )
        if len(self._entries) > self._kept:
            self._entries.popitem(last=False)


@contextmanager
def recent_errors() -> Iterator[RecentErrors]:
    """Keeps the last errors of all loggers while the context is open."""
    kept, root = RecentErrors(), logging.getLogger()
    root.addHandler(kept)
    try:
        yield kept
    finally:
        root.removeHandler(kept)
        kept.close()


def event_text(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """Returns a record's event with its values, and of an exception the last line, which says what it was."""
    names = [*(each for each in _FIRST if each in event), *(each for each in event if each not in _FIRST)]
    values = [f"{name}={event[name]}" for name in names if name not in _NOT_TEXT]
    exception = str(event.get("exception") or "").strip().splitlines()
    return " ".join([str(event.get("event", "")), *values, *exception[-1:]])
