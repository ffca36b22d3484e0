"""The audit trail as lines of a dedicated logger, whose stream ``bootstrap/logging.py`` sets up."""

from dataclasses import asdict

import structlog

from orders.adapters.privacy.audit import fit_to_keep
from orders.adapters.privacy.exceptions import safe_error_text
from orders.ports.audit import AuditRecord
from orders.ports.metric_catalogue import AUDIT_RECORDS_LOST
from orders.ports.metrics import Counters

AUDIT_LOGGER = "orders.audit"

_audit = structlog.get_logger(AUDIT_LOGGER)
_log = structlog.get_logger(__name__)


class LogAuditTrail:
    """``AuditTrail`` on structlog."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def record(self, record: AuditRecord) -> None:
        """See ``AuditTrail.record``. Records that the audit stream does not take go to the main log."""
        facts = asdict(fit_to_keep(record))
        facts["at"] = record.at.isoformat(timespec="milliseconds")
        try:
            _audit.info("audit", **facts)
        except Exception as error:  # noqa: BLE001 - what was done is done, and must not be reported as failed for this
            self._counters.count(AUDIT_RECORDS_LOST)
            _log.error("an audit record could not be written", error=safe_error_text(error), record=facts)
