"""The policy table, as the product has it: which role may do what, and whose orders it reaches."""

import re

import pytest

from orders.application.policy import caller
from orders.application.policy.caller import POLICY, REACH, Caller, Operation, Reach, admit, owns, permit
from orders.domain.errors import ActionForbidden
from orders.domain.lifecycle import RULES, Action, Role
from tests.support.builders import an_order
from tests.support.service import a_caller

CUSTOMER, STAFF, ADMIN, SERVICE, OPERATOR = Role.CUSTOMER, Role.STAFF, Role.ADMIN, Role.SERVICE, Role.OPERATOR
TABLE: dict[str, set[Role]] = {
    "place": {CUSTOMER, STAFF, ADMIN, SERVICE},
    "list": {CUSTOMER, STAFF, ADMIN, SERVICE},
    "read": {CUSTOMER, STAFF, ADMIN, SERVICE},
    "read_deleted": {ADMIN},
    "cancel": {CUSTOMER, STAFF, ADMIN, SERVICE},
    "update": {CUSTOMER, STAFF, ADMIN},
    "process": {STAFF, ADMIN, SERVICE},
    "reject": {STAFF, ADMIN, SERVICE},
    "fulfil": {STAFF, ADMIN, SERVICE},
    "deliver": {STAFF, ADMIN, SERVICE},
    "complete": {STAFF, ADMIN, SERVICE},
    "delete": {ADMIN},
    "erase": {ADMIN, OPERATOR},
}


def test_every_operation_is_in_the_table_and_nothing_else() -> None:
    assert {str(operation): set(roles) for operation, roles in POLICY.items()} == TABLE
    assert set(POLICY) == {*Operation, *Action}
    assert not {str(each) for each in Operation} & {str(each) for each in Action}
    assert set(REACH) == set(Role)


def test_the_module_s_own_table_is_the_table() -> None:
    shown: dict[str, set[Role]] = {}
    for line in (caller.__doc__ or "").splitlines():
        cells = [line[start:end].strip() for start, end in ((0, 16), (18, 26), (28, 33), (35, 40), (42, 49), (51, 60))]
        names = re.split(r", ", cells[0])
        if {name.replace(" ", "_") for name in names} <= set(TABLE):
            roles = {role for role, cell in zip(Role, cells[1:], strict=True) if cell}
            assert {cell for cell in cells[1:] if cell} <= {"own", "all"}
            assert cells[1] in {"own", ""}
            shown |= {name.replace(" ", "_"): roles for name in names}
    assert shown == TABLE


@pytest.mark.parametrize("operation", [*Operation, *Action])
@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_the_table_says(operation: Operation | Action, role: Role) -> None:
    if role in TABLE[operation]:
        permit(operation, {role})
    else:
        with pytest.raises(ActionForbidden):
            permit(operation, {role})


def test_the_life_cycle_gives_no_action_to_a_role_that_the_table_does_not() -> None:
    for rule in RULES:
        assert rule.roles <= POLICY[rule.action]


@pytest.mark.parametrize("role", Role)
def test_nobody_reaches_another_tenant_s_orders(role: Role) -> None:
    order = an_order(tenant_id="tenant_b", customer_id="cust_test_001")
    assert not owns(a_caller(role, tenant_id="tenant_a"), order)


@pytest.mark.parametrize("role", Role)
def test_a_customer_reaches_their_own_and_the_others_all(role: Role) -> None:
    own, other = an_order(customer_id="cust_test_001"), an_order(customer_id="cust_other")
    caller = a_caller(role)
    assert owns(caller, own)
    assert owns(caller, other) == (REACH[role] is Reach.TENANT)


def test_an_operator_who_is_a_customer_too_sees_as_a_customer() -> None:
    both = Caller("tenant_a", "p", frozenset({OPERATOR, CUSTOMER}), customer_id="cust_test_001")
    assert owns(both, an_order(customer_id="cust_test_001"))
    assert not owns(both, an_order(customer_id="cust_other"))


def test_who_has_no_role_is_nobody() -> None:
    nobody = Caller("tenant_a", "p", frozenset(), customer_id="cust_test_001")
    assert not owns(nobody, an_order(customer_id="cust_test_001"))
    with pytest.raises(ActionForbidden, match="role none may not do this: use the order service"):
        admit(nobody)
    for role in Role:
        admit(a_caller(role))
