"""What a region's items say of an order, in the verdict's terms."""

from typing import Any

import pytest

from tests.chaos.verdict import Evidence
from tests.drill.gathering import event_seen, seen
from tests.drill.verdict.facts import EventSeen, MailSeen

KEY = "orders/demo/2026/11/ord_1/1.pdf"


def an_event(sequence: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"sequence": sequence, "type": kind, "SK": f"EVENT#{sequence:010d}"} | more


@pytest.fixture
def evidence() -> Evidence:
    found = Evidence()
    found.orders["ord_1"] = {
        "orderNumber": "N1",
        "status": "cancelled",
        "lines": [{"productId": "prod_1"}],
        "sequence": 3,
        "epoch": 2,
        "pending": {"0000000003": an_event(3, "cancelled", epoch=2)},
        "document": {"status": "ready", "key": KEY},
    }
    found.events["ord_1"] = [an_event(2, "document_ready"), an_event(1, "created")]
    found.mails["ord_1"] = [
        {"template": "staff_new_order", "SK": "0000000001#staff_new_order#x", "state": "sent", "attempts": 1}
    ]
    found.documents["ord_1"] = [KEY]
    return found


def test_an_order_is_told_with_its_events_the_waiting_ones_too(evidence: Evidence) -> None:
    order = seen(evidence, "ord_1")
    assert (order.number, order.status, order.product, order.epoch, order.sequence) == (
        "N1", "cancelled", "prod_1", 2, 3,
    )  # fmt: skip
    assert order.waiting == 1
    assert order.events == (EventSeen(1, 1, "created"), EventSeen(1, 2, "document_ready"), EventSeen(2, 3, "cancelled"))
    assert order.mails == (MailSeen("staff_new_order", "0000000001#staff_new_order#x", "sent", 1),)
    assert order.has_document


def test_an_item_without_an_epoch_is_of_the_first() -> None:
    assert event_seen(an_event(1, "created")).epoch == 1


def test_a_document_on_record_that_is_not_in_the_bucket_is_none(evidence: Evidence) -> None:
    evidence.documents["ord_1"] = []
    assert not seen(evidence, "ord_1").has_document


def test_an_order_without_a_document_on_record_has_none(evidence: Evidence) -> None:
    del evidence.orders["ord_1"]["document"]
    assert not seen(evidence, "ord_1").has_document
