"""Bodies, parameters and cursors: everything wrong is named, nothing is guessed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.datastructures import MultiDict

from orders.adapters.inbound.http.requests.parameters import InvalidParameters, list_parameters, page_parameters
from orders.adapters.inbound.http.security.cursor import CursorCodec, InvalidCursor
from orders.adapters.inbound.http.security.cursor_keys import GivenCursorKeys
from orders.adapters.wire import json_body
from orders.adapters.wire.json_body import MalformedJson
from orders.adapters.wire.media_types import UnsupportedMediaType
from orders.adapters.wire.parsing import InvalidBody, parse_body
from orders.adapters.wire.pointers import pointer_of
from orders.adapters.wire.requests import CancelBody, CreateOrderBody, FulfilBody
from orders.domain.lifecycle import Status

SMOKE = (
    b'{"customer_id":"cust_test_001","items":[{"product_id":"prod_001","quantity":2,"price":29.99}],'
    b'"total":59.98,"currency":"USD"}'
)


def parse(body: bytes | dict[str, Any], model: Any = CreateOrderBody) -> Any:
    raw = body if isinstance(body, bytes) else json_body.encode(body)
    return parse_body(model, raw, "application/json; charset=utf-8")


def order(**changes: Any) -> dict[str, Any]:
    return {
        "customer_id": "c1",
        "items": [{"product_id": "p1", "quantity": 1, "price": Decimal("1.50")}],
        "total": Decimal("1.50"),
    } | changes


def faults(body: bytes | dict[str, Any], model: Any = CreateOrderBody) -> dict[str, str]:
    with pytest.raises(InvalidBody) as caught:
        parse(body, model)
    return {pointer_of(fault.path): f"{fault.code}: {fault.message}" for fault in caught.value.faults}


def test_the_smoke_body_is_read_exactly() -> None:
    draft = parse(SMOKE).to_draft()
    assert draft.lines[0].price == Decimal("29.99")
    assert str(draft.total) == "59.98"
    assert draft.currency == "USD"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**15, places=3))
def test_decimals_survive_both_ways_to_the_last_digit(amount: Decimal) -> None:
    text = f"{amount:f}"
    assert json_body.encode({"total": amount}) == f'{{"total":{text}}}'.encode()
    assert str(parse(order(total=amount)).total) == text


def test_every_fault_of_a_body_is_named_at_once() -> None:
    body = {
        "custmer_id": "c1",
        "items": [
            {"product_id": "a b", "quantity": 1.5, "price": "1.50", "prise": 1},
            {"product_id": "p2", "quantity": 0, "price": True},
        ],
        "total": None,
        "currency": "usd",
        "shipping_address": {"zip": "8001", "city": "Cape\nTown"},
        "customer": {"email": "not an address"},
        "metadata": {"a b": "x"},
    }
    found = faults(body)
    assert found["/customer_id"] == "missing: this field is required"
    assert found["/custmer_id"] == "unknown_field: there is no field 'custmer_id'; did you mean 'customer_id'?"
    assert found["/items/0/prise"] == "unknown_field: there is no field 'prise'; did you mean 'price'?"
    assert found["/items/0/price"].startswith("number_type: this must be a JSON number")
    assert found["/items/0/quantity"].startswith("int_type: this must be a whole number")
    assert found["/items/0/product_id"] == "pattern: this must be 1 to 64 letters, digits, '_', '.' and '-'"
    assert found["/items/1/price"].startswith("number_type")
    assert found["/items/1/quantity"] == "greater_than_equal: this must be 1 or more"
    assert found["/total"].startswith("number_type")
    assert found["/currency"].startswith("pattern")
    assert found["/shipping_address/zip"].startswith("unknown_field: there is no field 'zip'")
    assert found["/shipping_address/city"] == "line_break: line breaks and tabs are not allowed here"
    assert found["/customer/email"].startswith("mail_address")
    assert found["/metadata"].startswith("pattern: a key of it must be")
    assert len(found) == 14


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1,]", b'{"a":NaN}', b"\xff\xfe", b'{"a":"\x01"}', b"[" * 30 + b"]" * 30, b"[" * 100_000, b'"\\ud800"'],
)
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse(body)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null"])
def test_a_body_is_an_object(body: bytes) -> None:
    assert faults(body) == {"": "object_type: the body must be a JSON object"}


def test_numbers_are_bounded_before_they_are_converted() -> None:
    monstrous = (
        b'{"customer_id":"c","items":[],"total":'
        + b"1" * 4000
        + b'.5,"shipping":1E999999,"discount":'
        + b"9" * 4000
        + b"}"
    )
    found = faults(monstrous)
    assert found["/total"].startswith("number_size")
    assert found["/discount"].startswith("number_size")


@pytest.mark.parametrize("number", ["1E99999999999999999999", "0E99999999999999999999", "1e-99999999999999999999"])
def test_an_exponent_that_no_decimal_has_is_a_fault_of_the_content(number: str) -> None:
    body = f'{{"customer_id":"c","items":[],"total":{number}}}'.encode()
    assert faults(body)["/total"] == "number_size: the number has too many digits"


@pytest.mark.parametrize(("text", "quantity"), [("2.0", 2), ("2e0", 2), ("20E-1", 2), ("1e6", 1_000_000)])
def test_whole_numbers_may_be_written_in_any_way(text: str, quantity: int) -> None:
    body = SMOKE.replace(b'"quantity":2', f'"quantity":{text}'.encode())
    assert parse(body).items[0].quantity == quantity


@pytest.mark.parametrize("text", ["1.5", "1E999999", "1e7", "true", '"2"', "0.0"])
def test_what_is_no_whole_number_in_range_is_refused(text: str) -> None:
    body = SMOKE.replace(b'"quantity":2', f'"quantity":{text}'.encode())
    assert list(faults(body)) == ["/items/0/quantity"]


def test_text_is_normalised_and_control_characters_are_refused() -> None:
    assert parse(order(notes="Cafe\u0301\nzwei")).notes == "Caf\u00e9\nzwei"
    assert faults(order(notes="a\u0000b"))["/notes"] == "control_character: control characters are not allowed"
    assert "control_character" in faults(order(customer={"name": "a\u0007"}))["/customer/name"]
    assert "blank" in faults(order(customer={"name": "   "}))["/customer/name"]
    assert "line_break" in faults(order(customer={"name": "a\u2028b"}))["/customer/name"]


CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("pointer", "change"),
    [
        ("/notes", {"notes": f"please use {CARD}"}),
        ("/customer/name", {"customer": {"name": CARD}}),
        ("/customer/phone", {"customer": {"phone": CARD}}),
        ("/shipping_address/line1", {"shipping_address": {"line1": CARD}}),
        ("/metadata/card", {"metadata": {"card": CARD}}),
        ("/payment/brand", {"payment": {"brand": CARD}}),
        ("/items/0/name", {"items": [{"product_id": "p", "quantity": 1, "price": 1, "name": CARD}]}),
    ],
)
def test_card_numbers_are_refused_in_every_free_text_and_not_repeated(pointer: str, change: dict[str, Any]) -> None:
    found = faults(order(**change))
    assert found[pointer].startswith("card_number")
    assert "4111" not in str(found)


def test_tracking_numbers_and_gateway_tokens_are_no_card_numbers() -> None:
    number = CARD.replace(" ", "")
    assert parse({"carrier": "DHL", "tracking_number": number}, FulfilBody).tracking_number == number
    assert parse(order(payment={"token": number})).payment.token == number


def test_bodies_must_be_declared_as_json_but_may_be_empty_where_nothing_is_needed() -> None:
    with pytest.raises(
        UnsupportedMediaType, match="application/x-www-form-urlencoded; send Content-Type: application/json"
    ):
        parse_body(CreateOrderBody, SMOKE, "application/x-www-form-urlencoded")
    assert parse_body(CancelBody, b"", "", optional=True).reason is None
    assert parse_body(CancelBody, b'{"reason":"x"}', "Application/JSON").reason == "x"


@pytest.mark.parametrize("time", ["2026-03-01", "2026-03-01T12:00:00", "yesterday", 5, "0001-01-01T00:00:00+23:59"])
def test_times_need_an_offset(time: object) -> None:
    body = {"carrier": "DHL", "tracking_number": "T1", "shipped_at": time}
    assert "time" in faults(body, FulfilBody)["/shipped_at"]


def test_a_shipment_is_read() -> None:
    body = {
        "carrier": "DHL", "tracking_number": "T1", "tracking_url": "https://dhl.example/T1",
        "lines": [{"line_id": "line_1", "quantity": 1}], "shipped_at": "2026-03-01T12:00:00.1239+02:00",
    }  # fmt: skip
    shipment = parse(body, FulfilBody).to_domain()
    assert shipment.shipped_at.isoformat() == "2026-03-01T10:00:00.123000+00:00"
    assert shipment.lines[0].line_id == "line_1"
    assert "pattern" in faults(body | {"tracking_url": "javascript:alert(1)"}, FulfilBody)["/tracking_url"]


def test_list_parameters_are_read() -> None:
    asked = list_parameters(
        MultiDict(
            [("status", "pending"), ("status", "processing"), ("limit", "100"), ("sort", "created_at"),
             ("created_from", "2026-03-01T12:00:00 02:00")]
        )
    )  # fmt: skip
    assert asked.statuses == (Status.PENDING, Status.PROCESSING)
    assert (asked.limit, asked.ascending) == (100, True)
    assert asked.created_from is not None
    assert asked.created_from.isoformat() == "2026-03-01T10:00:00+00:00"


def test_bounds_between_milliseconds_stay_where_they_are() -> None:
    asked = list_parameters(MultiDict([("created_from", "2026-03-01T12:00:00.0015Z")]))
    assert asked.created_from is not None
    assert asked.created_from.isoformat() == "2026-03-01T12:00:00.001500+00:00"


def test_no_two_listings_share_their_cursors() -> None:
    time = "2026-03-01T12:00:00Z"
    listings = [
        [], [("customer_id", "None")], [("customer_id", "a")], [("status", "pending")],
        [("status", "pending"), ("status", "completed")], [("created_from", time)], [("created_to", time)],
        [("created_from", "2026-03-01T12:00:00.000001Z")], [("include_deleted", "true")], [("sort", "created_at")],
    ]  # fmt: skip
    assert len({list_parameters(MultiDict(listing)).binding() for listing in listings}) == len(listings)
    one, other = (list_parameters(MultiDict([("limit", limit)])).binding() for limit in ("1", "100"))
    assert one == other


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("staus", "pending", "did you mean 'status'"),
        ("status", "open", "status is one of pending"),
        ("limit", "0", "whole number from 1 to 100"),
        ("limit", "101", "whole number from 1 to 100"),
        ("limit", "²", "whole number from 1 to 100"),
        ("sort", "total", "sort is one of"),
        ("created_from", "2026-03-01", "offset"),
        ("order_number", "BB-0000", "is no order number"),
        ("customer_id", "a#b", "customer_id"),
        ("cursor", "", "no cursor of ours"),
        ("include_deleted", "yes", "include_deleted is one of"),
    ],
)
def test_wrong_parameters_are_named(name: str, value: str, says: str) -> None:
    with pytest.raises(InvalidParameters) as caught:
        list_parameters(MultiDict([(name, value)]))
    (fault,) = caught.value.faults
    assert pointer_of(fault.path) == f"/query/{name}"
    assert says in fault.message


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    noon, later = "2026-03-01T12:00:00Z", "2026-03-01T12:00:00+01:00"
    with pytest.raises(InvalidParameters) as caught:
        list_parameters(MultiDict([("created_from", noon), ("created_to", later)]))
    (fault,) = caught.value.faults
    assert (pointer_of(fault.path), fault.code) == ("/query/created_from", "wrong_order")
    assert "created_from is later than created_to" in fault.message
    assert list_parameters(MultiDict([("created_from", later), ("created_to", noon)])).created_to is not None
    assert list_parameters(MultiDict([("created_from", noon), ("created_to", noon)])).created_to is not None


def test_pages_of_one_order_have_three_parameters() -> None:
    assert page_parameters(MultiDict([("limit", "5")])) == (5, None)
    with pytest.raises(InvalidParameters):
        page_parameters(MultiDict([("limit", "5"), ("limit", "6")]))


OLD, NEW = b"o" * 32, b"n" * 32


def codec(*keys: bytes) -> CursorCodec:
    return CursorCodec(GivenCursorKeys(keys))


@given(st.text(min_size=1, max_size=80), st.text(max_size=80))
async def test_a_cursor_opens_where_it_was_sealed(position: str, bound_to: str) -> None:
    both = codec(NEW, OLD)
    assert await both.open(await both.seal(position, bound_to), bound_to) == position
    assert await both.open(await codec(OLD).seal(position, bound_to), bound_to) == position


async def test_a_foreign_or_altered_cursor_is_refused() -> None:
    new = codec(NEW)
    cursor = await new.seal("2026-03-01T12:00:00.000Z#ord_1", "t1|pending")
    bad = [cursor[:-1], cursor + "A", "", "%%%", await codec(OLD).seal("x", "t1|pending")]
    bad += [cursor[:at] + ("B" if cursor[at] != "B" else "C") + cursor[at + 1 :] for at in range(len(cursor))]
    for each in bad:
        with pytest.raises(InvalidCursor):
            await new.open(each, "t1|pending")
    with pytest.raises(InvalidCursor):
        await new.open(cursor, "t2|pending")


@pytest.mark.parametrize("keys", [(), (b"short",), (NEW, b"short")])
def test_signing_keys_have_32_bytes(keys: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        GivenCursorKeys(keys)
