"""The mask: by key and by pattern, at any depth, and nothing else."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from orders.adapters.privacy.masking import MASK, as_name, is_personal, mask, mask_text
from orders.domain.parts import Address, Customer, Payment
from orders.domain.placing import Draft
from tests.support.builders import a_draft, an_order
from tests.support.cpu_time import grows_with_length

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to thandi@example.com, at once", "to ***, at once"),
        ("zoë@bücher.example or o'brien@example.co.za", "*** or ***"),
        ("GET /v1.0/orders?q=thandi%40example.com", "GET /v1.0/orders?***"),
        ("bounce+thandi=example.com@ses.example", "***"),
        (f"token {JWT}", "token ***"),
        ("Authorization: Bearer 8f14e45fceea167a5a36dedd4bea2543", "Authorization: Bearer ***"),
        ("authorization=Basic dGhhbmRpOnNlY3JldA", "authorization=***"),
        ("call +27 21 555 0134 or +27(0)21-555-0134 or 0027215550134", "call *** or *** or ***"),
        ("?phone=%2B27215550134&status=pending", "?phone=***&status=pending"),
        ("paid with 4111 1111-1111 1111 today", "paid with *** today"),
        ("４１１１１１１１１１１１１１１１ it is", "*** it is"),
        ("key AKIAIOSFODNN7EXAMPLE of us", "key *** of us"),
        ("X-Api-Key bbws_Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6", "X-Api-Key ***"),
        (
            "https://b.s3.example/k.pdf?X-Amz-Credential=AK%2F1&X-Amz-Expires=300&X-Amz-Signature=0a1b2c",
            "https://b.s3.example/k.pdf?X-Amz-Credential=***&X-Amz-Expires=300&X-Amz-Signature=***",
        ),
    ],
)
def test_what_gives_itself_away_is_masked_in_any_text(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Customer(name='Thandi Mokoena', phone=None)",
        'Customer(name="O\'Brien, Thandi Mokoena")',
        "{'customer_name': 'Thandi Mokoena', 'order_id': 'ord_1'}",
        '{"line1": "12 \\"Thandi Mokoena\\" Street", "order_id": "ord_1"}',
        json.dumps(json.dumps({"notes": 'say "Thandi Mokoena"', "order_id": "ord_1"})),
        "{'city': {'S': 'Thandi Mokoena'}}",
        "metadata=(('gift', 'Thandi Mokoena'), ('b', 'c'))",
        "metadata={'gift': {'for': 'Thandi Mokoena'}}",
        "1 validation error for X\nname\n  Input should be ... [type=t, input_value='Thandi Mokoena', input_type=str]",
        "notes='cut off in the middle of Thandi Mokoena and",
        "postalCode: 'Thandi Mokoena'",
        "line1=Thandi&line2=Mokoena",
    ],
)
def test_pairs_of_a_personal_key_and_a_value_are_masked_in_any_text(text: str) -> None:
    masked = mask_text(text)
    assert "Thandi" not in masked
    assert "Mokoena" not in masked
    assert ("ord_1" in masked) == ("ord_1" in text)


@pytest.mark.parametrize(
    "text",
    [
        "order ord_01KAPMZZ7G00000000000000Q3 is BB-7K3M-9QX2-4TPA-R",
        "trace 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "2026-11-22T12:00:00.000+02:00 127.0.0.1:53212 in 0.25 s",
        "send a bearer token: Authorization: Bearer <token>",
        "there is no field 'naem'; did you mean 'name'?",
        "arn:aws:sqs:af-south-1:536580886816:bbws-order-creation-dev",
        "https://dynamodb.af-south-1.amazonaws.com",
        'Bearer realm="orders"',
        "an order that is pending does not allow fulfil; allowed now: process, cancel",
        "59.98 USD, not 60.00 USD; +5 left",
        "message 6f1a3f0e-6a3b-4c51-9a5e-2d1f0a9b7c11 received 3 times",
    ],
)
def test_what_operators_look_for_stays(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "key",
    [
        "name", "line1", "line2", "city", "region", "postal_code", "phone", "email", "notes", "metadata", "token",
        "last4", "brand", "reason", "authorization", "Authorization", "X-Api-Key", "postalCode", "customerEmail",
        "shipping-address", "billing_address", "idempotency_key", "recipient", "AWS_SECRET_ACCESS_KEY", "cookie",
    ],
)  # fmt: skip
def test_keys_of_people_and_secrets_are_known_however_they_are_spelt(key: str) -> None:
    assert is_personal(key)
    assert mask({key: "Thandi"}) == {key: MASK}


@pytest.mark.parametrize(
    "key",
    ["event", "level", "logger", "error", "order_id", "tenant_id", "customer_id", "request_id", "queue", "principal",
     "operation", "outcome", "origin", "message_id", "receive_count", "status", "timestamp", "aws_region", "key"],
)  # fmt: skip
def test_values_under_technical_keys_are_not_masked(key: str) -> None:
    assert mask({key: "value"}) == {key: "value"}


class _Model(BaseModel):
    customer: dict[str, str]
    sku: str


@dataclass
class _Plain:
    sku: str
    parts: list[Any]


def test_it_reaches_every_depth_of_every_container() -> None:
    person = Customer(name="Thandi", email="thandi@example.com")
    deep: Any = {"name": "Thandi"}
    for _ in range(5):
        deep = [{"each": (deep, {"thandi@example.com"})}]
    value = {
        "deep": deep,
        "model": _Model(customer={"name": "Thandi"}, sku="A-1"),
        "dataclass": _Plain("A-2", [person, Address(line1="12 Thandi Street"), Payment(token="tok_thandi")]),
        "bytes": b"Thandi",
        b"x-api-key": b"thandi",
        "error": ValueError("Thandi"),
        "thandi@example.com": 1,
    }
    masked = mask(value)
    assert "thandi" not in repr(masked).lower()
    assert masked["model"] == {"customer": MASK, "sku": "A-1"}
    assert masked["dataclass"]["sku"] == "A-2"
    assert masked["bytes"] == "6 bytes"
    assert masked["error"] == "ValueError"


def test_what_is_no_text_stays_what_it_is() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    value = {"count": 3, "yes": True, "none": None, "amount": Decimal("59.98"), "at": now, "seconds": 0.25}
    assert mask(value) == value
    assert mask({"number": 4111111111111111}) == {"number": MASK}


def test_what_refers_to_itself_ends_somewhere() -> None:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    assert MASK in repr(mask(ring))


class _Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


def test_a_value_that_cannot_be_represented_breaks_nothing() -> None:
    assert mask({"it": _Unspeakable()}) == {"it": "<_Unspeakable>"}


def test_an_order_and_a_draft_look_like_nobody_s() -> None:
    order = an_order(
        notes="Thandi", metadata=(("for", "Thandi"),), payment=Payment(token="tok_Thandi"), reason="Thandi"
    )
    for told in (repr(order), f"{order}", repr(mask(order)), repr(a_draft(notes="Thandi")), repr(mask(a_draft()))):
        assert "Thandi" not in told
        assert "Long Street" not in told
    assert order.order_id in repr(order)
    assert isinstance(a_draft(), Draft)


def test_names_of_something_technical_are_repeated_and_texts_are_not() -> None:
    assert as_name("order-created.v1") == "'order-created.v1'"
    for text in ("Thandi Mokoena", "thandi@example.com", "4111111111111111", "x" * 65):
        assert as_name(text) == f"a text of {len(text)} characters"


@given(st.text(max_size=300))
def test_any_text_is_masked_once_and_for_all(text: str) -> None:
    masked = mask_text(text)
    assert mask_text(masked) == masked or len(mask_text(masked)) <= len(masked)


@pytest.mark.parametrize("part", ["a", "a.b", "name=", "name='a", "n_", "(", "1 ", "+1", "eyJ", "@", '\\"name\\":'])
def test_a_long_text_costs_no_more_than_its_length(part: str) -> None:
    # With a pattern that goes through it again from every place, this would take minutes.
    assert grows_with_length(mask_text, part)
