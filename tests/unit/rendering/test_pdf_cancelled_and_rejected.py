"""The document of an order that was called off says so, wherever it is read."""

import json
from io import BytesIO

import pikepdf
import pytest
from pypdf import PdfReader

from orders.domain.lifecycle import Role
from orders.domain.order import Order
from tests.support.builders import a_stamp, an_order
from tests.unit.rendering.checkers import accessibility_findings, archival_findings
from tests.unit.rendering.conftest import Render


def called_off(how: str) -> Order:
    if how == "cancelled":
        return an_order().cancel("no", a_stamp(), [Role.CUSTOMER]).order
    return an_order().reject("no", a_stamp(), [Role.STAFF]).order


@pytest.mark.parametrize(("how", "heading"), [("cancelled", "Cancelled order"), ("rejected", "Rejected order")])
def test_the_document_states_the_cancellation_or_rejection(render: Render, how: str, heading: str) -> None:
    pdf = render(called_off(how))
    text = PdfReader(BytesIO(pdf)).pages[0].extract_text()
    assert heading in text
    assert f"This order was {how}; nothing of it will be sent." in text
    assert "Revision 2" in text
    assert "Order confirmation" not in text
    assert "Thank you" not in text
    assert "hello@example.com or +27 21 555 0199" in " ".join(text.split())
    with pikepdf.open(BytesIO(pdf)) as opened:
        (attached,) = opened.attachments.values()
        content = json.loads(attached.get_file().read_bytes())
        assert (content["status"], content["version"]) == (how, 2)
        assert str(opened.docinfo.Subject).startswith(heading)
    assert archival_findings(pdf) == []
    assert accessibility_findings(pdf) == []


def test_no_other_status_is_printed(render: Render) -> None:
    placed = an_order()
    assert render(placed.process(a_stamp(), [Role.STAFF]).order) == render(placed)
