"""The operation that erases personal data."""

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi import examples
from orders.adapters.inbound.http.openapi.operation import Body, DocumentedOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.values import BASE

ERASING = (
    DocumentedOperation(
        "erasePersonalData",
        "post",
        f"{BASE}/{{order_id}}/erase",
        "Orders",
        "Erase an order's personal data",
        "Of a completed, cancelled or rejected order, deleted ones included. Admins and operators only. Names, "
        "addresses, e-mail, phone, payment hints, notes, metadata and the reason are replaced by `[erased]`; amounts, "
        "lines, parcels, statuses and dates stay. From the answer on nobody reads any of it here; what is kept behind "
        "(events, stored answers, records of mails, every version of the PDF) follows within seconds, and the PDF is "
        "rendered again without it. It can't be undone. Repeating changes nothing.",
        (
            DocumentedResponse(
                202,
                "The order is erased, and all that was kept beside it is being.",
                ("Erasing",),
                ("ETag", "IdempotentReplayed"),
                {"erasing": Example("Erasing", examples.erasing())},
                ("GetOrder", "ListOrderHistory", "DeleteOrder"),
            ),
        ),
        ("OrderId", "IfMatch", "IdempotencyKey"),
        Body("EraseBody", {"nothing": Example("There is nothing to be said", {})}, required=False),
        (
            problems.MALFORMED,
            problems.NOT_FOUND,
            problems.ILLEGAL_TRANSITION,
            problems.VERSION_MISMATCH,
            problems.BODY_TOO_LARGE,
            problems.MEDIA_TYPE_UNSUPPORTED,
            problems.INVALID_CONTENT,
            problems.KEY_REUSED,
            problems.ORDER_TOO_LARGE,
        ),
    ),
)
