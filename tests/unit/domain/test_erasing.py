"""Erasing: what goes, what is left in its place, and what stays."""

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.domain.erasing import (
    ERASED,
    ERASED_ADDRESS,
    ERASED_CUSTOMER,
    ERASED_METADATA,
    ERASED_PAYMENT,
    erase,
    erased_event,
)
from orders.domain.errors import ActionForbidden, IllegalTransition
from orders.domain.events import EventType
from orders.domain.lifecycle import Action, Role, Status
from orders.domain.order import Change, Order
from orders.domain.parts import Customer, Deletion, Document, DocumentStatus, Erasure, Parcel, ParcelLine, Payment
from tests.support.builders import NOON, a_line, a_stamp, an_address, an_order

ADMIN, OPERATOR = [Role.ADMIN], [Role.OPERATOR]
LATER = a_stamp(NOON + timedelta(days=400), principal="admin_1", role=Role.ADMIN)
PERSONAL = {
    "customer",
    "notification_email",
    "billing_address",
    "shipping_address",
    "payment",
    "notes",
    "metadata",
    "reason",
}
MOVED = {"version", "printed_version", "sequence", "updated_at", "document", "erasure"}


def ended(**overrides: Any) -> Order:
    """An order at its end with all that can be given."""
    given: dict[str, Any] = {
        "lines": (a_line(discount=Decimal("0.98"), tax_rate=Decimal("0.15")),),
        "shipping": Decimal("80.00"),
        "payment": Payment("card", "tok_1", "visa", "4242"),
        "campaign_code": "SPRING",
        "notes": "Ring twice",
        "metadata": (("gift_for", "Sipho"), ("channel", "web")),
        "locale": "en-ZA",
        "status": Status.CANCELLED,
        "version": 5,
        "sequence": 9,
        "printed_version": 2,
        "reason": "Thandi changed her mind",
        "parcels": (Parcel("par_1", "DHL", "T1", (ParcelLine("line_1", 1),), NOON),),
        "document": Document(DocumentStatus.READY, 2, NOON, "2.pdf", "00", 1),
        "recent_keys": (("k", 3),),
    }
    return an_order(**(given | overrides))


def test_every_personal_field_goes_and_every_fiscal_one_stays() -> None:
    order = ended()
    erased = erase(order, LATER, ADMIN).order
    assert {name: getattr(erased, name) for name in PERSONAL} == {
        "customer": ERASED_CUSTOMER,
        "notification_email": None,
        "billing_address": ERASED_ADDRESS,
        "shipping_address": ERASED_ADDRESS,
        "payment": ERASED_PAYMENT,
        "notes": ERASED,
        "metadata": ERASED_METADATA,
        "reason": ERASED,
    }
    for each in fields(Order):
        if each.name not in PERSONAL | MOVED:
            assert getattr(erased, each.name) == getattr(order, each.name), each.name


def test_the_next_version_is_printed_and_the_document_on_record_is_forgotten() -> None:
    erased = erase(ended(), LATER, ADMIN).order
    assert (erased.version, erased.printed_version, erased.sequence) == (6, 6, 10)
    assert (erased.document, erased.current_document) == (None, None)
    assert erased.erasure == Erasure(LATER.at, "admin_1")
    assert erased.updated_at == LATER.at


def test_not_even_which_particulars_were_given_is_told() -> None:
    much = erase(ended(), LATER, ADMIN).order
    little = erase(
        ended(customer=Customer(phone="1"), billing_address=an_address(city=None), metadata=(("a", ""),)), LATER, ADMIN
    ).order
    assert (much.customer, much.billing_address, much.metadata) == (
        little.customer,
        little.billing_address,
        little.metadata,
    )


def test_what_nobody_gave_gets_no_tombstone() -> None:
    bare = an_order(customer=None, billing_address=None, shipping_address=None, status=Status.REJECTED)
    change = erase(bare, LATER, OPERATOR)
    assert [getattr(change.order, name) for name in ("customer", "payment", "notes", "reason")] == [None] * 4
    assert change.order.metadata == ()
    assert change.event is not None
    assert change.event.changed == ("/erased_at",)


def test_its_event_says_where_and_nothing_of_what() -> None:
    event = erase(ended(), LATER, ADMIN).event
    assert event is not None
    assert (event.type, event.reason, event.actor.principal) == (EventType.ERASED, None, "admin_1")
    assert event.data.keys() == {"order_id", "order_number", "tenant_id", "customer_id", "version"}
    assert event.changed == (
        "/customer",
        "/billing_address",
        "/shipping_address",
        "/payment",
        "/notes",
        "/metadata",
        "/reason",
        "/erased_at",
    )


def test_again_changes_nothing() -> None:
    erased = erase(ended(), LATER, ADMIN).order
    assert erase(erased, LATER, OPERATOR) == Change(erased)
    assert Action.ERASE not in erased.allowed_actions(ADMIN)
    assert Action.DELETE in erased.allowed_actions(ADMIN)


def test_a_deleted_order_can_be_erased_and_an_erased_one_deleted() -> None:
    deleted = ended().delete(LATER, ADMIN).order
    assert erase(deleted, LATER, OPERATOR).order.deletion == Deletion(LATER.at, "admin_1")
    assert erase(ended(), LATER, ADMIN).order.delete(LATER, ADMIN).order.erasure is not None


def test_only_at_its_end_and_only_by_who_may() -> None:
    order = an_order()
    with pytest.raises(IllegalTransition) as refused:
        erase(order, LATER, ADMIN)
    assert refused.value.allowed_actions == ("process", "reject", "cancel", "update")
    for roles in ([Role.STAFF], [Role.CUSTOMER], [Role.SERVICE], []):
        with pytest.raises(ActionForbidden):
            erase(ended(), LATER, roles)


def test_a_document_of_before_is_not_put_on_record_after() -> None:
    erased = erase(ended(), LATER, ADMIN).order
    late = Document(DocumentStatus.READY, 2, NOON, "2.pdf", "00", 1)
    assert erased.document_rendered(late, LATER) == Change(erased)
    assert erased.document_rendered(replace(late, status=DocumentStatus.FAILED), LATER) == Change(erased)
    redacted = replace(late, version=6, key="6.pdf")
    assert erased.document_rendered(redacted, LATER).order.current_document == redacted


@pytest.mark.parametrize(("reason", "told"), [("thandi", "other"), ("Thandi M.", "other"), ("unspecified", "other")])
def test_an_event_loses_what_somebody_typed(reason: str, told: str) -> None:
    event = an_order().cancel(reason, a_stamp(), [Role.CUSTOMER]).event
    assert event is not None
    redacted = erased_event(event)
    assert (redacted.reason, redacted.data["reason_code"]) == (ERASED, told)
    assert redacted == replace(event, reason=ERASED, data={**event.data, "reason_code": told})
    assert erased_event(redacted) == redacted


def test_an_event_in_which_nobody_typed_anything_stays_as_it_is() -> None:
    event = an_order().process(a_stamp(), [Role.STAFF]).event
    assert event is not None
    assert erased_event(event) == event
