"""Adds to an order's page what only a developer's machine shows: particulars, PDF, and mails as they were sent."""

from urllib.parse import urlencode

from markupsafe import Markup

from orders.adapters.inbound.http.console.shell import Shell
from orders.domain.identity import order_number
from orders.domain.order import Order
from orders.domain.parts import Address, DocumentStatus
from orders.ports.errors import UnreadableItem
from orders.ports.local_archive import KeptDocument, KeptDocuments, KeptMails
from orders.ports.mail import recipient_hash
from orders.ports.suppressions import Suppressions


class OrderMore:
    """Reads an order's mails and PDFs from their archives, and whether its address is suppressed."""

    def __init__(self, shell: Shell, mails: KeptMails, documents: KeptDocuments, suppressions: Suppressions) -> None:
        self._shell = shell
        self._mails = mails
        self._documents = documents
        self._suppressions = suppressions

    async def render(self, order: Order) -> Markup:
        """Renders the sections of an order. Raises: TransientPortError."""
        documents = await self._documents.of_order(order.tenant_id, order.order_id)
        return self._shell.render(
            "local/order_more.html",
            order=order,
            particulars=_particulars(order),
            suppressed=await self._suppressed(order),
            mails=await self._mails.of_order(order.order_number),
            documents=[self._document(each) for each in documents],
            document_failed=order.document is not None and order.document.status is DocumentStatus.FAILED,
        )

    async def _suppressed(self, order: Order) -> dict[str, object] | None:
        """Returns why the order's address gets no mails, and which order's mail that comes of; ``None`` if it does.

        Raises: TransientPortError.
        """
        if order.notification_email is None:
            return None
        try:
            found = await self._suppressions.find(order.tenant_id, recipient_hash(order.notification_email))
        except UnreadableItem:
            # `orders suppressions list` names it; the order's page is about more than that.
            return None
        if found is None:
            return None
        href = f"{self._shell.root}/orders/{found.order_id}?{urlencode({'shop': found.tenant_id})}"
        return {
            "reason": found.reason,
            "at": found.at,
            "here": found.order_id == order.order_id,
            "order_number": order_number(found.order_id),
            "href": href,
        }

    def _document(self, document: KeptDocument) -> dict[str, object]:
        return {
            "href": f"{self._shell.root}/documents/{document.tenant_id}/{document.order_id}/{document.version}",
            "version": document.version,
            "size_bytes": document.size_bytes,
            "at": document.at,
        }


def _particulars(order: Order) -> list[tuple[str, str]]:
    customer = order.customer
    found = [
        ("Name", None if customer is None else customer.name),
        ("Mail", None if customer is None else customer.email),
        ("Phone", None if customer is None else customer.phone),
        ("Mails go to", order.notification_email or order.notification_fault),
        ("Shipping address", _written(order.shipping_address)),
        ("Billing address", _written(order.billing_address)),
        ("Payment", None if order.payment is None else order.payment.method),
        ("Notes", order.notes),
        *((f"metadata: {name}", value) for name, value in order.metadata),
    ]
    return [(words, value) for words, value in found if value]


def _written(address: Address | None) -> str | None:
    """Writes an address line by line."""
    if address is None:
        return None
    town = " ".join(each for each in (address.postal_code, address.city) if each)
    lines = (address.name, address.line1, address.line2, town, address.region, address.country, address.phone)
    return "\n".join(each for each in lines if each)
