"""Builds mails as RFC 5322 and MIME messages with the standard library, safe from header injection."""

import re
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, quote
from typing import Any

from orders.adapters.wire.mail_address import UndeliverableAddress, deliverable
from orders.ports.errors import MailRejected
from orders.ports.mail import Attachment, Mail

TAGS_HEADER = "X-SES-MESSAGE-TAGS"
"""Taken off by SES on its way out, and brought back by its notifications."""

MAX_SENDER_NAME = 100
MAX_PLAIN_LENGTH = 900
"""So that a header of one line stays below SMTP's 998 bytes."""

_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_TAG = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
_OWN_HEADER = re.compile(r"^X-(?!SES-)[A-Za-z0-9-]{1,60}$", re.IGNORECASE)


def build_mime(mail: Mail, *, from_address: str, date: datetime) -> EmailMessage:
    """Returns the message; as bytes it is 7-bit throughout, with CRLF line ends. The mail service adds the Message-ID.

    Raises:
        MailRejected: an address is invalid.
        ValueError: a tag or a header's name breaks the rules of ``Mail``: a programming error.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _mailbox(from_address, one_line(mail.sender_name)[:MAX_SENDER_NAME])
    message["To"] = _mailbox(mail.recipient)
    if mail.reply_to is not None:
        message["Reply-To"] = _mailbox(mail.reply_to)
    message["Subject"] = one_line(mail.content.subject)
    message["Date"] = format_datetime(date)
    # Keeps out-of-office replies and other robots from answering (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers:
        message[_own_header(name)] = one_line(value)
    if mail.tags:
        message[TAGS_HEADER] = ", ".join(f"{_tag(name)}={_tag(value)}" for name, value in mail.tags)
    # Quoted-printable: readable in a log, and no line of somebody's notes gets longer than SMTP's 998 bytes.
    message.set_content(mail.content.text, cte="quoted-printable")
    message.add_alternative(mail.content.html, subtype="html", cte="quoted-printable")
    for attachment in mail.attachments:
        _attach(message, attachment)
    return message


def envelope_address(text: str) -> str:
    """Returns the address for SMTP, an international domain in its ASCII form. Raises: MailRejected."""
    try:
        return deliverable(text)
    except UndeliverableAddress as error:
        # The address is left out: it is personal data, and this text goes to logs and histories.
        raise MailRejected(f"an address of the mail is not one that mail can be sent to: {error} is") from None


def one_line(text: str) -> str:
    """Replaces every run of white space, line breaks and control characters by one space."""
    return _BREAKS.sub(" ", text).strip()


class _HeaderPolicy(EmailPolicy):
    """Writes free-text headers itself, to keep quotes that the standard library loses.

    When Python 3.11 and later fold a long sender's name they drop its quotes: a comma in a shop's name then makes two
    senders of one.
    """

    def fold(self, name: str, value: Any) -> str:
        if name == "From":
            (sender,) = value.addresses
            return f"From: {_phrase(sender.display_name)}<{sender.addr_spec}>\r\n"
        if name in {"To", "Reply-To"}:
            return f"{name}: {value.addresses[0].addr_spec}\r\n"
        if name == "Subject" or name.startswith("X-"):
            return f"{name}: {_encoded(str(value), name)}\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


_POLICY = _HeaderPolicy(linesep="\r\n", cte_type="7bit")


def _phrase(name: str) -> str:
    if not name:
        return ""
    return f'"{quote(name)}"\r\n ' if _plain(name) else f"{_encoded(name, 'From')}\r\n "


def _encoded(text: str, header_name: str) -> str:
    """Returns the text as encoded words (RFC 2047) if it is not plain, folded if it is long."""
    if _plain(text) and len(text) <= MAX_PLAIN_LENGTH:
        return text
    return Header(text, "utf-8", header_name=header_name).encode(linesep="\r\n")


def _plain(text: str) -> bool:
    # Text that looks like an encoded word would be decoded by mail programs.
    return text.isascii() and "=?" not in text


def _mailbox(address: str, name: str = "") -> Address:
    local, _, domain = envelope_address(address).rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _own_header(name: str) -> str:
    if not _OWN_HEADER.fullmatch(name):
        raise ValueError(f"{name!r} is not a header that a mail may bring along; one is X- and letters, digits, '-'")
    return name


def _tag(text: str) -> str:
    # Dots are allowed in tenants' ids but not in tags.
    tag = text.replace(".", "_")
    if not _TAG.fullmatch(tag):
        raise ValueError(f"{text!r} is no tag; one is letters, digits, '_' and '-'")
    return tag


def _attach(message: EmailMessage, attachment: Attachment) -> None:
    main_type, _, subtype = attachment.media_type.partition("/")
    filename = one_line(attachment.filename).replace("/", "_").replace("\\", "_")
    message.add_attachment(attachment.content, maintype=main_type, subtype=subtype, filename=filename)
