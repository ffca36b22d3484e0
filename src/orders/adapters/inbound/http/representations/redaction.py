"""Taking personal data out of answers that were given before an order was erased, to be given again ([API-4])."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from orders.adapters.inbound.http.representations.orders import address_view, customer_view, payment_view
from orders.adapters.wire import json_body
from orders.domain.erasing import ERASED, ERASED_ADDRESS, ERASED_CUSTOMER, ERASED_METADATA, ERASED_PAYMENT

_TOMBSTONES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "customer": lambda: customer_view(ERASED_CUSTOMER),
        "billing_address": lambda: address_view(ERASED_ADDRESS),
        "shipping_address": lambda: address_view(ERASED_ADDRESS),
        "payment": lambda: payment_view(ERASED_PAYMENT),
        "metadata": lambda: dict(ERASED_METADATA),
        "notes": lambda: ERASED,
        "reason": lambda: ERASED,
    }
)
"""What an erased order shows, by the fields of ``order_view`` and ``status_view``."""


def redacted_body(body: bytes) -> bytes:
    """The body of an answer with the tombstones that the erased order shows; everything else as it was.

    Empty bodies, and those that hold nothing personal, come back byte for byte.

    Raises:
        MalformedJson: it is none of our answers.
    """
    if not body:
        return body
    answer = json_body.decode(body)
    personal = _TOMBSTONES.keys() & answer.keys()
    if not personal:
        return body
    # In the order in which they stood, so that nothing else of the body changes.
    return json_body.encode({name: _TOMBSTONES[name]() if name in personal else answer[name] for name in answer})
