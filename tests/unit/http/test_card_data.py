"""Card numbers are refused in every text that a request can bring, and leave no trace ([SEC-3])."""

import copy
import json
import logging
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from orders.adapters.inbound.http.requests.update_bodies import RevisionBody
from orders.adapters.inbound.sqs.messages import MessageRefused
from orders.adapters.inbound.sqs.queue import ReceivedMessage
from orders.adapters.inbound.sqs.workers.record_creator import ANY, RecordCreator, Senders
from orders.adapters.wire.parsing import InvalidBody, validate
from orders.adapters.wire.pointers import pointer_of
from orders.adapters.wire.requests import CancelBody, CreateOrderBody, FulfilBody, StatusBody
from tests.support.card_numbers import card_numbers, disguised_card_numbers
from tests.support.http_api import ORDERS, SMOKE, Api, expect
from tests.support.service import Service
from tests.support.workers import handled

CARD = "4111111111111111"
EXEMPT = {"payment.token", "tracking_number"}
"""A gateway's token and a carrier's number are what they are."""

TOO_NARROW = {
    "currency", "payment.last4", "billing_address.country", "shipping_address.country",
}  # fmt: skip
"""No text of digits fits in there, whatever it is."""

Places = tuple[str, ...]


def text_fields(model: type[BaseModel], place: Places = ()) -> Iterator[Places]:
    """Every field of a model that takes a text, the parts of lists and the names and values of objects included."""
    for name, field in model.model_fields.items():
        yield from _texts_in(field.annotation, (*place, name))


def _texts_in(annotation: Any, place: Places) -> Iterator[Places]:
    if isinstance(annotation, TypeAliasType):
        annotation = annotation.__value__
    if annotation is str:
        yield place
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from text_fields(annotation, place)
    elif getattr(annotation, "__origin__", None) is dict:
        yield from ((*place, "<name>"), (*place, "<value>"))
    else:
        inner = "0" if getattr(annotation, "__origin__", None) is list else None
        for argument in get_args(annotation):
            if isinstance(argument, type | TypeAliasType) or get_args(argument):
                yield from _texts_in(argument, place if inner is None else (*place, inner))


def filled(body: dict[str, Any], place: Places, value: str) -> dict[str, Any]:
    """The body with the text at that place."""
    body = copy.deepcopy(body)
    at: Any = body
    for step in place[:-1]:
        at = at[int(step)] if step.isdigit() else at.setdefault(step, {})
    match place[-1]:
        case "<name>":
            at[value] = "x"
        case "<value>":
            at["x"] = value
        case name:
            at[name] = value
    return body


def dotted(place: Places) -> str:
    return ".".join(step for step in place if not step.isdigit())


def fitting(place: Places) -> str:
    """The number in a form that the place takes, as far as it can."""
    return {
        "email": f"{CARD}@example.com",
        "locale": "en-41111111-11111111",
        "tracking_url": f"https://x.example/{CARD}",
    }.get(place[-1], CARD)


ITEM = {"product_id": "p", "quantity": 1, "price": 1}
BODIES: dict[type[BaseModel], dict[str, Any]] = {
    CreateOrderBody: json.loads(SMOKE) | {"items": [ITEM], "total": 1},
    RevisionBody: {"items": [ITEM]},
    CancelBody: {},
    StatusBody: {"status": "cancelled"},
    FulfilBody: {"carrier": "DHL", "tracking_number": "1", "lines": [{"line_id": "line_1", "quantity": 1}]},
}
EVERY_TEXT = [(model, place) for model in BODIES for place in text_fields(model)]


def test_the_fields_looked_at_are_those_that_there_are() -> None:
    found = {dotted(place) for _, place in EVERY_TEXT}
    assert found >= EXEMPT | TOO_NARROW
    assert found >= {
        "customer_id", "notes", "metadata.<name>", "metadata.<value>", "locale", "campaign_code", "reason", "carrier",
        "tracking_url", "items.product_id", "items.sku", "items.name", "items.line_id", "lines.line_id",
        "customer.name", "customer.email", "customer.phone", "payment.method", "payment.brand",
        "shipping_address.line1", "billing_address.postal_code", "billing_address.phone",
    }  # fmt: skip


@pytest.mark.parametrize(("model", "place"), EVERY_TEXT, ids=str)
def test_every_text_is_looked_through(model: type[BaseModel], place: Places) -> None:
    body = filled(BODIES[model], place, fitting(place))
    if dotted(place) in EXEMPT:
        validate(model, body)
        return
    with pytest.raises(InvalidBody) as caught:
        validate(model, body)
    told = repr([(pointer_of(fault.path), fault.code, fault.message) for fault in caught.value.faults])
    assert "1111" not in told
    assert ("card_number" in told) != (dotted(place) in TOO_NARROW)


@settings(max_examples=60)
@given(number=card_numbers(), dressed=disguised_card_numbers(), place=st.sampled_from(EVERY_TEXT))
def test_whatever_the_number_and_its_dress(number: str, dressed: str, place: tuple[type[BaseModel], Places]) -> None:
    model, where = place
    if dotted(where) in EXEMPT | TOO_NARROW or where[-1] in {"product_id", "sku", "email", "locale", "tracking_url"}:
        return
    for text in (number, dressed):
        with pytest.raises(InvalidBody) as caught:
            validate(model, filled(BODIES[model], where, text))
        told = "".join(pointer_of(fault.path) + fault.message for fault in caught.value.faults)
        assert text not in told
        assert number not in told


def test_trade_item_numbers_of_products_are_no_card_numbers() -> None:
    gtin = "4006381333023"
    items = [{"product_id": gtin, "sku": gtin, "quantity": 1, "price": 1}]
    assert validate(CreateOrderBody, BODIES[CreateOrderBody] | {"items": items}).items[0].sku == gtin


def test_a_parcels_address_may_hold_its_number_and_no_other() -> None:
    parcel = {"carrier": "DHL", "tracking_number": CARD, "tracking_url": f"https://dhl.example/{CARD}"}
    assert validate(FulfilBody, parcel).tracking_url == parcel["tracking_url"]
    with pytest.raises(InvalidBody):
        validate(FulfilBody, parcel | {"tracking_url": f"https://dhl.example/{CARD}?card=378282246310005"})


def repeats(text: str) -> bool:
    """Returns whether half of the card's number is in the text; four ones alone may be in any random id or
    duration.
    """
    return CARD[-8:] in text.replace(" ", "")


async def test_over_http_it_is_422_and_nothing_is_stored_or_logged(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    text = "please use 4111 1111 1111 1111"
    order = await api.placed()
    here = f"{ORDERS}/{order['order_id']}"
    stored = api.service.table.rows["demo", order["order_id"]].order
    refused = [
        await api.call("POST", ORDERS, json.loads(SMOKE) | {"notes": text}),
        await api.call("POST", ORDERS, json.loads(SMOKE) | {"notes": text}, headers={"Prefer": "respond-async"}),
        await api.call("POST", ORDERS, json.loads(SMOKE) | {text: 1, CARD: 1}),
        await api.call("POST", ORDERS, json.loads(SMOKE) | {"metadata": {CARD: "x"}}),
        await api.call("PUT", here, order | {"notes": text}),
        await api.call("PATCH", here, {"shipping_address": {"line1": text}}),
        await api.call("PATCH", here, {"metadata": {"x": text}}, headers={"Idempotency-Key": "k"}),
        await api.call("POST", f"{here}/cancel", {"reason": text}),
        await api.call("PUT", f"{here}/status", {"status": "rejected", "reason": text}, role="staff"),
        await api.call("POST", f"{here}/fulfill", {"carrier": text, "tracking_number": "1"}, role="staff"),
    ]
    for answer in refused:
        expect(answer, 422, "invalid-content")
        assert not repeats(answer.text)
    assert [row.order for row in api.service.table.rows.values()] == [stored]
    assert api.service.table.accepted == {}
    assert not repeats(caplog.text)


async def test_over_the_queue_it_is_refused_and_its_dead_letter_is_without_it() -> None:
    service = Service()
    creator = handled(RecordCreator(service.place_accepted, service.place_queued, Senders({ANY: ANY})))
    order = json.loads(SMOKE) | {
        "notes": "use 4111 1111 1111 1111",
        "payment": {"token": "4242424242424242", "brand": "visa"},
        "metadata": {CARD: "x"},
        "nots": 4111111111111111,
    }
    command = {"command": "create-order", "tenant_id": "tenant_a", "idempotency_key": "k", "order": order}
    for body in (json.dumps(command), json.dumps(command)[:-1], json.dumps({"command": CARD, "x": [CARD]})):
        with pytest.raises(MessageRefused) as caught:
            await creator(ReceivedMessage("m1", body, "receipt", 1, sender="AROA", author="AROA"))
        assert caught.value.kept is not None
        assert "1111" not in caught.value.kept + caught.value.reason
    assert service.table.rows == {}
    with pytest.raises(MessageRefused) as caught:
        await creator(ReceivedMessage("m1", json.dumps(command), "receipt", 1, sender="AROA", author="AROA"))
    kept = json.loads(caught.value.kept or "")
    assert kept["order"]["payment"]["token"] == "4242424242424242"
    assert kept["order"]["notes"] == "use (card number)"
    assert "/order/notes: this holds a card number" in caught.value.reason


async def test_a_message_without_any_is_kept_as_it_came() -> None:
    service = Service()
    creator = handled(RecordCreator(service.place_accepted, service.place_queued, Senders({ANY: ANY})))
    body = '{"command": "create-order",  "order": {"total": 1.50}}'
    with pytest.raises(MessageRefused) as caught:
        await creator(ReceivedMessage("m1", body, "receipt", 1, sender="AROA", author="AROA"))
    assert caught.value.kept == body
