"""The trace as an attribute of a queue's message, for commands whose body does not name it."""

from typing import TYPE_CHECKING

from orders.adapters.trace_context import TRACE_ATTRIBUTE, current_traceparent

if TYPE_CHECKING:
    from types_aiobotocore_sqs.type_defs import MessageAttributeValueTypeDef


def trace_attribute() -> "dict[str, MessageAttributeValueTypeDef]":
    """Returns the attribute that names the trace in progress; none outside of traces."""
    traceparent = current_traceparent.get()
    return {} if traceparent is None else {TRACE_ATTRIBUTE: {"DataType": "String", "StringValue": traceparent}}
