"""The operations that read, of orders and of the service itself."""

from orders.adapters.inbound.http import problems
from orders.adapters.inbound.http.openapi import examples
from orders.adapters.inbound.http.openapi.examples import LIFE, as_staff
from orders.adapters.inbound.http.openapi.operation import HTML, DocumentedOperation, DocumentedResponse, Example
from orders.adapters.inbound.http.representations.values import BASE

_ORDER = f"{BASE}/{{order_id}}"
_PAGE = ("Limit", "Cursor")
_PAGING = (problems.MALFORMED, problems.INVALID_CURSOR)

READING = (
    DocumentedOperation(
        "listOrders",
        "get",
        BASE,
        "Orders",
        "List orders",
        "The shop's orders, newest first; to customers only their own, whatever the filters say. Filters can be "
        "combined freely. A page may be short and go on: see *Paging*.",
        (
            DocumentedResponse(
                200,
                "A page of orders.",
                ("OrderPage",),
                ("Link",),
                {"page": Example("A page with another after it", examples.page_of_orders())},
                ("GetFirstOrder",),
            ),
        ),
        ("CustomerId", "StatusFilter", "OrderNumber", "CreatedFrom", "CreatedTo", "IncludeDeleted", "Sort", *_PAGE),
        problems=_PAGING,
    ),
    DocumentedOperation(
        "getOrder",
        "get",
        _ORDER,
        "Orders",
        "Get an order",
        "As this caller sees it: `allowed_actions` and `_links` say what they may do to it now.",
        (
            DocumentedResponse(
                200,
                "The order, or what is known of it while it is accepted and not placed.",
                ("Order", "AcceptedOrder"),
                ("OrderETag", "RetryWhileAccepted"),
                {
                    "order": Example("An order, as staff see it", as_staff(LIFE.part_shipped)),
                    "accepted": Example("Accepted and not placed yet", examples.accepted_order()),
                },
                ("GetOrderStatus", "TrackOrder", "ListOrderHistory", "ListOrderEvents", "GetOrderDocument"),
            ),
            DocumentedResponse(304, "The caller's copy is current.", headers=("ETag",)),
        ),
        ("OrderId", "IncludeDeleted", "IfNoneMatch"),
        problems=(problems.MALFORMED, problems.NOT_FOUND),
    ),
    DocumentedOperation(
        "getOrderStatus",
        "get",
        f"{_ORDER}/status",
        "Life cycle",
        "Get an order's status",
        "Where the order is in its life, and what this caller may do to it now.",
        (
            DocumentedResponse(
                200,
                "Where the order is.",
                ("OrderStatus",),
                ("OrderETag", "RetryWhileAccepted"),
                {"processing": Example("It is being worked on", examples.where_it_is())},
            ),
        ),
        ("OrderId", "IncludeDeleted"),
        problems=(problems.NOT_FOUND,),
    ),
    DocumentedOperation(
        "trackOrder",
        "get",
        f"{_ORDER}/track",
        "Life cycle",
        "Track an order",
        "Its parcels, and what is still to be shipped.",
        (
            DocumentedResponse(
                200,
                "Where the goods are.",
                ("Tracking",),
                ("RetryWhileAccepted",),
                {"tracking": Example("Half of it is on its way", examples.tracking())},
            ),
        ),
        ("OrderId", "IncludeDeleted"),
        problems=(problems.NOT_FOUND,),
    ),
    DocumentedOperation(
        "listOrderHistory",
        "get",
        f"{_ORDER}/history",
        "What happened",
        "Get an order's history",
        "What happened to the order, when, by whom and why, and which mails went out about it. Customers see their own "
        "mails, and of others' doings only in which role they were done.",
        (
            DocumentedResponse(
                200,
                "A page of the history, oldest first.",
                ("HistoryPage",),
                ("Link", "RetryWhileAccepted"),
                {"history": Example("Placed, worked on, shipped in part", examples.history())},
            ),
        ),
        ("OrderId", "IncludeDeleted", *_PAGE),
        problems=(*_PAGING, problems.NOT_FOUND),
    ),
    DocumentedOperation(
        "listOrderEvents",
        "get",
        f"{_ORDER}/events",
        "What happened",
        "Get an order's events",
        "The order's events as other systems get them: CloudEvents 1.0, by sequence. They hold nothing personal.",
        (
            DocumentedResponse(
                200,
                "A page of events.",
                ("EventPage",),
                ("Link", "RetryWhileAccepted"),
                {"events": Example("Placed, worked on, shipped in part", examples.events())},
            ),
        ),
        ("OrderId", "IncludeDeleted", *_PAGE),
        problems=(*_PAGING, problems.NOT_FOUND),
    ),
    DocumentedOperation(
        "getOrderDocument",
        "get",
        f"{_ORDER}/document",
        "What happened",
        "Get an order's PDF",
        "A redirect to where the PDF can be fetched without a token for five minutes; with "
        "`Accept: application/json` the address as JSON instead. While the PDF is being rendered, 202.",
        (
            DocumentedResponse(
                200,
                "Where the PDF can be fetched, and until when.",
                ("DocumentLink",),
                examples={"link": Example("An address that is good for five minutes", examples.document_link())},
            ),
            DocumentedResponse(
                202,
                "The PDF is being rendered; ask again.",
                ("DocumentRendering",),
                ("RetryAfter",),
                {"rendering": Example("On its way", examples.document_rendering())},
            ),
            DocumentedResponse(302, "To the PDF.", headers=("DocumentLocation",)),
        ),
        ("OrderId", "IncludeDeleted", "Accept"),
        problems=(problems.NOT_FOUND,),
    ),
)


def _health(operation_id: str, path: str, summary: str, description: str) -> DocumentedOperation:
    return DocumentedOperation(
        operation_id,
        "get",
        path,
        "Health",
        summary,
        f"Asks table and queues, at most every five seconds. {description}",
        (
            DocumentedResponse(
                200,
                "Everything that the service depends on answers.",
                ("Health",),
                examples={"ok": Example("All is well", {"status": "ok", "checks": {"orders table": "ok"}})},
            ),
            DocumentedResponse(
                503,
                "Something does not answer.",
                ("Health",),
                ("RetryAfter",),
                {
                    "unhealthy": Example(
                        "The table is out of reach",
                        {"status": "unhealthy", "checks": {"orders table": "orders table: connection refused"}},
                    )
                },
            ),
        ),
        secured=False,
    )


ABOUT = (
    _health("getHealth", "/health", "Check health", "For people and monitors."),
    _health("getReadiness", "/health/ready", "Check readiness", "For whoever routes requests."),
    _health("getOrdersHealth", f"{BASE}/health", "Check health by the orders path", "What DNS fail-over asks."),
    DocumentedOperation(
        "getLiveness",
        "get",
        "/health/live",
        "Health",
        "Check liveness",
        "Touches nothing that the service depends on. What the load balancer asks.",
        (
            DocumentedResponse(
                200, "The process serves.", ("Alive",), examples={"ok": Example("It does", {"status": "ok"})}
            ),
        ),
        secured=False,
    ),
    DocumentedOperation(
        "getOpenApi",
        "get",
        "/v1.0/openapi.json",
        "About this API",
        "Get this document",
        "OpenAPI 3.1 of this version of the API.",
        (DocumentedResponse(200, "An OpenAPI document.", ("OpenApiDocument",), ("CacheControl",)),),
        secured=False,
    ),
    DocumentedOperation(
        "getDocs",
        "get",
        "/v1.0/docs",
        "About this API",
        "Read the reference",
        "This document as a page for people. It loads nothing from anywhere.",
        (DocumentedResponse(200, "A page.", headers=("CacheControl", "PagePolicy"), media_type=HTML),),
        secured=False,
    ),
    DocumentedOperation(
        "getProblemType",
        "get",
        "/problems/{name}",
        "About this API",
        "Read what a kind of problem means",
        "Where the `type` of a problem leads: to its place on the reference page.",
        (DocumentedResponse(303, "To the page.", headers=("PageLocation", "CacheControl")),),
        ("ProblemName",),
        problems=(problems.NOT_FOUND,),
        secured=False,
    ),
)
