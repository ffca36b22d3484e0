"""The log of `orders dev` on a terminal: whole in a file, and its warnings and errors as a line for people.

Elsewhere (a pipe, a file) the log is written as everywhere, for whatever reads it.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from rich.text import Text

from orders.adapters.privacy.files import append_private
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.errors import CannotRun
from orders.bootstrap.logging import Handler, configure_logging, masking_formatter
from orders.bootstrap.recent_errors import event_text

LOG_FILE, EARLIER_LOG_FILE = "orders.log", "orders.log.1"
MAX_CHARACTERS = 240
SAME_AGAIN_AFTER = timedelta(seconds=10)
"""So long the same fault is not shown again: an outage strikes every message."""

DELIVERY, DEAD_LETTERED = "orders.adapters.inbound.sqs.delivery", "message dead-lettered"
"""The logger and the event of a message that can't be handled."""
LAST_WORDS = "orders.bootstrap.command_running"
"""The logger of why the process ends, which its command says too."""

_STYLES = {logging.WARNING: "yellow", logging.ERROR: "bold red", logging.CRITICAL: "bold red"}

DeadLettered = Callable[[str, str], None]
"""Is told of a queue's name, and why a message of it can't be handled."""


class ShortLines(Handler):
    """Shows warnings and errors as one line each, personal data masked, the same one only now and then."""

    def __init__(self, write: Callable[[Text], None], zone: tzinfo | None = None) -> None:
        """``zone`` is that of the times in lines, by default this machine's."""
        super().__init__(sys.stderr)
        self.setLevel(logging.WARNING)
        self.setFormatter(masking_formatter(event_text))
        self.dead_lettered: DeadLettered | None = None
        self._write = write
        self._zone = zone
        self._shown: dict[tuple[str, str], tuple[datetime, int]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Shows the record, unless the command shows it itself or it was shown just now."""
        facts = record.msg if isinstance(record.msg, Mapping) else {}
        if record.name == LAST_WORDS:
            return
        if record.name == DELIVERY and facts.get("event") == DEAD_LETTERED and self.dead_lettered is not None:
            self.dead_lettered(str(facts["queue"]), str(facts["error"]))
            return
        place, at = (record.name, str(facts.get("event", record.msg))), datetime.fromtimestamp(record.created, UTC)
        before, left_out = self._shown.get(place, (None, 0))
        if before is not None and at - before < SAME_AGAIN_AFTER:
            self._shown[place] = (before, left_out + 1)
            return
        self._shown[place] = (at, 0)
        try:
            text = " ".join(self.format(record).split())
        except Exception:  # noqa: BLE001 - as the standard library's handlers do; the file has the record
            self.handleError(record)
            return
        shown = text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
        more = f" (and {left_out} more before it)" if left_out else ""
        line = Text(f"{at.astimezone(self._zone):%H:%M:%S} ").append(record.levelname.lower(), _STYLES[record.levelno])
        self._write(line.append(f" {shown}{more}"))


@contextmanager
def logging_to_file(settings: Settings, level: str, write: Callable[[Text], None]) -> Iterator[ShortLines]:
    """Sends the log from this level on as JSON to the data directory, and shows its warnings and errors by ``write``.

    The file of the run before is kept beside it. Raises: CannotRun: the file can't be written.
    """
    path = settings.orders_data_dir / LOG_FILE
    try:
        _keep_earlier(path)
        stream = append_private(path)
    except OSError as error:
        raise CannotRun(f"the log {path} can't be written: {error.strerror or error}") from error
    with stream:
        configure_logging(settings.model_copy(update={"log_format": "json", "log_level": level}), stream=stream)
        lines = ShortLines(write)
        logging.getLogger().addHandler(lines)
        yield lines


def _keep_earlier(path: Path) -> None:
    if path.exists():
        path.replace(path.with_name(EARLIER_LOG_FILE))
