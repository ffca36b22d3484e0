"""A mail as RFC 5322 and MIME have it, built with the standard library so that no header can be smuggled in."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from orders.ports.errors import MailRejected
from orders.ports.mail import Attachment, Mail

TAGS_HEADER = "X-SES-MESSAGE-TAGS"
"""Taken off by SES on its way out, and brought back by its notifications."""

MAX_SENDER_NAME = 100

_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_LOCAL_PART = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$")
_DOMAIN = re.compile(
    r"^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$"
)
_TAG = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
_OWN_HEADER = re.compile(r"^X-(?!SES-)[A-Za-z0-9-]{1,60}$", re.IGNORECASE)


def build_mime(mail: Mail, *, from_address: str, date: datetime) -> EmailMessage:
    """The message; as bytes it is 7-bit throughout, with CRLF line ends. Message-ID is left to the mail service.

    Raises:
        MailRejected: an address is none that mails can be sent to.
        ValueError: a tag or a header's name breaks the rules of ``Mail``: a programming error.
    """
    message = EmailMessage(policy=SMTP)
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
    """The address as SMTP takes it, an international domain in its ASCII form. Raises: MailRejected."""
    local, _, domain = text.strip().rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        # Not quoted: an address is personal, and this text goes to logs and histories.
        raise MailRejected("an address of the mail is not one that mail can be sent to")
    return f"{local}@{domain}"


def one_line(text: str) -> str:
    """The text with every run of blanks, line breaks and control characters as one space."""
    return _BREAKS.sub(" ", text).strip()


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
