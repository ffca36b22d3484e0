"""Names of the commands that the service sends to its own queues, beside the events that arrive there."""

RENDER_DOCUMENT = "render-document"
"""``{"command": ..., "tenant_id": ..., "order_id": ...}``: render the order's document although it is on record."""
