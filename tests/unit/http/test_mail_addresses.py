"""Addresses of mails over HTTP: in a body and in a token, by one rule."""

import json
from typing import Any

import pytest

from orders.domain.events import EventType
from tests.support.http_api import ORDERS, SMOKE, Api, expect

BODY = json.loads(SMOKE)


async def sent_in_a_body(api: Api, email: str) -> Any:
    return await api.call("POST", ORDERS, BODY | {"customer": {"name": "Petra", "email": email}})


async def mails_of(api: Api, order_id: str) -> list[tuple[str, str | None]]:
    """Returns the confirmation's entry in the history once it is due."""
    await api.service.notify_customer.execute("demo", order_id, EventType.DOCUMENT_FAILED, 1)
    entries = (await api.call("GET", f"{ORDERS}/{order_id}/history")).json()["items"]
    return [(each["state"], each.get("detail")) for each in entries if each["kind"] == "mail"]


async def test_an_international_domain_is_taken_and_kept_as_mail_is_delivered_to_it(api: Api) -> None:
    placed = await sent_in_a_body(api, "petra@bücher.example")
    assert placed.status_code == 201, placed.text
    assert placed.json()["customer"]["email"] == "petra@xn--bcher-kva.example"
    order = await api.service.repository.get("demo", placed.json()["order_id"])
    assert order is not None
    assert order.notification_email == "petra@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("pétra@bücher.example", "whose part before the @ is ASCII"),
        ("petra@bü..example", "whose domain can exist"),
        ("petra@💩.example", "whose domain can exist"),
        ("petra", "a name, @ and a domain"),
        (".petra@shop.example", "neither begins nor ends with a dot"),
        ("petra.@shop.example", "neither begins nor ends with a dot"),
        ("pe..tra@shop.example", "nor has two in a row"),
    ],
)
async def test_what_can_not_be_delivered_to_is_refused_with_why(api: Api, email: str, why: str) -> None:
    (fault,) = expect(await sent_in_a_body(api, email), 422, "invalid-content")["errors"]
    assert (fault["pointer"], fault["code"]) == ("/customer/email", "mail_address")
    assert fault["message"].startswith("this must be an e-mail address")
    assert why in fault["message"]
    assert email not in fault["message"]


async def test_one_in_a_token_obeys_the_same_rules(api: Api) -> None:
    placed = await api.call("POST", ORDERS, SMOKE, email="petra@bücher.example")
    order = await api.service.repository.get("demo", placed.json()["order_id"])
    assert order is not None
    assert (order.notification_email, order.notification_fault) == ("petra@xn--bcher-kva.example", None)


UNUSABLE = {
    "pétra@bücher.example": "it must be an e-mail address whose part before the @ is ASCII",
    "petra": "it must be an e-mail address: a name, @ and a domain",
    "petra@x..example": "it must be an e-mail address whose domain can exist",
    ".petra@shop.example": "it must be an e-mail address whose part before the @ neither begins nor ends with a dot",
    "pe..tra@shop.example": "nor has two in a row",
    "4111111111111111@shop.example": "it holds a card number",
    "p" * 300 + "@b.example": "it must be an e-mail address of at most 254 characters",
}


@pytest.mark.parametrize("headers", [{}, {"Prefer": "respond-async"}], ids=["now", "later"])
@pytest.mark.parametrize(("email", "why"), UNUSABLE.items(), ids=range(len(UNUSABLE)))
async def test_one_in_a_token_that_can_not_be_used_is_a_skipped_mail_with_why(
    api: Api, email: str, why: str, headers: dict[str, str]
) -> None:
    placed = await api.call("POST", ORDERS, SMOKE, headers=headers, email=email)
    assert placed.status_code in {201, 202}, placed.text
    order_id = placed.json()["order_id"]
    if headers:
        await api.service.place_accepted.execute("demo", order_id)
    order = await api.service.repository.get("demo", order_id)
    assert order is not None
    assert order.notification_email is None
    ((state, detail),) = await mails_of(api, order_id)
    assert (state, (detail or "").partition(": ")[0]) == ("skipped", "the address in the token can't be used")
    assert why in (detail or "")
    assert email not in (detail or "")
    assert api.service.sender.sent == []


async def test_where_the_body_has_one_the_token_s_is_no_matter(api: Api) -> None:
    body = BODY | {"customer": {"email": "petra@shop.example"}}
    placed = (await api.call("POST", ORDERS, body, email="petra")).json()
    order = await api.service.repository.get("demo", placed["order_id"])
    assert order is not None
    assert (order.notification_email, order.notification_fault) == ("petra@shop.example", None)


async def test_where_staff_order_nobody_speaks_of_their_own_address(api: Api) -> None:
    placed = (await api.call("POST", ORDERS, SMOKE, role="staff", email="petra")).json()
    order = await api.service.repository.get("demo", placed["order_id"])
    assert order is not None
    assert (order.notification_email, order.notification_fault) == (None, None)
