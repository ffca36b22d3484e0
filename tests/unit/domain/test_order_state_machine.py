"""One order, and anybody doing anything to it in any sequence ([Q-14]): what never changes meanwhile.

Beside the order the machine keeps a model of its own: units by line, what was shipped, what the lines cost.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orders.domain.erasing import erase, erased_event
from orders.domain.errors import (
    ActionForbidden,
    DomainError,
    IllegalTransition,
    InvalidOrder,
    ParcelConflict,
    UnknownParcel,
)
from orders.domain.events import Actor, EventType, OrderEvent, Stamp
from orders.domain.lifecycle import SHOP, Action, Role, Status, allowed_actions
from orders.domain.order import Change, Order
from orders.domain.parts import Customer, Document, DocumentStatus, ParcelLine, Payment
from orders.domain.placing import DraftLine
from orders.domain.revising import Revision, revise, revision_of
from orders.domain.shipping import Shipment
from tests.support.builders import NOON, a_draft, an_address, placed
from tests.support.money_oracle import DIGITS, OracleLine, OracleTotals, written

PERSONAL = "Thandi-Mokoena"
"""In every text about a person, and in every text that somebody types."""

TERMINAL = {"completed", "cancelled", "rejected"}
NEXT = {
    "pending": {"processing", "cancelled", "rejected"},
    "processing": {"cancelled", "partially_fulfilled", "fulfilled"},
    "partially_fulfilled": {"partially_fulfilled", "fulfilled"},
    "fulfilled": {"completed"},
}
DOCUMENT_EVENTS = {EventType.DOCUMENT_READY, EventType.DOCUMENT_FAILED}

callers = st.lists(st.sampled_from(Role), min_size=1, max_size=2, unique=True)
shop_first = st.one_of(st.just([Role.STAFF]), st.just([Role.ADMIN]), callers)
texts = st.text(max_size=8).map(lambda text: f"{PERSONAL} {text}")
reasons = texts | st.just("out_of_stock")
amounts = st.integers(0, 20_000)
rates = st.sampled_from(["0", "0.15", "0.075", "0.005", "0.333333333333", "1"])


@st.composite
def priced_lines(draw: st.DrawFn, at_least: int = 1) -> list[tuple[OracleLine, str]]:
    """Lines with their rates as text."""
    lines = []
    for _ in range(draw(st.integers(at_least, 3))):
        price, quantity, rate = draw(amounts), draw(st.integers(1, 6)), draw(rates)
        discount = draw(st.integers(0, price * quantity))
        lines.append((OracleLine(price, quantity, discount, Fraction(rate)), rate))
    return lines


class Life(RuleBasedStateMachine):
    """Actions by callers of all roles, allowed or not."""

    order: Order

    @initialize(
        lines=priced_lines(), shipping=amounts, currency=st.sampled_from(sorted(DIGITS)), text=texts,
        worked_on=st.sampled_from([True, True, False]),
    )  # fmt: skip
    def place(
        self, lines: list[tuple[OracleLine, str]], shipping: int, currency: str, text: str, worked_on: bool
    ) -> None:
        self.digits = DIGITS[currency]
        self.now = NOON
        self.lines = {f"line_{number}": line for number, (line, _) in enumerate(lines, start=1)}
        self.ever = set(self.lines)
        self.shipped: Counter[str] = Counter()
        self.shipping = shipping
        self.events: list[OrderEvent] = []
        self.was_erased = False
        address = an_address(name=text, line1=text)
        draft = a_draft(
            lines=tuple(self._draft(line, rate, name=text) for line, rate in lines),
            currency=currency,
            shipping=self._decimal(shipping),
            total=self._decimal(self._totals().total),
            customer=Customer(text, f"{PERSONAL}@example.com", text),
            billing_address=address,
            shipping_address=address,
            payment=Payment("card", PERSONAL, "visa", "4242"),
            notes=text,
            metadata=(("channel", text),),
        )
        self._keep(placed(draft, tenant_id="t", stamp=self._stamp(), roles=[Role.STAFF]))
        if worked_on:
            self.process([Role.STAFF])

    # -- what is done to it --------------------------------------------------------------------------------------

    @rule(roles=shop_first)
    def process(self, roles: list[Role]) -> None:
        self._try(Action.PROCESS, roles, lambda: self.order.process(self._stamp(), roles))

    @rule(
        roles=callers, action=st.sampled_from([Action.REJECT, Action.CANCEL]), reason=reasons, rarely=st.integers(0, 9)
    )
    def call_off(self, roles: list[Role], action: Action, reason: str, rarely: int) -> None:
        if rarely == 1:  # or most lives would end before they have begun
            take = self.order.reject if action is Action.REJECT else self.order.cancel
            self._try(action, roles, lambda: take(reason, self._stamp(), roles))

    @rule(roles=shop_first)
    def complete(self, roles: list[Role]) -> None:
        self._try(Action.COMPLETE, roles, lambda: self.order.complete(self._stamp(), roles))

    @rule(roles=callers)
    def delete(self, roles: list[Role]) -> None:
        self._try(Action.DELETE, roles, lambda: self.order.delete(self._stamp(), roles))

    @rule(roles=callers | st.just([Role.OPERATOR]))
    def erase(self, roles: list[Role]) -> None:
        if self._try(Action.ERASE, roles, lambda: erase(self.order, self._stamp(), roles)):
            assert not self.was_erased
            self.was_erased = True

    @rule(roles=shop_first, number=st.integers(1, 6), rarely=st.integers(0, 2))
    def ship_the_rest(self, roles: list[Role], number: int, rarely: int) -> None:
        if rarely == 1:
            self._fulfil(roles, Shipment("DHL", f"T{number}"))

    @rule(roles=shop_first, number=st.integers(1, 6), data=st.data())
    def ship_some(self, roles: list[Role], number: int, data: st.DataObject) -> None:
        line_ids = st.sampled_from([*self.lines, "line_0"])
        wanted = st.builds(ParcelLine, line_ids, st.integers(1, 4))
        lines = tuple(data.draw(st.lists(wanted, min_size=1, max_size=3)))
        self._fulfil(roles, Shipment("DHL", f"T{number}", lines=lines))

    @rule(roles=shop_first, number=st.integers(1, 3))
    def deliver(self, roles: list[Role], number: int) -> None:
        self._try(Action.DELIVER, roles, lambda: self.order.deliver(f"par_{number}", self._stamp(), roles))

    @rule(roles=callers, notes=texts)
    def update_texts(self, roles: list[Role], notes: str) -> None:
        asked = {"notes": notes, "metadata": (("channel", notes),), "shipping_address": an_address(line1=notes)}
        self._update(roles, asked)

    @rule(roles=shop_first, lines=priced_lines(), keep=st.integers(0, 3), wrong=st.booleans())
    def update_lines(self, roles: list[Role], lines: list[tuple[OracleLine, str]], keep: int, wrong: bool) -> None:
        """Some lines stay as they are, the others go; new ones come."""
        kept = list(self.lines.items())[:keep]
        given = dict(zip(self.lines, revision_of(self.order).lines, strict=True))
        first_new = self.order.lines_ever + 1
        new = {f"line_{first_new + number}": line for number, (line, _) in enumerate(lines)}
        after = dict(kept) | new
        total = OracleTotals.of(after.values(), self.shipping).total + wrong
        drafts = [given[line_id] for line_id, _ in kept] + [self._draft(line, rate) for line, rate in lines]
        if self._update(roles, {"lines": tuple(drafts), "total": self._decimal(total)}):
            assert not wrong
            assert not self.ever & set(new)
            assert SHOP & set(roles) or not any(line.discount or not line.price for line in new.values())
            self.lines, self.ever = after, self.ever | set(new)

    @rule(ready=st.booleans(), version=st.integers(1, 5))
    def render(self, ready: bool, version: int) -> None:
        status = DocumentStatus.READY if ready else DocumentStatus.FAILED
        document = Document(status, min(version, self.order.version), self.now, key=f"{version}", sha256="0" * 64)
        self._keep(self.order.document_rendered(document, self._stamp()))

    @precondition(lambda self: self.order.parcels)
    @rule(roles=shop_first, index=st.integers(0, 5))
    def report_a_parcel_again(self, roles: list[Role], index: int) -> None:
        parcel = self.order.parcels[index % len(self.order.parcels)]
        sequence = self.order.sequence
        self._fulfil(roles, Shipment(parcel.carrier, parcel.tracking_number, lines=parcel.lines))
        assert self.order.sequence == sequence

    # -- how it is tried -----------------------------------------------------------------------------------------

    def _fulfil(self, roles: list[Role], shipment: Shipment) -> None:
        before = len(self.order.parcels)
        self._try(Action.FULFIL, roles, lambda: self.order.fulfil(shipment, self._stamp(), roles))
        for parcel in self.order.parcels[before:]:
            assert parcel.lines
            self.shipped.update(parcel.lines_by_id)

    def _update(self, roles: list[Role], asked: dict[str, Any]) -> bool:
        def decide() -> Change:
            return revise(self.order, replace(revision_of(self.order), **asked), self._stamp(), roles)

        return self._try(Action.UPDATE, roles, decide)

    def _try(self, action: Action, roles: Sequence[Role], decide: Callable[[], Change]) -> bool:
        """Do it; whether it changed something. A refusal says why, and what it offers instead can be done."""
        allowed = self.order.allowed_actions(roles)
        try:
            change = decide()
        except DomainError as refusal:
            self._check_refusal(refusal, action, roles)
            return False
        assert action in allowed or change.event is None
        return self._keep(change)

    def _check_refusal(self, refusal: DomainError, action: Action, roles: Sequence[Role]) -> None:
        allowed = self.order.allowed_actions(roles)
        if isinstance(refusal, IllegalTransition):
            assert (refusal.action, refusal.status) == (action, self.order.status)
            assert refusal.allowed_actions == allowed
            assert action not in allowed
            self._check_that_each_is_possible(allowed, roles)
        elif isinstance(refusal, ActionForbidden):
            assert action not in allowed
            assert all(action not in allowed_actions(status, roles) for status in Status)
        else:
            assert isinstance(refusal, InvalidOrder | ParcelConflict | UnknownParcel)

    def _check_that_each_is_possible(self, actions: Sequence[Action], roles: Sequence[Role]) -> None:
        order, stamp = self.order, self._stamp()
        for action in actions:
            match action:
                case Action.PROCESS:
                    change = order.process(stamp, roles)
                case Action.REJECT:
                    change = order.reject("x", stamp, roles)
                case Action.CANCEL:
                    change = order.cancel("x", stamp, roles)
                case Action.FULFIL:
                    change = order.fulfil(Shipment("other", "parcel"), stamp, roles)
                case Action.DELIVER:
                    on_its_way = next(parcel for parcel in order.parcels if parcel.delivered_at is None)
                    change = order.deliver(on_its_way.parcel_id, stamp, roles)
                case Action.COMPLETE:
                    change = order.complete(stamp, roles)
                case Action.UPDATE:
                    change = revise(order, Revision(revision_of(order).lines, notes="other"), stamp, roles)
                case Action.DELETE:
                    change = order.delete(stamp, roles)
                case Action.ERASE:
                    change = erase(order, stamp, roles)
            assert change.event is not None, action

    def _keep(self, change: Change) -> bool:
        if change.event is None:
            assert change.order is self.order
            return False
        before = None if not self.events else self.order
        self.order = change.order
        self.events.append(change.event)
        if before is not None:
            self._check_step(before, change.event)
        return True

    def _check_step(self, before: Order, event: OrderEvent) -> None:
        after = self.order
        commercial = event.type not in DOCUMENT_EVENTS
        assert after.version == before.version + commercial
        assert after.updated_at == (event.at if commercial else before.updated_at)
        assert (after.order_id, after.order_number, after.customer_id, after.created_at) == (
            before.order_id, before.order_number, before.customer_id, before.created_at,
        )  # fmt: skip
        assert after.status == before.status or after.status in NEXT[before.status]
        if before.status in TERMINAL:
            assert after.status is before.status
            assert event.type in DOCUMENT_EVENTS | {EventType.DELETED, EventType.ERASED}
        if "/items" not in event.changed:
            assert (after.lines, after.totals) == (before.lines, before.totals)

    # -- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def events_count_up_without_gaps(self) -> None:
        assert [event.sequence for event in self.events] == list(range(1, self.order.sequence + 1))
        versions = [event.version for event in self.events]
        assert versions == sorted(versions)
        assert versions[-1] == self.order.version

    @invariant()
    def what_is_open_is_what_was_ordered_and_not_shipped(self) -> None:
        left = {line_id: line.quantity - self.shipped[line_id] for line_id, line in self.lines.items()}
        assert self.order.open_quantities() == left
        assert min(left.values()) >= 0
        some_shipped, some_left = bool(self.shipped), any(left.values())
        expected = {
            Status.PARTIALLY_FULFILLED: (True, True), Status.FULFILLED: (True, False), Status.COMPLETED: (True, False),
        }.get(self.order.status, (False, True))  # fmt: skip
        assert (some_shipped, some_left) == expected

    @invariant()
    def its_figures_are_those_of_its_lines(self) -> None:
        expected = self._totals().by_name()
        assert {name: getattr(self.order.totals, name).minor for name in expected} == expected
        assert [(line.net.minor, line.tax.minor) for line in self.order.lines] == [
            (line.net, line.tax) for line in self.lines.values()
        ]

    @invariant()
    def the_last_event_tells_nothing_personal_and_amounts_as_they_are(self) -> None:
        event = self.events[-1]
        assert PERSONAL not in repr((event.data, event.changed, event.type))
        if "total" in event.data:
            assert event.data["total"] == written(self._totals().total, self.digits)

    @invariant()
    def what_was_erased_stays_so(self) -> None:
        order = self.order
        personal = (
            order.customer, order.notification_email, order.billing_address, order.shipping_address, order.payment,
            order.notes, order.metadata, order.reason, [erased_event(event) for event in self.events],
        )  # fmt: skip
        told = repr(personal).replace(repr(Actor(PERSONAL, "staff")), "")
        assert (PERSONAL in told) is not self.was_erased

    # -- small things --------------------------------------------------------------------------------------------

    def _totals(self) -> OracleTotals:
        return OracleTotals.of(self.lines.values(), self.shipping)

    def _draft(self, line: OracleLine, rate: str, name: str | None = None) -> DraftLine:
        price, discount = self._decimal(line.price), self._decimal(line.discount)
        return DraftLine("prod_001", line.quantity, price, discount, Decimal(rate), name=name)

    def _decimal(self, minor: int) -> Decimal:
        return Decimal(written(minor, self.digits))

    def _stamp(self) -> Stamp:
        self.now += timedelta(milliseconds=1)
        return Stamp(at=self.now, actor=Actor(PERSONAL, "staff"))


_PROFILE = settings()
TestLife = pytest.mark.timeout(900)(Life.TestCase)
TestLife.settings = settings(
    max_examples=max(_PROFILE.max_examples // 2, 50),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
