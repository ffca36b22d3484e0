"""The operations that create and change orders."""

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi import examples
from orders.adapters.inbound.http.openapi.examples import LIFE, as_customer, as_staff
from orders.adapters.inbound.http.openapi.operation import (
    JSON,
    MERGE_PATCH,
    Body,
    DocumentedOperation,
    DocumentedResponse,
    Example,
)
from orders.adapters.inbound.http.representations.values import BASE

_ORDER = f"{BASE}/{{order_id}}"
_CREATING = (
    problems.MALFORMED,
    problems.BODY_TOO_LARGE,
    problems.MEDIA_TYPE_UNSUPPORTED,
    problems.INVALID_CONTENT,
    problems.KEY_REUSED,
    problems.ORDER_TOO_LARGE,
)
_CHANGING = (*_CREATING, problems.NOT_FOUND, problems.ILLEGAL_TRANSITION, problems.VERSION_MISMATCH)
_CONDITIONS = ("OrderId", "IfMatch", "IdempotencyKey")
_AFTER = ("GetOrder", "UpdateOrder", "PatchOrder", "GetOrderStatus", "TrackOrder", "ListOrderEvents")
_ENDED = ("DeleteOrder", "ErasePersonalData")


def _changed(description: str, example: Example, *links: str) -> DocumentedResponse:
    return DocumentedResponse(
        200, description, ("Order",), ("ETag", "IdempotentReplayed"), {"order": example}, (*_AFTER, *links)
    )


CHANGING = (
    DocumentedOperation(
        "createOrder",
        "post",
        BASE,
        "Orders",
        "Place an order",
        "Customers place orders for themselves, staff, admins and services for any customer of the shop.\n\n"
        "`total` must be what the items, tax, shipping and discount come to, to the last digit: see *Money*. "
        "Everything that is wrong with the body is named in one answer, products, prices, stock and campaign "
        "included where the shop has them checked.\n\n"
        "With `Prefer: respond-async` the order is kept under its final id, answered with 202, and placed a moment "
        "later. Until then reading it shows `status: accepted`; if it can't be placed after all, `rejected` and why.",
        (
            DocumentedResponse(
                201,
                "The order is placed. Its PDF and the mails about it are on their way.",
                ("Order",),
                ("Location", "ETag", "IdempotentReplayed"),
                {"order": Example("As its customer sees it", as_customer(LIFE.placed))},
                (
                    *_AFTER,
                    "ProcessOrder",
                    "RejectOrder",
                    "CancelOrder",
                    "FulfilOrder",
                    "DeleteOrder",
                    "ListOrderHistory",
                    "GetOrderDocument",
                ),
            ),
            DocumentedResponse(
                202,
                "The order is accepted under its final id, and placed soon.",
                ("Acceptance",),
                ("Location", "PreferenceApplied", "IdempotentReplayed"),
                {"accepted": Example("Accepted", examples.acceptance())},
                ("GetOrder", "GetOrderStatus"),
            ),
        ),
        ("IdempotencyKey", "Prefer"),
        Body(
            "CreateOrderBody",
            {
                "smallest": Example("No more than is needed", examples.SMOKE_BODY),
                "everything": Example("With tax, shipping, discounts by the shop, addresses", examples.FULL_BODY),
            },
        ),
        (*_CREATING, problems.SHOP_NOT_READY),
    ),
    DocumentedOperation(
        "updateOrder",
        "put",
        _ORDER,
        "Orders",
        "Update an order by sending the whole of it",
        "Takes the order as it was read, with other values. Optional fields that are left out are cleared; items are "
        "matched by `line_id`, and one without is new. Fields that can't be edited may be there, unchanged.\n\n"
        "Lines can be changed while the order is `pending`, and need `total`; addresses, notes and metadata also while "
        "it is `processing`, by staff and admins.",
        (_changed("The order as it is now.", Example("With other notes", as_staff(LIFE.placed))),),
        _CONDITIONS,
        Body(
            "OrderUpdate",
            {
                "sent back": Example(
                    "As it was read, with other notes", as_staff(LIFE.placed) | {"notes": "Ring once."}
                ),
                "editable": Example(
                    "Only what can be edited",
                    {
                        "items": examples.SMOKE_BODY["items"],
                        "total": examples.SMOKE_BODY["total"],
                        "notes": "Ring once.",
                    },
                ),
            },
        ),
        (*_CHANGING, problems.SHOP_NOT_READY),
    ),
    DocumentedOperation(
        "patchOrder",
        "patch",
        _ORDER,
        "Orders",
        "Update some fields of an order",
        "A JSON merge patch (RFC 7396): what is left out stays, what is `null` is removed. `items` are replaced as a "
        "whole, and need `total`. What may be changed when is as with PUT.",
        (_changed("The order as it is now.", Example("With other notes", as_staff(LIFE.placed))),),
        _CONDITIONS,
        Body(
            "OrderPatch",
            {
                "notes": Example("Other notes", {"notes": "Ring once."}),
                "metadata": Example("One entry set, one removed", {"metadata": {"source": None, "till": "4"}}),
                "items": Example(
                    "Other items",
                    {
                        "items": [{"line_id": "line_1", "product_id": "mug-350", "quantity": 1, "price": 149}],
                        "total": 196.30,
                    },
                ),
            },
            (MERGE_PATCH, JSON),
        ),
        (*_CHANGING, problems.SHOP_NOT_READY),
    ),
    DocumentedOperation(
        "deleteOrder",
        "delete",
        _ORDER,
        "Orders",
        "Delete an order",
        "Takes a completed, cancelled or rejected order out of everybody's sight; it is kept for as long as the law "
        "wants it, and admins read it with `include_deleted`. Admins only. Repeating changes nothing.",
        (DocumentedResponse(204, "The order is deleted.", headers=("IdempotentReplayed",)),),
        _CONDITIONS,
        problems=(
            problems.MALFORMED,
            problems.NOT_FOUND,
            problems.ILLEGAL_TRANSITION,
            problems.VERSION_MISMATCH,
            problems.BODY_TOO_LARGE,
            problems.KEY_REUSED,
            problems.ORDER_TOO_LARGE,
        ),
    ),
    DocumentedOperation(
        "setOrderStatus",
        "put",
        f"{_ORDER}/status",
        "Life cycle",
        "Set an order's status",
        "Processes, rejects, cancels or completes the order. A status that it has already changes nothing.",
        (
            DocumentedResponse(
                200,
                "Where the order is now.",
                ("OrderStatus",),
                ("ETag", "IdempotentReplayed"),
                {"processing": Example("It is being worked on", examples.where_it_is())},
                ("GetOrder", "FulfilOrder", "CompleteOrder"),
            ),
        ),
        _CONDITIONS,
        Body(
            "StatusBody",
            {
                "processing": Example("Start to work on it", {"status": "processing"}),
                "rejected": Example("Refuse it", {"status": "rejected", "reason": "out_of_stock"}),
            },
        ),
        _CHANGING,
    ),
    DocumentedOperation(
        "cancelOrder",
        "post",
        f"{_ORDER}/cancel",
        "Life cycle",
        "Cancel an order",
        "As long as nothing has been shipped. Customers may cancel their own orders.",
        (_changed("The order, cancelled.", Example("Cancelled", as_customer(LIFE.cancelled)), *_ENDED),),
        _CONDITIONS,
        Body("CancelBody", {"reason": Example("Say why", {"reason": "changed my mind"})}, required=False),
        _CHANGING,
    ),
    DocumentedOperation(
        "fulfilOrder",
        "post",
        f"{_ORDER}/fulfill",
        "Life cycle",
        "Fulfil an order",
        "Puts a parcel with some or all of what is open on record; without `lines` it carries everything that is open. "
        "The same carrier, tracking number and lines again change nothing.",
        (
            _changed(
                "The order with its parcels.",
                Example("Half of it is on its way", as_staff(LIFE.part_shipped)),
                "DeliverParcel",
                "CompleteOrder",
            ),
        ),
        _CONDITIONS,
        Body(
            "FulfilBody",
            {
                "rest": Example("Everything that is open", {"tracking_number": "TRACK123456", "carrier": "DHL"}),
                "part": Example(
                    "Some of it",
                    {
                        "carrier": "DHL",
                        "tracking_number": "JD014600003SE",
                        "tracking_url": "https://track.example/JD014600003SE",
                        "lines": [{"line_id": "line_1", "quantity": 2}],
                        "shipped_at": "2026-03-02T12:15:04+02:00",
                    },
                ),
            },
        ),
        (*_CHANGING, problems.PARCEL_CONFLICT),
    ),
    DocumentedOperation(
        "deliverParcel",
        "post",
        f"{_ORDER}/parcels/{{parcel_id}}/deliver",
        "Life cycle",
        "Deliver a parcel",
        "Notes that the parcel has arrived; the order's status stays. Noted once; again changes nothing.",
        (
            _changed(
                "The order with its parcels.",
                Example("The first parcel is there", as_staff(LIFE.shipped)),
                "CompleteOrder",
            ),
        ),
        ("OrderId", "ParcelId", "IfMatch", "IdempotencyKey"),
        Body(
            "DeliverBody",
            {"then": Example("Some time ago", {"delivered_at": "2026-03-02T15:40:00+02:00"})},
            required=False,
        ),
        _CHANGING,
    ),
)
