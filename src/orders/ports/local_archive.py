"""What a developer's machine keeps to be looked at: sent mails and rendered documents."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.ports.errors import PermanentPortError


class NotKept(PermanentPortError):
    """There is no such mail, attachment or document among those kept."""

    def __init__(self, name: str) -> None:
        super().__init__("archive", f"nothing is kept under {name[:100]!r}")


@dataclass(frozen=True, slots=True)
class KeptAttachment:
    """What is known of an attachment without its content."""

    filename: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail that was sent.

    Attributes:
        id: names it among those kept.
        order_number: from ``X-Order-Number``.
        template: from the tags, such as ``order_confirmation``.
    """

    id: str
    at: datetime
    recipients: tuple[str, ...] = field(repr=False)
    sender: str
    subject: str = field(repr=False)
    order_number: str | None
    template: str | None
    text: str = field(repr=False)
    html: str = field(repr=False)
    attachments: tuple[KeptAttachment, ...]


class KeptMails(Protocol):
    """The mails that were sent from here."""

    async def newest(self, limit: int = 200) -> Sequence[KeptMail]:
        """The newest ``limit`` mails, newest first."""
        ...

    async def get(self, mail_id: str) -> KeptMail:
        """One mail. Raises: NotKept."""
        ...

    async def attachment(self, mail_id: str, index: int) -> tuple[str, str, bytes]:
        """File name, media type and content of a mail's attachment. Raises: NotKept."""
        ...


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A rendered PDF."""

    tenant_id: str
    order_id: str
    version: int
    at: datetime
    size_bytes: int


class KeptDocuments(Protocol):
    """The PDFs that were rendered here."""

    async def newest(self, limit: int = 200) -> Sequence[KeptDocument]:
        """The newest ``limit`` documents, newest first. Raises: TransientPortError."""
        ...

    async def content(self, tenant_id: str, order_id: str, version: int) -> bytes:
        """A document's bytes. Raises: NotKept, TransientPortError."""
        ...
