"""Makes the input of an order's PDF: its HTML, and the same content as attached JSON."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import segno

from orders.adapters.outbound.rendering.pdf.weasyprint_pdf import PdfJob
from orders.adapters.outbound.rendering.presenting import order_view, shop_view
from orders.domain.lifecycle import CALLED_OFF
from orders.domain.order import Order
from orders.domain.parts import Address, Customer, Line, Payment
from orders.ports.tenants import TenantProfile

DOCUMENT = "order_document/document.html"
_ENCODER = msgspec.json.Encoder(decimal_format="number", order="sorted")


def document_context(order: Order, tenant: TenantProfile) -> dict[str, object]:
    """Returns the context of the document's template.

    Holds only what is printed: of the status only that the order was cancelled or rejected, no parcels, and as date the
    day the order was placed. So a document rendered again years later has the same bytes, and shipping an order does
    not change its document.
    """
    return {"shop": shop_view(tenant), "order": order_view(order), "qr": qr_code(order.order_number)}


def pdf_job(order: Order, tenant: TenantProfile, html: str) -> PdfJob:
    """Returns all that rendering the order's PDF needs."""
    # Lone surrogates can't be encoded; the view has none, but a template might.
    html = html.encode("utf-8", "replace").decode("utf-8")
    content = printed_json(order, tenant)
    return PdfJob(
        html=html,
        dated=order.created_at.astimezone(UTC),
        identifier=sha256(html.encode() + b"\0" + content).hexdigest()[:32].encode(),
        attachment_name=f"order-{order.order_number}.json",
        attachment=content,
    )


def qr_code(text: str) -> str:
    """Returns a QR code of the text as a ``data:`` URI with an SVG picture: one path, so that print shows no gaps.

    Its rows are lines of a row's width, which have a third of the corners that rectangles would have.
    """
    matrix = segno.make(text, error="m", micro=False, boost_error=False).matrix
    size = len(matrix)
    path = "".join(_row_path(y, row) for y, row in enumerate(matrix))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {size} {size}">'
        f'<path fill="none" stroke="#000" d="{path}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _row_path(y: int, row: Iterable[int]) -> str:
    path, start = "", -1
    for x, dark in enumerate([*row, 0]):
        if dark and start < 0:
            start = x
        elif not dark and start >= 0:
            path += f"M{start} {y}.5h{x - start}"
            start = -1
    return path


def printed_json(order: Order, tenant: TenantProfile) -> bytes:
    """Returns the printed content as canonical JSON: keys sorted, no white space, amounts with the currency's
    digits.
    """
    totals = order.totals
    content = {
        "order_id": order.order_id,
        "order_number": order.order_number,
        "placed_at": _rfc3339(order.created_at),
        "version": order.printed_version,
        "status": order.status.value if order.status in CALLED_OFF else None,
        "erased_at": None if order.erasure is None else _rfc3339(order.erasure.at),
        "shop": _given({"tenant_id": tenant.tenant_id, "name": tenant.name, "tax_number": tenant.tax_number}),
        "customer_id": order.customer_id,
        "customer": _fields(order.customer),
        "billing_address": _fields(order.billing_address),
        "shipping_address": _fields(order.shipping_address),
        "payment": _payment(order.payment),
        "campaign_code": order.campaign_code,
        "notes": order.notes,
        "currency": order.currency,
        "items": [_line(line) for line in order.lines],
        "subtotal": totals.subtotal.to_decimal(),
        "tax": totals.tax.to_decimal(),
        "shipping": totals.shipping.to_decimal(),
        "discount": totals.discount.to_decimal(),
        "campaign_discount": order.campaign_discount and order.campaign_discount.to_decimal(),
        "total": totals.total.to_decimal(),
    }
    return _ENCODER.encode(_given(content))


def _line(line: Line) -> dict[str, object]:
    return _given(
        {
            "line_id": line.line_id,
            "product_id": line.product_id,
            "name": line.name,
            "sku": line.sku,
            "quantity": line.quantity,
            "price": line.price.to_decimal(),
            "discount": line.discount.to_decimal(),
            "tax_rate": line.tax_rate,
            "tax": line.tax.to_decimal(),
            "net": line.net.to_decimal(),
        }
    )


def _fields(part: Customer | Address | None) -> dict[str, object] | None:
    return None if part is None else _given(asdict(part))


def _payment(payment: Payment | None) -> dict[str, object] | None:
    if payment is None:
        return None
    # The gateway's token is not printed.
    return _given({"method": payment.method, "brand": payment.brand, "last4": payment.last4})


def _given(fields: dict[str, object]) -> dict[str, object]:
    """Returns the fields that have a value, with lone surrogates, which UTF-8 can't encode, replaced."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
