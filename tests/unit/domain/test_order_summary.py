"""What a listing shows of an order is what the order says itself."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.domain.lifecycle import Action, Role, Status
from orders.domain.order import Order
from orders.domain.order_summary import OrderSummary
from orders.domain.parts import Deletion, Erasure
from tests.contract.changes import as_listed
from tests.support.builders import NOON, an_order
from tests.unit.dynamodb.strategies import orders

PATIENTLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENTLY
@given(orders(), st.frozensets(st.sampled_from(Role)))
def test_a_summary_says_what_its_order_says(order: Order, roles: frozenset[Role]) -> None:
    summary = OrderSummary.of(order)
    assert summary == as_listed(order)
    assert summary.currency == order.currency
    assert summary.open_quantities() == order.open_quantities()
    assert summary.allowed_actions(roles) == order.allowed_actions(roles)


def test_of_a_deleted_order_only_the_erasure_is_left_and_of_an_erased_one_not_that() -> None:
    rejected = an_order(status=Status.REJECTED)
    assert OrderSummary.of(rejected).allowed_actions([Role.ADMIN]) == (Action.DELETE, Action.ERASE)
    deleted = an_order(status=Status.REJECTED, deletion=Deletion(NOON, "a"))
    assert OrderSummary.of(deleted).allowed_actions([Role.ADMIN]) == (Action.ERASE,)
    erased = an_order(status=Status.REJECTED, deletion=Deletion(NOON, "a"), erasure=Erasure(NOON, "a"))
    assert OrderSummary.of(erased).allowed_actions([Role.ADMIN]) == ()
