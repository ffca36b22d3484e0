"""The authorization matrix ([SEC-2]): every operation as every kind of caller.

``TABLE`` below is the one place that says what each is answered. The order in question belongs to the customer
``cust_test_001`` of the tenant ``demo`` and stands where the operation can be done.
"""

import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from orders.adapters.inbound.http.openapi.document import ENDPOINTS, build_document
from orders.adapters.inbound.http.operation import ApiOperation
from orders.application.policy.caller import POLICY
from orders.domain.lifecycle import Role
from tests.support.http_api import ORDERS, SMOKE, Api, an_api

CALLERS: dict[str, dict[str, Any] | None] = {
    "anonymous": None,
    "owner": {"role": "customer"},
    "other customer": {"role": "customer", "customer": "cust_other"},
    "customer elsewhere": {"role": "customer", "tenant": "elsewhere"},
    "staff": {"role": "staff"},
    "admin": {"role": "admin"},
    "service": {"role": "service"},
    "operator": {"role": "operator"},
    "admin elsewhere": {"role": "admin", "tenant": "elsewhere"},
    "operator elsewhere": {"role": "operator", "tenant": "elsewhere"},
    "nobody in particular": {"role": "unknown"},
}

# Each row: the operation, then the status code for each of CALLERS in their order.
TABLE: dict[str, tuple[int, ...]] = {
    #                      anon owner other  else staff admin serv. oper. adm-e ope-e none
    "listOrders":         (401, 200,  200,   200, 200,  200,  200,  403,  200,  403,  403),
    "createOrder":        (401, 201,  403,   201, 201,  201,  201,  403,  201,  403,  403),
    "quoteOrder":         (401, 200,  403,   200, 200,  200,  200,  403,  200,  403,  403),
    "getOrder":           (401, 200,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "updateOrder":        (401, 200,  404,   404, 200,  200,  403,  403,  404,  404,  403),
    "patchOrder":         (401, 200,  404,   404, 200,  200,  403,  403,  404,  404,  403),
    "deleteOrder":        (401, 403,  404,   404, 403,  204,  403,  403,  404,  404,  403),
    "getOrderStatus":     (401, 200,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "setOrderStatus":     (401, 403,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "cancelOrder":        (401, 200,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "fulfilOrder":        (401, 403,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "fulfilOrderAlias":   (401, 403,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "deliverParcel":      (401, 403,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "trackOrder":         (401, 200,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "listOrderHistory":   (401, 200,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "listOrderEvents":    (401, 200,  404,   404, 200,  200,  200,  403,  404,  404,  403),
    "getOrderDocument":   (401, 202,  404,   404, 202,  202,  202,  403,  404,  404,  403),
    "erasePersonalData":  (401, 403,  404,   404, 403,  202,  403,  202,  404,  404,  403),
}  # fmt: skip

PUBLIC = {
    "getHealth", "getReadiness", "getOrdersHealth", "getLiveness", "getOpenApi", "getDocs", "getDocsGuide",
    "getDocsOperation", "getDocsSchema", "getDocsProblem", "getDocsSearch", "getDocsStyle", "getDocsScript",
    "getProblemType",
}  # fmt: skip
"""Operations without authentication."""

NAMES = {"getDocsOperation": "createOrder", "getDocsSchema": "Order"}
"""What is asked for where it is no kind of problem."""

PARCEL = {"carrier": "DHL", "tracking_number": "TRACK1"}


async def _as_it_is(api: Api, order: dict[str, Any]) -> None:
    """A new order stands where most can be done."""


async def _processing(api: Api, order: dict[str, Any]) -> None:
    await _done(api, "PUT", order, "/status", {"status": "processing"})


async def _shipped(api: Api, order: dict[str, Any]) -> None:
    await _processing(api, order)
    await _done(api, "POST", order, "/fulfill", PARCEL)


async def _over(api: Api, order: dict[str, Any]) -> None:
    await _done(api, "POST", order, "/cancel", {"reason": "changed_mind"})


async def _done(api: Api, method: str, order: dict[str, Any], path: str, body: Any) -> None:
    answer = await api.call(method, f"{ORDERS}/{order['order_id']}{path}", body, role="staff")
    assert answer.is_success, answer.text


BODIES: dict[str, Any] = {
    "createOrder": json.loads(SMOKE),
    "quoteOrder": json.loads(SMOKE),
    "patchOrder": {"notes": "please ring"},
    "setOrderStatus": {"status": "processing"},
    "cancelOrder": {"reason": "changed_mind"},
    "fulfilOrder": PARCEL,
    "fulfilOrderAlias": PARCEL,
    "deliverParcel": {},
    "erasePersonalData": {},
}
STANDS: dict[str, Callable[[Api, dict[str, Any]], Awaitable[None]]] = {
    "fulfilOrder": _processing,
    "fulfilOrderAlias": _processing,
    "deliverParcel": _shipped,
    "deleteOrder": _over,
    "erasePersonalData": _over,
}


@functools.cache
def operations() -> dict[str, tuple[str, str, ApiOperation]]:
    """Method, path and what is said of it, of every operation."""
    return {
        endpoint.operation.operation_id: (endpoint.method.upper(), endpoint.path, endpoint.operation)
        for endpoint in ENDPOINTS
    }


def test_the_table_has_every_operation_and_no_other() -> None:
    found = operations()
    assert {name for name, (*_, operation) in found.items() if operation.secured} == TABLE.keys()
    assert {name for name, (*_, operation) in found.items() if not operation.secured} == PUBLIC
    assert {len(row) for row in TABLE.values()} == {len(CALLERS)}


def test_the_document_asks_for_a_token_where_the_table_does() -> None:
    documented = {
        operation["operationId"]: bool(operation["security"])
        for item in build_document()["paths"].values()
        for method, operation in item.items()
        if method in {"get", "put", "post", "patch", "delete"}
    }
    assert documented == {name: operation.secured for name, (*_, operation) in operations().items()}


@pytest.mark.parametrize("operation", TABLE)
def test_the_table_agrees_with_the_policy_of_the_permissions_that_are_declared(operation: str) -> None:
    permissions = operations()[operation][2].permissions
    for (name, who), status in zip(CALLERS.items(), TABLE[operation], strict=True):
        if who is None or who.get("tenant") or who.get("customer") or who["role"] == "unknown":
            continue
        allowed = any(Role(who["role"]) in POLICY[permission] for permission in permissions)
        if len(permissions) == 1:
            assert (status < 400) == allowed, name
        else:
            # Which of them is needed, the body says: without any it is refused.
            assert allowed or status == 403, name


@pytest.fixture(scope="module")
def key_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One key for all tokens: making one takes a while."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
async def api(key_directory: Path) -> AsyncIterator[Api]:
    async with an_api(key_directory) as found:
        yield found


async def called(
    api: Api, operation: str, order: dict[str, Any], who: dict[str, Any] | None, *, named_by: str = "order_id"
) -> httpx.Response:
    method, template, _ = operations()[operation]
    path = template.format(order_id=order[named_by], parcel_id="par_1", name="not-found")
    body = order | {"notes": "please ring"} if operation == "updateOrder" else BODIES.get(operation)
    if who is not None:
        return await api.call(method, path, body, **who)
    return await api.call(method, path, body, headers={"Authorization": ""})


@pytest.mark.parametrize(
    ("operation", "named_by"),
    [
        *((operation, "order_id") for operation in TABLE),
        *((operation, "order_number") for operation in TABLE if "{order_id}" in operations()[operation][1]),
    ],
)
async def test_everybody_is_answered_as_the_table_says(operation: str, named_by: str, api: Api) -> None:
    wrong = []
    for (name, who), expected in zip(CALLERS.items(), TABLE[operation], strict=True):
        order = await api.placed()
        await STANDS.get(operation, _as_it_is)(api, order)
        here = f"{ORDERS}/{order['order_id']}"
        before = (await api.call("GET", here, role="admin")).json()
        answer = await called(api, operation, order, who, named_by=named_by)
        if answer.status_code != expected:
            wrong.append(f"{name}: {answer.status_code}, not {expected}: {answer.text[:200]}")
        if expected >= 400:
            after = (await api.call("GET", here, role="admin")).json()
            assert after == before, f"{name} was refused and changed the order"
        if expected in {401, 404}:
            other = "order_number" if named_by == "order_id" else "order_id"
            assert order[other] not in answer.text
            assert "ring" not in answer.text
    assert wrong == []


@pytest.mark.parametrize("name", ["customer elsewhere", "admin elsewhere", "other customer"])
async def test_nobody_sees_in_a_list_what_is_not_theirs(name: str, api: Api) -> None:
    order = await api.placed()
    who = CALLERS[name]
    assert who is not None
    for query in (
        {}, {"customer_id": "cust_test_001"}, {"order_number": order["order_number"]}, {"status": "pending"},
    ):  # fmt: skip
        answer = await api.call("GET", f"{ORDERS}?{httpx.QueryParams(query)}", **who)
        assert answer.json()["items"] == []


async def test_a_cursor_is_no_use_to_others(api: Api) -> None:
    for _ in range(2):
        await api.placed()
    page = (await api.call("GET", f"{ORDERS}?limit=1", role="staff")).json()
    for who in CALLERS.values():
        if who is None or who in ({"role": "staff"}, {"role": "admin"}, {"role": "service"}):
            continue
        answer = await api.call("GET", f"{ORDERS}?limit=1&cursor={page['next_cursor']}", **who)
        assert answer.status_code in {400, 403}
        assert "items" not in answer.json()


@pytest.mark.parametrize("operation", sorted(PUBLIC))
async def test_anybody_may_ask_what_is_public(operation: str, api: Api) -> None:
    method, template, _ = operations()[operation]
    path = template.format(name=NAMES.get(operation, "not-found"))
    answer = await api.client.request(method, path, follow_redirects=False)
    assert answer.status_code in {200, 303}
