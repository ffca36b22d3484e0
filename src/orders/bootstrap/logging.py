"""Logging by structlog over the standard library: JSON lines for machines, coloured lines for people."""

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from copy import copy
from typing import Any, TextIO

import structlog

from orders.adapters.inbound.http.middleware.request_context import current_request_id
from orders.adapters.log_lines import json_line
from orders.adapters.outbound.audit_log import AUDIT_LOGGER
from orders.adapters.privacy.exceptions import traceback_text
from orders.adapters.privacy.files import append_private, private_directory
from orders.adapters.privacy.masking import mask, mask_argument
from orders.adapters.trace_context import current_traceparent
from orders.bootstrap.config.settings import Settings
from orders.bootstrap.errors import CannotRun

_OURS = ("orders", "uvicorn.error")
"""Loggers that follow ``LOG_LEVEL``. All others log warnings and above only: below that, botocore and others quote
requests and responses, which are orders."""


def configure_logging(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Sends all log records to a stream, with personal data masked unless ``LOG_PII`` is set.

    The default is standard output; commands whose output is read by scripts log to standard error.
    """
    stream = stream or sys.stdout
    shared = _shared(masked=not settings.log_pii)
    handler = Handler(stream, masked=not settings.log_pii)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_privacy(settings),
                *_revision(settings),
                _trace,
                _renderer(settings, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.log_level)
    _configure_audit(settings, stream)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep its first configuration; creating it anew costs a few microseconds.
        cache_logger_on_first_use=False,
    )


def masking_formatter(renderer: Any) -> logging.Formatter:
    """Makes a formatter that masks personal data, whatever ``LOG_PII`` says, and ends with this renderer."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(masked=True),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_masking(), renderer],
    )


class Handler(logging.StreamHandler[TextIO]):
    """Writes records to a stream, with arguments masked before they are formatted into messages.

    A record that can't be written is reported by its place in the code only; the standard library would print its
    arguments.
    """

    def __init__(self, stream: TextIO, *, masked: bool = True) -> None:
        super().__init__(stream)
        self._masked = masked

    def format(self, record: logging.LogRecord) -> str:
        """Formats the record without changing it, since other handlers may format it too."""
        if self._masked and record.args:
            record = copy(record)
            if isinstance(record.args, Mapping):
                record.args = mask(record.args)
            else:
                record.args = tuple(map(mask_argument, record.args or ()))
        return super().format(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Reports a lost line, if that is possible at all."""
        error = sys.exc_info()[0]
        fault = {
            "event": "a log line could not be written",
            "level": "error",
            "logger": record.name,
            "where": f"{record.filename}:{record.lineno}",
            "error": error.__name__ if error else None,
        }
        if sys.stderr is not None:
            try:
                sys.stderr.write(json.dumps(fault) + "\n")
            except (OSError, ValueError):
                return


class _AuditHandler(Handler):
    """Writes audit records and raises errors to the writer."""

    def __init__(self, stream: TextIO, *, owned: bool) -> None:
        super().__init__(stream, masked=False)
        self._owned = owned

    def close(self) -> None:
        """Closes the stream if this handler has opened it."""
        super().close()
        if self._owned:
            self.stream.close()

    def handleError(self, _record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """Raises the current error."""
        error = sys.exc_info()[1]
        if error is not None:
            raise error


class _AuditFormatter(logging.Formatter):
    """Writes the members of an audit record, marked so that a log router can separate them on a shared stream."""

    def __init__(self, revision: str | None) -> None:
        super().__init__()
        self._mark = {"stream": "audit"}
        self._revision = {} if revision is None else {"revision": revision}

    def format(self, record: logging.LogRecord) -> str:
        """Formats the record."""
        facts = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        return json_line({**self._mark, **facts, **self._revision})


def _configure_audit(settings: Settings, stream: TextIO) -> None:
    """Configures the audit logger with its own stream or a mark on each line, independent of the log level.

    Raises: CannotRun: the file can't be written.
    """
    if settings.audit_file is not None:
        try:
            private_directory(settings.audit_file.parent)
            stream = append_private(settings.audit_file)
        except OSError as error:
            raise CannotRun(f"AUDIT_FILE: {settings.audit_file} can't be written to: {error.strerror}") from error
    handler = _AuditHandler(stream, owned=settings.audit_file is not None)
    handler.setFormatter(_AuditFormatter(settings.revision))
    logger = logging.getLogger(AUDIT_LOGGER)
    for before in logger.handlers:
        before.close()
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _revision(settings: Settings) -> list[Any]:
    """Returns the processor that names what runs here, if that is known; after masking, which it needs none of."""
    if settings.revision is None:
        return []
    revision = settings.revision
    return [lambda _logger, _method, event: {**event, "revision": revision}]


def _trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Names the trace and the span that a line belongs to; after masking, which would take them for secrets."""
    traceparent = current_traceparent.get()
    if traceparent is not None:
        _, event["trace_id"], event["span_id"], _ = traceparent.split("-")
    return event


def _shared(*, masked: bool) -> list[Any]:
    """Returns the processors of every record, whoever logs it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([_masked_arguments] if masked else []),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        _request_id,
        structlog.processors.StackInfoRenderer(),
    ]


def _privacy(settings: Settings) -> list[Any]:
    """Returns the processors that mask personal data."""
    return [structlog.processors.format_exc_info] if settings.log_pii else _masking()


def _masking() -> list[Any]:
    # Errors become text before masking: tracebacks can quote personal data too.
    return [structlog.processors.ExceptionRenderer(lambda info: traceback_text(info[1])), _without_reprs, _masked]


def _renderer(settings: Settings, stream: TextIO) -> Any:
    if settings.log_format == "console":
        return structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer(json_line)


def _request_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = current_request_id.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def _masked_arguments(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if "positional_args" in event:
        event["positional_args"] = tuple(map(mask_argument, event["positional_args"]))
    return event


def _without_reprs(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    # asyncio adds representations of futures, tasks and handles, which contain messages of errors, line by line.
    if event.get("logger") == "asyncio" and isinstance(event.get("event"), str):
        event["event"] = event["event"].partition("\n")[0]
    return event


def _masked(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    masked: MutableMapping[str, Any] = mask(event)
    return masked
