"""Rendering and storing the PDF of an order."""

from datetime import datetime, timedelta
from typing import Protocol

from orders.domain.order import Order
from orders.ports.tenants import TenantProfile

MAX_LINK_LIFETIME = timedelta(minutes=5)
"""Maximum lifetime of a link to a document."""


class DocumentRenderer(Protocol):
    """Renders the PDF of an order."""

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        """Returns the order's PDF/A-3a; deterministic for the same order and profile.

        Raises:
            RenderingFailed: the order can't be rendered, now or later.
            TransientPortError: the renderer ran out of memory, was killed or timed out.
        """
        ...


class DocumentStore(Protocol):
    """Stores rendered PDFs. Every method raises ``TransientPortError`` when the bucket is unreachable."""

    async def put(self, key: str, pdf: bytes, *, expires_at: datetime | None = None) -> None:
        """Stores the document under its key, overwriting any other.

        ``expires_at`` is when its order goes, and with it the document: at the latest age that fits, see
        ``document_days``. One for which none fits is not stored.
        """
        ...

    async def get(self, key: str) -> bytes:
        """Returns the document's bytes. Raises: DocumentMissing."""
        ...

    async def exists(self, key: str) -> bool:
        """Returns whether a readable document is stored under the key."""
        ...

    async def link(self, key: str, *, valid_for: timedelta, filename: str) -> str:
        """Returns a URL from which anybody can download the document under that file name for ``valid_for``."""
        ...


class DocumentVersions(Protocol):
    """The versions of documents in one region's bucket. Every method raises ``TransientPortError`` when the bucket is
    unreachable.
    """

    async def purge(self, folder: str, *, keep: str | None = None) -> None:
        """Deletes every version of every document in the folder, including non-current and deleted ones.

        Reserved for erasure: only its worker's role has the permission. Idempotent; a concurrent put may be missed.

        Args:
            folder: as ``document_folder`` gives it.
            keep: the key whose document stays, with all its versions.

        Raises:
            PermanentPortError: the bucket refuses to delete; some may be deleted already.
        """
        ...

    async def date_anew(self, folder: str, expires_at: datetime) -> int:
        """Lets the documents in the folder go with their order: S3 counts a document's age from when it was written.

        Each current one is written again as it is, with tags by which the bucket's rules remove it. Idempotent; a
        concurrent put may be missed.

        Returns: how many were written.

        Raises: PermanentPortError: the bucket refuses to write; some may be written already.
        """
        ...


class DocumentRequests(Protocol):
    """Requests that a document is rendered again."""

    async def request(self, tenant_id: str, order_id: str) -> None:
        """Queues a command to render the order's document. Raises: TransientPortError."""
        ...


def document_folder(*, tenant_id: str, created_at: datetime, order_id: str) -> str:
    """Returns the prefix of all PDFs of an order: ``orders/{tenant}/{yyyy}/{mm}/{order_id}/``."""
    return f"orders/{tenant_id}/{created_at:%Y/%m}/{order_id}/"


def document_key(*, tenant_id: str, created_at: datetime, order_id: str, version: int) -> str:
    """Returns the key of one version of the PDF: ``{version}.pdf`` in the order's folder."""
    return f"{document_folder(tenant_id=tenant_id, created_at=created_at, order_id=order_id)}{version}.pdf"
