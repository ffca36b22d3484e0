"""structlog over the standard library's logging: JSON lines for machines, coloured lines for people."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

from orders.adapters.inbound.http.request_id import current_request_id
from orders.bootstrap.settings import Settings

_PERSONAL_KEYS = frozenset(
    {"email", "recipient", "name", "phone", "address", "authorization", "token", "notes", "customer", "payment"}
)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_QUIET = ("botocore", "aiobotocore", "aioboto3", "urllib3", "fontTools", "weasyprint", "uvicorn.access", "asyncio")


def configure_logging(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send everything that is logged to a stream, personal data masked unless ``LOG_PII`` is set.

    Without ``stream`` that is standard output; commands whose output is read by scripts log to standard error.
    """
    stream = stream or sys.stdout
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        _request_id,
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if settings.log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    # Tracebacks become text before they are masked: what is personal in an exception's message is personal there too.
    renderers = [structlog.processors.format_exc_info, _masking(settings), renderer]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _request_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request_id = current_request_id.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def _masking(settings: Settings) -> Any:
    def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if settings.log_pii:
            return event
        for key, value in event.items():
            if key in _PERSONAL_KEYS:
                event[key] = "***"
            elif isinstance(value, str):
                event[key] = _JWT.sub("***", _EMAIL.sub("***", value))
        return event

    return mask
