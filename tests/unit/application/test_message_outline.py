"""Outlines of dead letters show no value or name that somebody chose."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from orders.application.operations.dead_letters import subject_of
from orders.application.operations.message_outline import _NAMES, outline
from orders.contracts.cloud_event import to_cloud_event
from orders.domain.lifecycle import Role
from tests.support.builders import a_stamp, an_order, an_order_id
from tests.support.canaries import CANARY, a_body

IDENTIFIERS = {"tenant_id", "customer_id", "product_id"}
"""Shown in any form that one can have: they are what operators go by, in logs too."""


def outlined(message: Any) -> Any:
    return json.loads(outline(json.dumps(message)))


def test_a_command_shows_no_value_that_somebody_chose() -> None:
    message = {
        "command": "create-order",
        "tenant_id": "demo",
        "idempotency_key": f"{CANARY}-1",
        "order": a_body("one") | {CANARY: CANARY, "campaign_code": CANARY, "locale": CANARY},
    }
    shown = outlined(message)
    assert CANARY not in json.dumps(shown)
    assert (shown["command"], shown["tenant_id"], shown["idempotency_key"]) == ("create-order", "demo", "…")
    order = shown["order"]
    assert order["metadata"] == {"…1": "…"}
    assert order["items"] == [{"product_id": "prod_001", "quantity": 2, "price": 29.99, "name": "…", "tax_rate": 0.15}]
    assert (order["total"], order["currency"], order["customer_id"]) == (68.98, "USD", "cust_test_001")


def test_an_event_shows_which_it_is_and_what_it_says_of_amounts() -> None:
    event = an_order().process(a_stamp(role=Role.STAFF), [Role.STAFF]).event
    assert event is not None
    content = to_cloud_event(event)
    shown = outlined({"source": "io.bbws.orders", "detail-type": content["type"], "detail": content})
    detail = shown["detail"]
    assert shown["detail-type"] == content["type"]
    hidden = {name for name, value in content.items() if name != "data" and detail[name] != value}
    assert hidden <= {"traceparent"}
    assert detail["data"]["status"] == "processing"


def test_what_stands_in_the_place_of_a_word_or_a_figure_of_ours_is_not_shown() -> None:
    forged = {
        "detail-type": "Thandi",
        "command": "Thandi",
        "source": "Thandi",
        "detail": {
            "id": "Thandi",
            "event_id": "Thandi",
            "time": "Thandi",
            "data": {
                "status": "Thandi",
                "currency": "Thandi",
                "total": 27821234567,
                "price": "4111111111111111",
                "order_id": "Thandi",
                "tenant_id": {"tenant_id": "Thandi"},
            },
            "metadata": {"status": "processing", "customer_id": "Thandi", "line1": {"Thandi": 1}},
            "customer": {"customer_id": "Thandi", "total": 821234567},
            "Thandi": 3,
        },
    }
    shown = outline(json.dumps(forged))
    assert "Thandi" not in shown
    assert "123" not in shown
    assert "4111" not in shown
    assert "processing" not in shown


NAMES = st.one_of(st.sampled_from(sorted(_NAMES - IDENTIFIERS)), st.just("canary"), st.text(max_size=3))
VALUES = st.recursive(
    st.sampled_from(["canary", "canary.name", "CANARY", 27821234567, None, True]),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=20,
)


@given(VALUES)
def test_nothing_that_was_made_up_is_shown_wherever_it_stands(message: Any) -> None:
    shown = outline(json.dumps(message)).lower()
    assert "canary" not in shown
    assert "27821234567" not in shown


def test_what_a_letter_is_about_is_a_kind_that_there_is_or_none() -> None:
    """The kind is audited and shown by `dlq list`, where everybody could read a name."""
    forged = {"command": "Thandi.Mokoena", "tenant_id": "demo", "order_id": an_order_id()}
    assert subject_of(json.dumps(forged)).kind is None
    assert subject_of('{"eventType": "Thandi", "mail": {}}').kind is None
    assert subject_of('{"command": "render-document"}').kind == "render-document"
