"""Audit records as every trail keeps them."""

import re
from dataclasses import replace
from hashlib import sha256

from orders.adapters.privacy.masking import mask_text
from orders.ports.audit import AuditRecord


def fit_to_keep(record: AuditRecord) -> AuditRecord:
    """Removes recognisably personal data from the fields that callers choose."""
    return replace(record, principal=_pseudonym(record.principal), request_id=mask_text(record.request_id))


def _pseudonym(principal: str | None) -> str | None:
    """Replaces an address or phone number in a principal by a stable hash, so that records stay attributable.

    Issuers take addresses for subjects, and people name their sessions by them.
    """
    if principal is None or mask_text(principal) == principal:
        return principal
    return "".join(
        part if mask_text(part) == part else f"sha256:{sha256(part.encode()).hexdigest()[:32]}"
        for part in re.split("([/:])", principal)
    )
