"""An answer given before an order was erased, without personal data: every other byte as it was."""

import json
from dataclasses import replace

import pytest

from orders.adapters.inbound.http.routes.responses import accepted_answer, erasing_answer, order_answer, status_answer
from orders.adapters.wire.answer_redaction import redacted_answer
from orders.adapters.wire.json_body import MalformedJson
from orders.adapters.wire.keyed_answers import KeyedAnswer
from orders.domain.erasing import erase
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Order
from orders.domain.parts import Deletion, Erasure, Parcel, ParcelLine, Payment
from tests.support.builders import NOON, a_line, a_stamp, an_order
from tests.support.service import a_caller

FISCAL = {
    "order_id", "order_number", "tenant_id", "customer_id", "status", "allowed_actions", "version", "currency", "items",
    "subtotal", "tax", "shipping", "discount", "total", "parcels", "created_at", "updated_at", "_links",
    "campaign_code", "locale", "deleted_at", "erased_at",
}  # fmt: skip
"""Fields of an order that hold nothing personal: all others have to be redacted."""


def full() -> Order:
    """An order with everything that can be shown, and nothing plain about it."""
    return replace(
        an_order(
            lines=(a_line(name='Émail – 琺瑯 🫖 "blue" </p>'),),
            payment=Payment("card", "tok_1", "visa", "4242"),
            notes='Ring twice.\n"Thanks" \\ \u2028',
            metadata=(("z", "last first"), ("a", "")),
            campaign_code="SPRING",
            locale="fr-CH",
        ),
        status=Status.CANCELLED,
        reason="Thandi changed her mind",
        parcels=(Parcel("par_1", "DHL", "T1", (ParcelLine("line_1", 1),), NOON),),
        deletion=Deletion(NOON, "admin_1"),
    )


def answers(order: Order) -> list[KeyedAnswer]:
    """Whatever the API answers about an order."""
    caller = a_caller(Role.ADMIN)
    return [
        order_answer(order, caller, 201),
        status_answer(order, caller),
        accepted_answer(order),
        erasing_answer(replace(order, erasure=Erasure(NOON, "admin_1")), caller),
    ]


def redacted(answer: KeyedAnswer) -> KeyedAnswer:
    return KeyedAnswer.decode(redacted_answer(answer.encode()))


def test_it_is_what_the_erased_order_would_have_been_answered() -> None:
    before = full()
    after = erase(before, a_stamp(role=Role.ADMIN), [Role.ADMIN]).order
    # The erased order as it would look had erasing done nothing else.
    same = replace(after, version=before.version, updated_at=before.updated_at, erasure=None)
    for first, expected in zip(answers(before), answers(same), strict=True):
        assert redacted(first) == expected


def test_again_it_stays_as_it_is() -> None:
    for answer in answers(full()):
        once = redacted(answer)
        assert redacted(once) == once


def test_every_field_is_known_to_be_personal_or_not() -> None:
    was = json.loads(answers(full())[0].body)
    erased = json.loads(redacted(answers(full())[0]).body)
    assert was.keys() == erased.keys()
    assert {name for name in was if was[name] == erased[name]} <= FISCAL
    assert {name for name in was if was[name] != erased[name]} == was.keys() - FISCAL


def test_what_is_not_there_gets_no_tombstone() -> None:
    bare = an_order(customer=None, billing_address=None, shipping_address=None)
    for answer in answers(bare):
        assert redacted_answer(answer.encode()) == answer.encode()
    assert redacted(KeyedAnswer(204)) == KeyedAnswer(204)


def test_what_is_none_of_our_answers_is_a_bug_to_be_seen() -> None:
    for answer in (b"Thandi", KeyedAnswer(200, (), b"Thandi").encode()):
        with pytest.raises((MalformedJson, ValueError)):
            redacted_answer(answer)
