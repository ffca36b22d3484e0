"""Names of the commands that the service sends to its own queues."""

PLACE_ACCEPTED = "place-accepted-order"
"""``{"command": ..., "tenant_id": ..., "order_id": ..., "traceparent": ...}``: place an order that was accepted."""

CREATE_ORDER = "create-order"
"""An order from another service; docs/events/create-order.v1.json has its shape."""

RENDER_DOCUMENT = "render-document"
"""``{"command": ..., "tenant_id": ..., "order_id": ...}``: render the order's document although it is on record."""

RETAIN_ORDER = "retain-order"
"""``{"command": ..., "tenant_id": ..., "order_id": ...}``: go through everything of an order that is over once more."""

SCRUB_ORDER = "scrub-order"
"""``{"command": ..., "tenant_id": ..., "order_id": ...}``: go through everything of an erased order once more."""
