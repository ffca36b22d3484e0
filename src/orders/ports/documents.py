"""Rendering an order's PDF and keeping it."""

from datetime import datetime, timedelta
from typing import Protocol

from orders.domain.order import Order
from orders.ports.tenants import TenantProfile

MAX_LINK_LIFETIME = timedelta(minutes=5)
"""How long a link to a document may be good at the most."""


class DocumentRenderer(Protocol):
    """Makes an order's PDF."""

    async def render(self, order: Order, tenant: TenantProfile) -> bytes:
        """The PDF/A-3a of the order; the same order and profile give the same bytes.

        Raises:
            RenderingFailed: it can't be rendered, now or later.
            TransientPortError: the renderer is out of memory, was killed or took too long.
        """
        ...


class DocumentStore(Protocol):
    """Keeps rendered PDFs. Every method raises ``TransientPortError`` when the bucket is out of reach."""

    async def put(self, key: str, pdf: bytes) -> None:
        """Keep the document under its key; the same key again replaces it."""
        ...

    async def get(self, key: str) -> bytes:
        """The document's bytes. Raises: DocumentMissing."""
        ...

    async def exists(self, key: str) -> bool:
        """Whether a document lies under the key and can be read now."""
        ...

    async def link(self, key: str, *, valid_for: timedelta, filename: str) -> str:
        """An address from which anybody can fetch the document for that long, as a download of that name."""
        ...

    async def purge(self, folder: str, *, keep: str) -> None:
        """Delete every version of every document in the folder, earlier and deleted ones included.

        Only for erasure, and only its worker's role may. Repeatable; one that is put meanwhile may be missed.

        Args:
            folder: as ``document_folder`` gives it.
            keep: the key whose document stays, with all its versions.

        Raises:
            PermanentPortError: the bucket refuses to delete; some may be gone.
        """
        ...


class DocumentRequests(Protocol):
    """Asks for a document to be rendered again."""

    async def request(self, tenant_id: str, order_id: str) -> None:
        """See to it that the order's document is rendered soon. Raises: TransientPortError."""
        ...


def document_folder(*, tenant_id: str, created_at: datetime, order_id: str) -> str:
    """Where all PDFs of an order lie: ``orders/{tenant}/{yyyy}/{mm}/{order_id}/``."""
    return f"orders/{tenant_id}/{created_at:%Y/%m}/{order_id}/"


def document_key(*, tenant_id: str, created_at: datetime, order_id: str, version: int) -> str:
    """Where one of them lies: ``{version}.pdf`` in that folder."""
    return f"{document_folder(tenant_id=tenant_id, created_at=created_at, order_id=order_id)}{version}.pdf"
