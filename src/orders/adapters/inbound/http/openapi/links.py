"""Defines links from an operation's response to operations that can follow, as components.

No link has a request body of its own, though OpenAPI allows it: OpenAPI Generator's parser refuses any but a text.
"""

from typing import Any

from orders.adapters.inbound.http.openapi.json_schema import Schema

_HERE = {"order_id": "$response.body#/order_id"}


def _link(operation_id: str, description: str, parameters: dict[str, str] | None = None, **more: Any) -> Schema:
    return {"operationId": operation_id, "description": description, "parameters": parameters or _HERE, **more}


LINKS: dict[str, Schema] = {
    "GetOrder": _link("getOrder", "Read the order."),
    "GetFirstOrder": _link(
        "getOrder", "Read the page's first order.", {"order_id": "$response.body#/items/0/order_id"}
    ),
    "UpdateOrder": _link(
        "updateOrder",
        "Send the order back with other values, if nobody else has changed it.",
        _HERE | {"header.If-Match": "$response.header.ETag"},
        requestBody="$response.body",
    ),
    "PatchOrder": _link("patchOrder", "Change some of its fields."),
    "DeleteOrder": _link("deleteOrder", "Delete the order."),
    "ErasePersonalData": _link("erasePersonalData", "Erase its personal data."),
    "GetOrderStatus": _link("getOrderStatus", "Ask where the order is."),
    "ProcessOrder": _link("setOrderStatus", "Start to work on it."),
    "RejectOrder": _link("setOrderStatus", "Refuse it."),
    "CompleteOrder": _link("setOrderStatus", "Close it, once everything is shipped."),
    "CancelOrder": _link("cancelOrder", "Call it off."),
    "FulfilOrder": _link("fulfilOrder", "Ship everything that is open."),
    "DeliverParcel": _link(
        "deliverParcel",
        "Note that the first parcel has arrived.",
        _HERE | {"parcel_id": "$response.body#/parcels/0/parcel_id"},
    ),
    "TrackOrder": _link("trackOrder", "See where its goods are."),
    "ListOrderHistory": _link("listOrderHistory", "Read what happened to it."),
    "ListOrderEvents": _link("listOrderEvents", "Read its events."),
    "GetOrderDocument": _link("getOrderDocument", "Fetch its PDF."),
}
