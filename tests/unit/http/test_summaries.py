"""What a page of orders shows of each is, to the byte, what reading the order shows of it."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.adapters.inbound.http.representations.orders import OrderSummary as SummaryView
from orders.adapters.inbound.http.representations.orders import order_view, summary_view
from orders.adapters.wire import json_body
from orders.application.policy.caller import Caller
from orders.domain.lifecycle import Action, Role
from orders.domain.order import Order
from orders.domain.order_summary import OrderSummary
from tests.support.builders import an_order
from tests.unit.dynamodb.strategies import orders

PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
STORED_IDS = st.none() | st.text(max_size=12) | st.just('{order_id}"\\')
"""Only most likely are ids from the table what this service makes."""


@PATIENTLY
@given(orders(), STORED_IDS, st.frozensets(st.sampled_from(Role)))
def test_a_page_shows_of_an_order_what_reading_it_does(
    order: Order, stored_id: str | None, roles: frozenset[Role]
) -> None:
    order = order if stored_id is None else replace(order, order_id=stored_id)
    caller = Caller(order.tenant_id, "staff_1", roles)
    whole = order_view(order, caller)
    common = {name: value for name, value in whole.items() if name in SummaryView.__annotations__}
    assert json_body.encode(summary_view(OrderSummary.of(order), caller)) == json_body.encode(common)


def test_links_are_of_their_own_order_and_of_what_its_caller_may_do() -> None:
    order = an_order()
    for order_id, role in ((order.order_id, Role.STAFF), ("ord_2", Role.STAFF), ("ord_2", Role.CUSTOMER)):
        listed = OrderSummary.of(replace(order, order_id=order_id))
        view = json_body.decode(json_body.encode(summary_view(listed, Caller("t", "p", frozenset({role})))))
        assert {link["href"].split("/")[3] for link in view["_links"].values()} == {order_id}
        assert (Action.PROCESS in view["_links"]) is (role is Role.STAFF)
