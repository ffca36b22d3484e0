"""Audit records as every trail keeps them."""

import re
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256

from orders.adapters.privacy.masking import mask_text
from orders.ports.audit import AuditRecord

_REMEMBERED = 1024
"""How many principals' pseudonyms are remembered: each has many records in a row."""


def fit_to_keep(record: AuditRecord) -> AuditRecord:
    """Removes recognisably personal data from the fields that callers choose."""
    principal, request_id = _pseudonym(record.principal), mask_text(record.request_id)
    if principal == record.principal and request_id == record.request_id:
        return record
    return replace(record, principal=principal, request_id=request_id)


@lru_cache(maxsize=_REMEMBERED)
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
