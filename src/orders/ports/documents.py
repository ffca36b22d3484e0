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


class DocumentRequests(Protocol):
    """Asks for a document to be rendered again."""

    async def request(self, tenant_id: str, order_id: str) -> None:
        """See to it that the order's document is rendered soon. Raises: TransientPortError."""
        ...


def document_key(*, tenant_id: str, created_at: datetime, order_id: str, version: int) -> str:
    """Where an order's PDF lies: ``orders/{tenant}/{yyyy}/{mm}/{order_id}/{version}.pdf``."""
    return f"orders/{tenant_id}/{created_at:%Y/%m}/{order_id}/{version}.pdf"
