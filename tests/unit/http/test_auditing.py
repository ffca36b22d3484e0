"""Every request to a route of orders leaves exactly one audit record, whatever becomes of it ([SEC-5])."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from litestar import Router, get

from orders.adapters.inbound.http.middleware.auditing import checked
from orders.adapters.inbound.http.middleware.edge import LOCAL
from orders.adapters.inbound.http.openapi.document import ENDPOINTS
from orders.adapters.inbound.http.operation import operation_of
from orders.adapters.inbound.http.representations.values import BASE
from orders.adapters.inbound.http.routes.orders import ROUTES
from orders.ports.audit import AuditOutcome, AuditRecord
from orders.ports.metric_catalogue import AUDIT_RECORDS_LOST
from orders.ports.tenants import TenantProfile
from tests.support.builders import an_order_id
from tests.support.http_api import ORDERS, SMOKE, Api, an_api

ALLOWED, DENIED, REFUSED, FAILED = AuditOutcome
OPERATIONS = {
    (endpoint.method.upper(), endpoint.path): endpoint.operation.operation_id
    for endpoint in ENDPOINTS
    if endpoint.operation.secured
}
"""Operations that need a token: every one on orders."""


def only(api: Api) -> AuditRecord:
    """The one record since the last look."""
    (record,) = api.service.trail.records
    api.service.trail.records.clear()
    return record


def said(record: AuditRecord) -> tuple[str, str | None, AuditOutcome, str | None]:
    return record.operation, record.order_id, record.outcome, record.why


def test_each_operation_that_the_api_describes_is_audited_under_its_name() -> None:
    assert sorted(OPERATIONS.values()) == sorted(operation_of(handler).operation_id for handler in ROUTES)
    assert len(set(OPERATIONS.values())) == len(ROUTES)


def test_an_application_with_a_route_that_is_not_audited_does_not_start() -> None:
    @get("/{order_id:str}/secrets")
    async def secrets(order_id: str) -> None: ...

    with pytest.raises(LookupError, match=r"GET /v1.0/orders/{order_id}/secrets is not audited"):
        checked(Router(path=BASE, route_handlers=[secrets]))


async def _calls(api: Api) -> list[tuple[str, Any]]:
    """Each operation with a call of it that succeeds, in an order in which they can."""
    order = await api.placed()
    here = f"{ORDERS}/{order['order_id']}"
    staff, admin = {"role": "staff"}, {"role": "admin"}
    other = await api.placed()
    there = f"{ORDERS}/{other['order_id']}"
    api.service.trail.records.clear()
    parcel = {"carrier": "DHL", "tracking_number": "1"}

    def call(*request: Any, **more: Any) -> Any:
        return lambda: api.call(*request, **more)

    return [
        ("createOrder", call("POST", ORDERS, SMOKE)),
        ("quoteOrder", call("POST", f"{ORDERS}/quote", SMOKE)),
        ("listOrders", call("GET", ORDERS)),
        ("getOrder", call("GET", here)),
        ("updateOrder", call("PUT", here, order | {"notes": "x"})),
        ("patchOrder", call("PATCH", here, {"notes": "y"})),
        ("getOrderStatus", call("GET", f"{here}/status")),
        ("setOrderStatus", call("PUT", f"{here}/status", {"status": "processing"}, **staff)),
        ("fulfilOrder", call("POST", f"{here}/fulfill", parcel, **staff)),
        ("fulfilOrderAlias", call("POST", f"{here}/fulfil", parcel, **staff)),
        ("deliverParcel", call("POST", f"{here}/parcels/par_1/deliver", {}, **staff)),
        ("trackOrder", call("GET", f"{here}/track")),
        ("listOrderHistory", call("GET", f"{here}/history")),
        ("listOrderEvents", call("GET", f"{here}/events")),
        ("getOrderDocument", call("GET", f"{here}/document")),
        ("cancelOrder", call("POST", f"{there}/cancel", {})),
        ("erasePersonalData", call("POST", f"{there}/erase", **admin)),
        ("deleteOrder", call("DELETE", there, **admin)),
    ]


async def test_every_operation_leaves_one_record(api: Api) -> None:
    seen = set()
    for operation, call in await _calls(api):
        answer = await call()
        assert answer.status_code < 400, answer.text
        record = only(api)
        assert (record.operation, record.outcome, record.why) == (operation, ALLOWED, None)
        assert record.tenant_id == "demo"
        assert record.role in {"customer", "staff", "admin"}
        assert (record.order_id is None) == (operation in {"listOrders", "quoteOrder"})
        assert record.request_id == answer.headers["x-request-id"]
        seen.add(operation)
    assert seen == set(OPERATIONS.values())


async def test_so_does_every_attempt_of_a_stranger_or_of_another_customer(api: Api) -> None:
    order = await api.placed()
    api.service.trail.records.clear()
    for (method, path), operation in OPERATIONS.items():
        where = path.format(order_id=order["order_id"], parcel_id="par_1")
        answer = await api.client.request(method, where)
        assert answer.status_code == 401
        about = order["order_id"] if "{order_id}" in path else None
        record = only(api)
        assert said(record) == (operation, about, DENIED, "unauthenticated")
        assert (record.principal, record.role, record.tenant_id) == (None, "none", None)
        if "{order_id}" not in path:
            continue
        strangers: list[dict[str, Any]] = [{"customer": "somebody_else"}, {"tenant": "elsewhere", "role": "admin"}]
        for who in strangers:
            assert (await api.call(method, where, {}, **who)).status_code == 404
            record = only(api)
            assert said(record) == (operation, about, DENIED, "not-found")
            asked = (who.get("customer", "cust_test_001"), who.get("tenant", "demo"))
            assert (record.principal, record.tenant_id) == asked


async def test_every_other_way_to_end_is_on_record_too(api: Api) -> None:
    order = await api.placed()
    order_id = order["order_id"]
    here = f"{ORDERS}/{order_id}"
    api.service.trail.records.clear()

    async def told(*request: Any, **more: Any) -> tuple[AuditOutcome, str | None]:
        answer = await api.call(*request, **more)
        record = only(api)
        assert (record.principal, record.order_id) in {("cust_test_001", order_id), ("cust_test_001", None)}, (
            answer.text
        )
        return record.outcome, record.why

    assert await told("DELETE", here) == (DENIED, "forbidden")
    assert await told("POST", ORDERS, SMOKE, customer="cust_test_001", role="operator") == (DENIED, "forbidden")
    other = json.loads(SMOKE) | {"customer_id": "somebody_else"}
    assert await told("POST", ORDERS, other) == (DENIED, "forbidden")
    assert await told("POST", ORDERS, "{") == (REFUSED, "malformed-request")
    assert await told("GET", f"{ORDERS}?limit=0") == (REFUSED, "malformed-request")
    assert await told("GET", f"{ORDERS}?cursor=x") == (REFUSED, "invalid-cursor")
    assert await told("POST", ORDERS, {}) == (REFUSED, "invalid-content")
    assert await told("POST", ORDERS, "x" * 300_000) == (REFUSED, "body-too-large")
    assert await told("POST", ORDERS, SMOKE, headers={"Content-Type": "text/plain"}) == (
        REFUSED, "unsupported-media-type",
    )  # fmt: skip
    assert await told("PATCH", here, {"notes": "x"}, headers={"If-Match": '"9"'}) == (REFUSED, "version-mismatch")
    assert await told("PUT", f"{here}/status", {"status": "completed"}, role="staff") == (REFUSED, "illegal-transition")


class Broken(dict[str, TenantProfile]):
    """Profiles that nobody can read, for a reason that nobody has foreseen."""

    def get(self, *_: Any) -> Any:
        raise RuntimeError("a bug")


async def test_outages_and_bugs_are_failures(api: Api) -> None:
    order = await api.placed()
    here = f"{ORDERS}/{order['order_id']}"
    api.service.trail.records.clear()
    api.service.table.reachable = False
    assert (await api.call("GET", here)).status_code == 503
    assert said(only(api)) == ("getOrder", order["order_id"], FAILED, "unavailable")
    api.service.table.reachable = True
    api.service.tenants.profiles = Broken()
    without_currency = {name: value for name, value in json.loads(SMOKE).items() if name != "currency"}
    assert (await api.call("POST", ORDERS, without_currency)).status_code == 500
    record = only(api)
    assert (record.operation, record.outcome, record.why) == ("createOrder", FAILED, "internal-error")
    assert record.order_id is not None


async def test_what_is_done_once_and_asked_for_again_is_on_record_each_time(api: Api) -> None:
    sent = {"Idempotency-Key": "k"}
    first = await api.call("POST", ORDERS, SMOKE, headers=sent)
    again = await api.call("POST", ORDERS, SMOKE, headers=sent)
    reused = await api.call("POST", ORDERS, json.loads(SMOKE) | {"notes": "x"}, headers=sent)
    assert (again.headers["idempotent-replayed"], reused.status_code) == ("true", 422)
    records = api.service.trail.records
    assert {record.order_id for record in records} == {first.json()["order_id"]}
    assert [(record.outcome, record.why) for record in records] == [
        (ALLOWED, None), (ALLOWED, None), (REFUSED, "idempotency-key-reused"),
    ]  # fmt: skip


async def test_an_order_that_is_only_accepted_is_on_record_like_any(api: Api) -> None:
    accepted = (await api.call("POST", ORDERS, SMOKE, headers={"Prefer": "respond-async"})).json()["order_id"]
    assert said(only(api)) == ("createOrder", accepted, ALLOWED, None)
    await api.call("GET", f"{ORDERS}/{accepted}")
    assert said(only(api)) == ("getOrder", accepted, ALLOWED, None)


async def test_what_is_in_a_path_and_no_order_id_stays_out(api: Api) -> None:
    await api.call("GET", f"{ORDERS}/thandi@example.com")
    assert said(only(api)) == ("getOrder", None, DENIED, "not-found")


async def test_what_touches_no_order_leaves_none(api: Api) -> None:
    for path in ("/health", "/health/live", "/health/ready", f"{ORDERS}/health", "/v1.0/openapi.json", "/nowhere"):
        await api.client.get(path)
    await api.client.request("OPTIONS", ORDERS)
    await api.client.request("POST", f"{ORDERS}/{an_order_id()}", content="")
    assert api.service.trail.records == []


async def test_a_look_at_the_head_alone_is_a_read(api: Api) -> None:
    order = await api.placed()
    api.service.trail.records.clear()
    assert (await api.call("HEAD", f"{ORDERS}/{order['order_id']}")).status_code == 200
    assert said(only(api)) == ("getOrder", order["order_id"], ALLOWED, None)


@pytest.mark.parametrize(("hops", "origin"), [(0, "unknown"), (1, "203.0.113.7"), (2, "198.51.100.1")])
async def test_where_it_came_from_is_what_our_own_proxies_say(tmp_path: Any, hops: int, origin: str) -> None:
    async with an_api(tmp_path, replace(LOCAL, forwarded_hops=hops)) as api:
        await api.call("GET", ORDERS, headers={"X-Forwarded-For": "10.0.0.1, 198.51.100.1, 203.0.113.7"})
        assert only(api).origin == origin


async def test_a_trail_that_loses_records_loses_no_change(api: Api) -> None:
    api.service.trail.full = True
    order = await api.placed()
    assert (await api.call("GET", f"{ORDERS}/{order['order_id']}")).json()["order_id"] == order["order_id"]
    assert api.service.counters.of(AUDIT_RECORDS_LOST) == 2


async def test_records_of_requests_at_the_same_time_do_not_mix(api: Api) -> None:
    orders = [await api.placed() for _ in range(5)]
    api.service.trail.records.clear()
    answers = await asyncio.gather(
        *(
            api.call("GET", f"{ORDERS}/{order['order_id']}", headers={"X-Request-Id": order["order_id"]})
            for order in orders * 4
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert all(record.request_id == record.order_id for record in api.service.trail.records)
    assert len(api.service.trail.records) == 20
