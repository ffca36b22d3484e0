"""Tags and headers of mails, with the mark that identifies a mail in bounces and complaints.

Feedback returns a mail's tags if it comes through a configuration set, and its headers if it comes through an
identity's notifications: the mark is in both. It identifies the mail and its tenant, and of the address holds only the
hash.
"""

import re
from collections.abc import Mapping
from typing import Any

from orders.domain.identity import is_key, is_order_id
from orders.domain.order import Order
from orders.ports.mail import MailIntent, MailReference, MailTemplate

MARK_TAG = "order-mail"
MARK_HEADER = "X-Order-Mail"

_MARK = re.compile(r"([0-9a-f]{16}|none)-([0-9]{1,10})-(ord_[0-9A-Z]{26})-([a-z_]+)-([A-Za-z0-9_-]{1,128})", re.ASCII)
_ESCAPED = re.compile(r"_([_d])")


def mail_tags(order: Order, intent: MailIntent) -> tuple[tuple[str, str], ...]:
    """Returns the tags that the mail service groups its metrics by, and the mark."""
    return (
        # Dots are allowed in tenants' ids but not in tags: this one is for metrics only, not an identifier.
        ("tenant", order.tenant_id),
        ("order", order.order_id),
        ("template", str(intent.template)),
        (MARK_TAG, mark_of(intent.reference)),
    )


def mail_headers(order: Order, intent: MailIntent) -> tuple[tuple[str, str], ...]:
    """Returns headers for mail programs and people to filter by, and the mark."""
    return (("X-Order-Number", order.order_number), (MARK_HEADER, mark_of(intent.reference)))


def mark_of(mail: MailReference) -> str:
    """Returns the mark, of letters, digits, ``_`` and ``-`` as tags allow; at most 212 characters."""
    tenant = mail.tenant_id.replace("_", "__").replace(".", "_d")
    return f"{mail.recipient_hash or 'none'}-{mail.sequence}-{mail.order_id}-{mail.template}-{tenant}"


def marks_in(content: Mapping[str, Any]) -> list[str]:
    """Returns the marks of the mail that a notification is about, from its tags, else its headers."""
    mail = content.get("mail")
    if not isinstance(mail, Mapping):
        return []
    tags = mail.get("tags")
    tagged = tags.get(MARK_TAG) if isinstance(tags, Mapping) else None
    headers = mail.get("headers")
    headed = [each for each in headers if isinstance(each, Mapping)] if isinstance(headers, list) else []
    found = [
        *(tagged if isinstance(tagged, list) else []),
        *(each.get("value") for each in headed if str(each.get("name")).lower() == MARK_HEADER.lower()),
    ]
    return [mark for mark in found if isinstance(mark, str)]


def reference_of(mark: str) -> MailReference:
    """Parses a mark. Raises: ValueError: it is not one of this service's."""
    found = _MARK.fullmatch(mark)
    if found is None:
        raise ValueError("this is no mark of a mail")
    recipient, sequence, order_id, template, tenant = found.groups()
    tenant_id = _ESCAPED.sub(lambda escaped: "_" if escaped[1] == "_" else ".", tenant)
    reference = MailReference(
        tenant_id, order_id, int(sequence), MailTemplate(template), None if recipient == "none" else recipient
    )
    if not is_key(tenant_id) or not is_order_id(order_id) or mark_of(reference) != mark:
        raise ValueError("this is no mark of a mail")
    return reference
