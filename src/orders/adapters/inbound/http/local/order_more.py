"""Adds to an order's page what only a developer's machine shows: particulars, PDF, and mails as they were sent."""

from markupsafe import Markup

from orders.adapters.inbound.http.console.shell import Shell
from orders.domain.order import Order
from orders.domain.parts import Address, DocumentStatus
from orders.ports.local_archive import KeptDocument, KeptDocuments, KeptMails


class OrderMore:
    """Reads an order's mails and PDFs from their archives."""

    def __init__(self, shell: Shell, mails: KeptMails, documents: KeptDocuments) -> None:
        self._shell = shell
        self._mails = mails
        self._documents = documents

    async def render(self, order: Order) -> Markup:
        """Renders the sections of an order. Raises: TransientPortError."""
        documents = await self._documents.of_order(order.tenant_id, order.order_id)
        return self._shell.render(
            "local/order_more.html",
            order=order,
            particulars=_particulars(order),
            mails=await self._mails.of_order(order.order_number),
            documents=[self._document(each) for each in documents],
            document_failed=order.document is not None and order.document.status is DocumentStatus.FAILED,
        )

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
