"""The archive of sent mails and rendered documents on a developer's machine."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from orders.ports.errors import PermanentPortError


class NotKept(PermanentPortError):
    """There is no such mail, attachment or document in the archive."""

    def __init__(self, name: str) -> None:
        super().__init__("archive", f"nothing is kept under {name[:100]!r}")


@dataclass(frozen=True, slots=True)
class KeptAttachment:
    """An attachment's metadata, without its content."""

    filename: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A sent mail.

    Attributes:
        id: its identifier in the archive.
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
    """Reads the archive of sent mails."""

    async def newest(self, limit: int = 200) -> Sequence[KeptMail]:
        """Returns the newest ``limit`` mails, newest first."""
        ...

    async def of_order(self, order_number: str) -> Sequence[KeptMail]:
        """Returns the mails about an order, oldest first."""
        ...

    async def get(self, mail_id: str) -> KeptMail:
        """Returns one mail. Raises: NotKept."""
        ...

    async def attachment(self, mail_id: str, index: int) -> tuple[str, str, bytes]:
        """Returns file name, media type and content of a mail's attachment. Raises: NotKept."""
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
    """Reads the archive of rendered PDFs. Every method raises ``TransientPortError`` when it is unreachable."""

    async def of_order(self, tenant_id: str, order_id: str) -> Sequence[KeptDocument]:
        """Returns the versions of an order's document, the latest first."""
        ...

    async def content(self, tenant_id: str, order_id: str, version: int) -> bytes:
        """Returns a document's bytes. Raises: NotKept."""
        ...

    async def shops(self) -> Collection[str]:
        """Returns the ids of the shops that have documents."""
        ...
