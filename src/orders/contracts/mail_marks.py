"""The mark by which a mail is known again when it comes back, and the tags that the mail service counts by.

Bounces and complaints bring back a mail's tags where they come through a configuration set, and its headers where they
come through an identity's notifications: the mark is in both. It says exactly which mail of which tenant it was, and of
the address nothing but the hash.
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
    """What the mail service counts by, and the mark."""
    return (
        # Dots are allowed in tenants' ids but not in tags: this one is to count by, not to go by.
        ("tenant", order.tenant_id),
        ("order", order.order_id),
        ("template", str(intent.template)),
        (MARK_TAG, mark_of(intent.reference)),
    )


def mail_headers(order: Order, intent: MailIntent) -> tuple[tuple[str, str], ...]:
    """What mail programs and people can sort by, and the mark."""
    return (("X-Order-Number", order.order_number), (MARK_HEADER, mark_of(intent.reference)))


def mark_of(mail: MailReference) -> str:
    """The mark, of letters, digits, ``_`` and ``-``, which is what tags may hold; 212 characters at most."""
    tenant = mail.tenant_id.replace("_", "__").replace(".", "_d")
    return f"{mail.recipient_hash or 'none'}-{mail.sequence}-{mail.order_id}-{mail.template}-{tenant}"


def marks_in(content: Mapping[str, Any]) -> list[str]:
    """The marks of the mail that a message of the mail service is about, from its tags, else its headers."""
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
    """The mail that a mark names. Raises: ValueError: it is none of ours."""
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
