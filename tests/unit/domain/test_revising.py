"""Updating an order: what may change when, and that nothing else does."""

from dataclasses import replace
from decimal import Decimal

import pytest

from orders.adapters.wire.pointers import pointer_of
from orders.domain.errors import ActionForbidden, IllegalTransition, InvalidOrder
from orders.domain.events import EventType
from orders.domain.lifecycle import Role, Status
from orders.domain.order import Change, Order
from orders.domain.revising import Revision, revise, revision_of
from tests.support.builders import a_line, a_stamp, an_address, an_order

CUSTOMER, STAFF = [Role.CUSTOMER], [Role.STAFF]


def faults(order: Order, revision: Revision) -> list[tuple[str, str]]:
    with pytest.raises(InvalidOrder) as caught:
        revise(order, revision, a_stamp(), CUSTOMER)
    return [(pointer_of(fault.path), fault.code) for fault in caught.value.faults]


def test_an_update_with_equal_values_changes_nothing() -> None:
    order = an_order(notes="ring twice", metadata=(("a", "b"),))
    assert revise(order, revision_of(order), a_stamp(), CUSTOMER) == Change(order)
    assert revise(order, replace(revision_of(order), total=None), a_stamp(), CUSTOMER) == Change(order)


def test_new_values_replace_and_what_is_left_out_is_cleared() -> None:
    order = an_order(notes="ring twice", metadata=(("a", "b"),))
    revision = replace(revision_of(order), notes=None, shipping_address=an_address(city="Durban"), metadata=())
    change = revise(order, revision, a_stamp(), CUSTOMER)
    assert change.event is not None
    assert change.event.type is EventType.UPDATED
    assert change.event.changed == ("/shipping_address", "/notes", "/metadata")
    assert "Durban" not in str(change.event.data)
    assert (change.order.notes, change.order.metadata) == (None, ())
    assert (change.order.version, change.order.printed_version) == (2, 2)
    assert change.order.billing_address == order.billing_address


def test_what_is_not_printed_makes_no_new_document() -> None:
    order = an_order()
    change = revise(order, replace(revision_of(order), metadata=(("a", "b"),)), a_stamp(), CUSTOMER)
    assert (change.order.version, change.order.printed_version) == (2, 1)
    assert change.event is not None
    assert change.event.data["printed"] is False


def test_lines_are_changed_removed_and_added_by_their_ids() -> None:
    order = an_order(lines=(a_line(), a_line(product_id="prod_2"), a_line(product_id="prod_3")))
    old = revision_of(order).lines
    revision = replace(
        revision_of(order),
        lines=(replace(old[2], quantity=1), old[0], a_line(product_id="prod_4", quantity=1)),
        total=Decimal("119.96"),
    )
    change = revise(order, revision, a_stamp(), CUSTOMER)
    assert [line.line_id for line in change.order.lines] == ["line_3", "line_1", "line_4"]
    assert str(change.order.totals.total) == "119.96"
    assert change.event is not None
    assert change.event.data["total"] == "119.96"
    assert [line["line_id"] for line in change.event.data["previous_lines"]] == ["line_1", "line_2", "line_3"]  # type: ignore[union-attr,index,call-overload]
    again = replace(
        revision_of(change.order), lines=(*revision_of(change.order).lines[:2], a_line()), total=Decimal("149.95")
    )
    # An id that was given out once is never given to another line.
    assert revise(change.order, again, a_stamp(), CUSTOMER).order.lines[2].line_id == "line_5"


def test_texts_on_record_with_what_nobody_sees_come_back_without_and_change_nothing() -> None:
    """They are from before such characters were left out; who sends an order back must not be told that it differs."""
    kept = an_order(
        lines=(a_line(name="M\u2060ug"),), notes="ring\u200b", metadata=(("a", "b\u200b"),),
        shipping_address=an_address(city="Cape\u200b Town"), status=Status.PROCESSING,
    )  # fmt: skip
    wanted = revision_of(kept)
    back = replace(
        wanted, lines=(replace(wanted.lines[0], name="Mug"),), notes="ring", metadata=(("a", "b"),),
        shipping_address=an_address(),
    )  # fmt: skip
    assert revise(kept, back, a_stamp(), STAFF) == Change(kept)
    change = revise(kept, replace(back, notes="knock"), a_stamp(), STAFF)
    assert change.event is not None
    assert change.event.changed == ("/notes",)


def test_prices_are_compared_by_value() -> None:
    order = an_order()
    line = replace(revision_of(order).lines[0], price=Decimal("29.990"))
    assert revise(order, replace(revision_of(order), lines=(line,)), a_stamp(), CUSTOMER) == Change(order)


def test_what_is_wrong_with_lines_is_said_at_once() -> None:
    order = an_order()
    line = revision_of(order).lines[0]
    assert faults(order, Revision(lines=(line, line, replace(line, line_id="line_9")))) == [
        ("/items/1/line_id", "repeated_line"),
        ("/items/2/line_id", "unknown_line"),
        ("/total", "missing"),
    ]
    changed = replace(line, quantity=3)
    assert faults(order, Revision(lines=(changed,), total=Decimal(1))) == [("/total", "total_mismatch")]
    assert faults(order, replace(revision_of(order), total=Decimal(1))) == [("/total", "total_mismatch")]


def test_once_worked_on_lines_stay_and_only_staff_change_the_rest() -> None:
    order = an_order().process(a_stamp(role=Role.STAFF), STAFF).order
    revision = replace(revision_of(order), notes="new")
    assert revise(order, revision, a_stamp(), STAFF).order.notes == "new"
    with pytest.raises(IllegalTransition):
        revise(order, revision, a_stamp(), CUSTOMER)
    with pytest.raises(ActionForbidden):
        revise(order, revision, a_stamp(), [Role.SERVICE])
    lines = (replace(revision.lines[0], quantity=3),)
    with pytest.raises(InvalidOrder, match="an order that is processing keeps its items"):
        revise(order, replace(revision, lines=lines, total=Decimal("89.97")), a_stamp(), STAFF)


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.COMPLETED, Status.CANCELLED])
def test_later_nothing_is_updated(status: Status) -> None:
    order = replace(an_order(), status=status)
    with pytest.raises(IllegalTransition):
        revise(order, replace(revision_of(order), notes="x"), a_stamp(), STAFF)


def test_deleting_is_soft_and_once() -> None:
    admin = [Role.ADMIN]
    order = an_order().cancel("x", a_stamp(), CUSTOMER).order
    change = order.delete(a_stamp(principal="admin_1"), admin)
    assert change.order.deletion is not None
    assert (change.order.deletion.by, change.order.status) == ("admin_1", Status.CANCELLED)
    assert change.order.delete(a_stamp(), admin) == Change(change.order)
    with pytest.raises(IllegalTransition):
        an_order().delete(a_stamp(), admin)
    with pytest.raises(ActionForbidden):
        order.delete(a_stamp(), STAFF)
