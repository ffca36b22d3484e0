"""Requests for documents, recorded in a list."""


class MemoryDocumentRequests:
    """``DocumentRequests`` that records requests as (tenant id, order id)."""

    def __init__(self) -> None:
        self.requested: list[tuple[str, str]] = []

    async def request(self, tenant_id: str, order_id: str) -> None:
        """See ``DocumentRequests.request``."""
        self.requested.append((tenant_id, order_id))
