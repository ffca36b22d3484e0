"""The audit trail as a list. Contract: ports/audit.py."""

from orders.adapters.privacy.audit import fit_to_keep
from orders.ports.audit import AuditRecord
from orders.ports.metric_catalogue import AUDIT_RECORDS_LOST
from orders.ports.metrics import Counters


class MemoryAuditTrail:
    """``AuditTrail`` in memory; set ``full`` to lose records."""

    def __init__(self, counters: Counters) -> None:
        self.records: list[AuditRecord] = []
        self.full = False
        self._counters = counters

    def record(self, record: AuditRecord) -> None:
        """See ``AuditTrail.record``."""
        if self.full:
            self._counters.count(AUDIT_RECORDS_LOST)
        else:
            self.records.append(fit_to_keep(record))
