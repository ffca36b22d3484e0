"""Archives sent mails as files, which survive a restart."""

import asyncio
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from itertools import islice
from pathlib import Path

import structlog

from orders.adapters.privacy.exceptions import safe_error_text
from orders.adapters.privacy.files import private_directory, write_private
from orders.ports.local_archive import KeptAttachment, KeptMail, NotKept
from orders.ports.mail import Mail, MailSender

MimeBuilder = Callable[[Mail, datetime], bytes]

_ID = re.compile(r"^(?P<time>\d{8}T\d{12})Z-[A-Za-z0-9._=+-]{1,150}$")
_TIME_FORMAT = "%Y%m%dT%H%M%S%f"
_TEMPLATE_TAG = re.compile(r"(?:^|[,\s])template=([A-Za-z0-9_-]+)")

_log = structlog.get_logger(__name__)


class ArchivingMailSender:
    """``MailSender`` that archives the mails which another one has accepted."""

    def __init__(
        self,
        inner: MailSender,
        directory: Path,
        mime_builder: MimeBuilder,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``mime_builder`` makes the message of a mail with the given date; the directory is created if missing."""
        self._inner = inner
        self._directory = directory
        self._mime_builder = mime_builder
        self._now = now

    async def send(self, mail: Mail) -> str:
        """See ``MailSender.send``. A failure to write the copy is logged; the mail is sent all the same."""
        message_id = await self._inner.send(mail)
        try:
            await asyncio.to_thread(self._keep, mail, message_id)
        except OSError as error:
            _log.warning("mail sent but not archived", message_id=message_id, error=safe_error_text(error))
        return message_id

    def _keep(self, mail: Mail, message_id: str) -> None:
        at = self._now().astimezone(UTC)
        name = f"{at:{_TIME_FORMAT}}Z-{re.sub(r'[^A-Za-z0-9._=+-]', '_', message_id)[:150] or '_'}"
        private_directory(self._directory)
        # Renamed when complete: readers never see a partial file, not even after a crash.
        unfinished = self._directory / f".{name}.part"
        write_private(unfinished, self._mime_builder(mail, at))
        unfinished.replace(self._directory / f"{name}.eml")


class MailArchive:
    """``KeptMails`` in a directory that ``ArchivingMailSender`` writes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers: dict[str, str | None] = {}
        """The order's number by the file's name; no file changes once it is there."""

    async def newest(self, limit: int = 200) -> Sequence[KeptMail]:
        """See ``KeptMails.newest``. Files that are not mails are skipped with a warning."""
        return await asyncio.to_thread(self._newest, limit)

    async def of_order(self, order_number: str) -> Sequence[KeptMail]:
        """See ``KeptMails.of_order``. Of the others only the headers are read, once."""
        return await asyncio.to_thread(self._of_order, order_number)

    async def get(self, mail_id: str) -> KeptMail:
        """See ``KeptMails.get``."""
        mail = await asyncio.to_thread(lambda: _read(self._path(mail_id)))
        if mail is None:
            raise NotKept(mail_id)
        return mail

    async def attachment(self, mail_id: str, index: int) -> tuple[str, str, bytes]:
        """See ``KeptMails.attachment``; ``index`` counts from 0."""
        return await asyncio.to_thread(self._attachment, mail_id, index)

    def _newest(self, limit: int) -> Sequence[KeptMail]:
        # Names begin with the time, so sorting by name sorts by time.
        paths = sorted(self._directory.glob("*.eml"), key=lambda path: path.name, reverse=True)
        return tuple(islice(filter(None, map(_read, paths)), limit))

    def _of_order(self, order_number: str) -> Sequence[KeptMail]:
        found = []
        for path in sorted(self._directory.glob("*.eml"), key=lambda path: path.name):
            if path.name not in self._numbers:
                self._numbers[path.name] = _order_number(path)
            if self._numbers[path.name] == order_number and (mail := _read(path)) is not None:
                found.append(mail)
        return tuple(found)

    def _attachment(self, mail_id: str, index: int) -> tuple[str, str, bytes]:
        try:
            message = _parse(self._path(mail_id).read_bytes())
        except (OSError, ValueError):
            raise NotKept(mail_id) from None
        for position, part in enumerate(message.iter_attachments()):
            if position == index:
                return part.get_filename() or "attachment", part.get_content_type(), _content(part)
        raise NotKept(f"{mail_id}/{index}")

    def _path(self, mail_id: str) -> Path:
        # A valid id has no separator and no leading dot, which prevents path traversal.
        path = self._directory / f"{mail_id}.eml"
        if not _ID.fullmatch(mail_id) or not path.is_file():
            raise NotKept(mail_id)
        return path


def _read(path: Path) -> KeptMail | None:
    try:
        message = _parse(path.read_bytes())
        return KeptMail(
            id=path.stem,
            at=_time(path.stem),
            recipients=tuple(address.addr_spec for address in message["To"].addresses),
            sender=str(message["From"]),
            subject=str(message["Subject"]),
            order_number=_header(message, "X-Order-Number"),
            template=_template(message),
            text=_body(message, "plain"),
            html=_body(message, "html"),
            attachments=tuple(
                KeptAttachment(part.get_filename() or "attachment", part.get_content_type(), len(_content(part)))
                for part in message.iter_attachments()
            ),
        )
    except (OSError, ValueError, LookupError) as error:
        _log.warning("archived mail can't be read", file=path.name, error=safe_error_text(error))
        return None


def _time(mail_id: str) -> datetime:
    named = _ID.fullmatch(mail_id)
    if named is None:
        raise ValueError("its name is not one that this archive gives")
    return datetime.strptime(named["time"], _TIME_FORMAT).replace(tzinfo=UTC)


def _parse(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=SMTP)
    if not all(message[name] for name in ("From", "To", "Subject")):
        raise ValueError("it is no complete mail")
    return message


def _order_number(path: Path) -> str | None:
    """Reads the order's number from a mail's headers; ``None`` if it names none, or is no mail."""
    try:
        with path.open("rb") as file:
            return _header(BytesHeaderParser(_class=EmailMessage, policy=SMTP).parse(file), "X-Order-Number")
    except (OSError, ValueError, LookupError):
        return None


def _header(message: EmailMessage, name: str) -> str | None:
    value = message[name]
    return None if value is None else str(value)


def _template(message: EmailMessage) -> str | None:
    # Mail services name the tags' header differently, with the same ending.
    for name, value in message.items():
        if name.upper().endswith("-MESSAGE-TAGS") and (found := _TEMPLATE_TAG.search(str(value))):
            return found[1]
    return None


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return "" if part is None else str(part.get_content())


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
