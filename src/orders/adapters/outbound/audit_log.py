"""The audit trail as lines of a dedicated logger, whose stream ``bootstrap/logging.py`` sets up."""

import logging
from datetime import UTC, datetime
from typing import Any

import structlog

from orders.adapters.privacy.audit import fit_to_keep
from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.audit import AuditRecord
from orders.ports.metric_catalogue import AUDIT_RECORDS_LOST
from orders.ports.metrics import Counters

AUDIT_LOGGER = "orders.audit"

_audit = logging.getLogger(AUDIT_LOGGER)
_log = structlog.get_logger(__name__)


class LogAuditTrail:
    """``AuditTrail`` on a logger of its own.

    There is a record for every request: its members are handed to the logger's handler as they are, without the
    processors that other lines pass, which would find nothing to do.
    """

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def record(self, record: AuditRecord) -> None:
        """See ``AuditTrail.record``. Records that the audit stream does not take go to the main log."""
        facts = _facts(fit_to_keep(record))
        try:
            line = logging.LogRecord(AUDIT_LOGGER, logging.INFO, "", 0, "", (), None)
            written = datetime.fromtimestamp(line.created, UTC).isoformat().replace("+00:00", "Z")
            line.msg = facts | {"event": "audit", "level": "info", "logger": AUDIT_LOGGER, "timestamp": written}
            _audit.handle(line)
        except Exception as error:  # noqa: BLE001 - what was done is done, and must not be reported as failed for this
            self._counters.count(AUDIT_RECORDS_LOST)
            _log.error("an audit record could not be written", error=safe_error_text(error), record=facts)


def _facts(record: AuditRecord) -> dict[str, Any]:
    """Returns the members of a record as they are written; dataclasses' own conversion would copy each of them."""
    return {
        "at": record.at.isoformat(timespec="milliseconds"),
        "principal": record.principal,
        "role": record.role,
        "tenant_id": record.tenant_id,
        "operation": record.operation,
        "order_id": record.order_id,
        "origin": record.origin,
        "request_id": record.request_id,
        "outcome": record.outcome,
        "why": record.why,
    }
