"""Removes personal data from responses stored before an order was erased, which may be repeated later ([API-4])."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from orders.adapters.wire import json_body
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.domain.erasing import ERASED, ERASED_ADDRESS, ERASED_CUSTOMER, ERASED_METADATA, ERASED_PAYMENT
from orders.domain.parts import Address, Customer, Payment

_TOMBSTONES: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "customer": lambda: _given(ERASED_CUSTOMER),
        "billing_address": lambda: _given(ERASED_ADDRESS),
        "shipping_address": lambda: _given(ERASED_ADDRESS),
        "payment": lambda: _given(ERASED_PAYMENT),
        "metadata": lambda: dict(ERASED_METADATA),
        "notes": lambda: ERASED,
        "reason": lambda: ERASED,
    }
)
"""The replacements that an erased order shows, by the fields of an order's response and of its status's."""


def _given(particulars: Customer | Address | Payment) -> dict[str, Any]:
    return {name: value for name, value in asdict(particulars).items() if value is not None}


def redacted_answer(answer: bytes) -> bytes:
    """Replaces personal data in a stored response by what the erased order shows; the rest stays unchanged.

    A response without personal data is returned byte for byte.

    Raises:
        ValueError, TypeError, MalformedJson: it is not a response that this service stored, or its body isn't.
    """
    given = KeyedAnswer.decode(answer)
    return replace(given, body=_redacted(given.body)).encode()


def _redacted(body: bytes) -> bytes:
    if not body:
        return body
    answer = json_body.decode(body)
    personal = _TOMBSTONES.keys() & answer.keys()
    if not personal:
        return body
    # The order of members is kept, so that nothing else of the body changes.
    return json_body.encode({name: _TOMBSTONES[name]() if name in personal else answer[name] for name in answer})
