"""The API as its callers see it, over in-memory adapters."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest

from orders.adapters.inbound.http.openapi.document import build_document
from orders.adapters.inbound.http.representations.values import moment
from orders.application.policy.caller import worker
from orders.domain.events import EventType
from orders.domain.identity import ORDER_ID_PATTERN, ORDER_NUMBER_PATTERN
from orders.domain.order import Change
from orders.domain.pricing.currencies import Currency
from orders.domain.pricing.money import Money, Totals
from tests.support.builders import a_stamp, an_order
from tests.support.eventually import eventually
from tests.support.http_api import ORDERS, SMOKE, Api, expect


async def test_the_smoke_body_makes_an_order_with_exact_money(api: Api) -> None:
    answer = await api.call("POST", ORDERS, SMOKE)
    assert answer.status_code == 201
    order = json.loads(answer.text, parse_float=Decimal)
    assert answer.headers["location"] == f"{ORDERS}/{order['order_id']}"
    assert answer.headers["etag"].startswith('"1-')
    assert order | {"order_id": "", "order_number": "", "created_at": "", "updated_at": "", "_links": {}} == {
        "order_id": "", "order_number": "", "created_at": "", "updated_at": "", "_links": {},
        "tenant_id": "demo", "customer_id": "cust_test_001", "status": "pending", "version": 1, "currency": "USD",
        "allowed_actions": ["cancel", "update"],
        "items": [{"line_id": "line_1", "product_id": "prod_001", "quantity": 2, "open_quantity": 2,
                   "price": Decimal("29.99"), "discount": Decimal("0.00"), "tax_rate": 0,
                   "net": Decimal("59.98"), "tax": Decimal("0.00")}],
        "subtotal": Decimal("59.98"), "tax": Decimal("0.00"), "shipping": Decimal("0.00"),
        "discount": Decimal("0.00"), "total": Decimal("59.98"), "parcels": [],
    }  # fmt: skip
    assert '"shipping":0.00' in answer.text
    read = await api.call("GET", answer.headers["location"])
    assert (read.status_code, read.json()) == (200, answer.json())
    assert re.match(ORDER_ID_PATTERN, order["order_id"])
    assert re.match(ORDER_NUMBER_PATTERN, order["order_number"])


async def test_everything_that_can_be_given_comes_back(api: Api) -> None:
    body = {
        "customer_id": "cust_test_001", "total": Decimal("133.85"), "currency": "ZAR", "shipping": Decimal("20.00"),
        "discount": Decimal("1.15"), "campaign_code": "SPRING", "notes": "ring\ntwice", "locale": "en-ZA",
        "items": [
            {"product_id": "p1", "quantity": 1, "price": 100, "tax_rate": Decimal("0.15"), "name": "Mug", "sku": "M1"}
        ],
        "customer": {"name": "Thandi", "email": "t@example.com", "phone": "+27 21 555"},
        "billing_address": {"line1": "12 Long Street", "city": "Cape Town", "country": "ZA"},
        "shipping_address": {"name": "Neo", "postal_code": "8001"},
        "payment": {"method": "card", "token": "tok_1", "brand": "visa", "last4": "4242"},
        "metadata": {"source": "app"},
    }  # fmt: skip
    answer = await api.call("POST", ORDERS, json.dumps(body, default=float), role="staff")
    assert answer.status_code == 201, answer.text
    order = answer.json()
    for name in ("customer", "billing_address", "shipping_address", "payment", "metadata", "notes", "locale"):
        assert order[name] == body[name]
    assert (order["tax"], order["total"]) == (15.0, 133.85)


async def test_all_faults_of_a_body_come_in_one_answer(api: Api) -> None:
    found = expect(
        await api.call("POST", ORDERS, {"custmer_id": "x", "items": [], "total": "1"}), 422, "invalid-content"
    )
    assert {each["pointer"] for each in found["errors"]} == {"/customer_id", "/custmer_id", "/items", "/total"}
    body = {"customer_id": "a b", "currency": "JPY", "total": 1.5, "shipping": -1,
            "items": [{"product_id": "p", "quantity": 0, "price": 0.5, "tax_rate": 15}]}  # fmt: skip
    found = expect(await api.call("POST", ORDERS, body, role="staff"), 422, "invalid-content")
    assert {each["pointer"]: each["code"] for each in found["errors"]} == {
        "/customer_id": "pattern", "/items/0/quantity": "greater_than_equal", "/items/0/price": "invalid_amount",
        "/items/0/tax_rate": "invalid_rate", "/shipping": "negative_amount", "/total": "invalid_amount",
    }  # fmt: skip
    wrong = SMOKE.replace("59.98", "60")
    found = expect(await api.call("POST", ORDERS, wrong), 422, "invalid-content")
    assert found["errors"][0]["code"] == "total_mismatch"
    assert "60.00 USD" in found["detail"]
    assert "59.98 USD" in found["detail"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "kind"),
    [
        ("{", {}, 400, "malformed-request"),
        ('{"a":' * 25 + "1" + "}" * 25, {}, 400, "malformed-request"),
        (SMOKE, {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
        ("[]", {}, 422, "invalid-content"),
        (" " * 300_000 + "{}", {}, 413, "body-too-large"),
    ],
)
async def test_bodies_that_are_none(api: Api, content: str, headers: dict[str, str], status: int, kind: str) -> None:
    expect(await api.call("POST", ORDERS, content, headers=headers), status, kind)


async def test_who_does_not_say_who_they_are_gets_no_further(api: Api) -> None:
    answer = await api.client.get(ORDERS)
    expect(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="orders"'
    expired = api.token(now=datetime.now(UTC) - timedelta(days=1))
    answer = await api.client.get(f"{ORDERS}/nonsense", headers={"Authorization": f"Bearer {expired}"})
    assert expect(answer, 401, "unauthenticated")["detail"] == "the token has expired; get a new one"
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_orders_of_others_do_not_exist(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    strangers: list[dict[str, Any]] = [
        {"customer": "other"},
        {"tenant": "other"},
        {"tenant": "other", "role": "admin"},
    ]
    for who in strangers:
        for method, part in (("GET", ""), ("GET", "/status"), ("GET", "/track"), ("GET", "/history"),
                             ("GET", "/document"), ("POST", "/cancel"), ("PUT", "/status"), ("POST", "/fulfill"),
                             ("POST", "/parcels/par_1/deliver")):  # fmt: skip
            expect(await api.call(method, path + part, **who), 404, "not-found")


async def test_roles_are_looked_at_before_bodies(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    expect(await api.call("POST", path + "/fulfill", "{broken"), 403, "forbidden")
    expect(await api.call("POST", ORDERS, SMOKE, customer="other"), 403, "forbidden")
    expect(await api.call("POST", ORDERS, "{broken", role="operator"), 403, "forbidden")
    expect(await api.call("PUT", path + "/status", {"status": "processing"}), 403, "forbidden")
    # A reason is missing; who may not reject is not asked for one.
    expect(await api.call("PUT", path + "/status", {"status": "rejected"}), 403, "forbidden")


async def test_the_whole_life_over_http(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"

    async def step(method: str, part: str, body: Any) -> dict[str, Any]:
        answer = await api.call(method, path + part, body, role="staff", customer="staff_7")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    early = expect(
        await api.call("POST", path + "/fulfill", {"carrier": "DHL", "tracking_number": "T"}, role="staff"),
        409, "illegal-transition",
    )  # fmt: skip
    assert early["allowed_actions"] == ["process", "reject", "cancel", "update"]
    assert (await step("PUT", "/status", {"status": "processing"}))["status"] == "processing"
    one = {"carrier": "DHL", "tracking_number": "T1", "lines": [{"line_id": "line_1", "quantity": 1}]}
    assert (await step("POST", "/fulfill", one))["status"] == "partially_fulfilled"
    assert (await step("POST", "/fulfill", one))["version"] == 3
    two = await step("POST", "/fulfill", {"carrier": "DHL", "tracking_number": "T2"})
    assert (two["status"], two["items"][0]["open_quantity"]) == ("fulfilled", 0)
    assert (await step("POST", "/parcels/par_1/deliver", None))["parcels"][0]["delivered_at"]
    await step("POST", "/parcels/par_2/deliver", {"delivered_at": "2026-11-22T14:02:00+02:00"})
    assert (await step("PUT", "/status", {"status": "completed"}))["allowed_actions"] == []
    conflict = await api.call(
        "POST", path + "/fulfill", one | {"lines": [{"line_id": "line_1", "quantity": 2}]}, role="staff"
    )
    expect(conflict, 409, "parcel-conflict")
    history = (await step("GET", "/history", None))["items"]
    assert [entry["type"] for entry in history] == [
        "created", "processing", "fulfilled", "fulfilled", "delivered", "delivered", "completed",
    ]  # fmt: skip
    assert {entry["actor"]["principal"] for entry in history[1:]} == {"staff_7"}
    assert all(entry["at"].endswith("Z") for entry in history)
    tracked = (await api.call("GET", path + "/track")).json()
    assert tracked["open_items"] == []
    assert [parcel["tracking_number"] for parcel in tracked["parcels"]] == ["T1", "T2"]
    assert tracked["parcels"][1]["delivered_at"] == "2026-11-22T12:02:00.000Z"
    expect(await api.call("POST", path + "/parcels/par_9/deliver", role="staff"), 404, "not-found")


async def test_times_of_parcels_that_can_not_be_are_refused(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    await api.call("PUT", path + "/status", {"status": "processing"}, role="staff")

    async def faults(part: str, body: Any) -> list[tuple[str, str]]:
        found = expect(await api.call("POST", path + part, body, role="staff"), 422, "invalid-content")
        return [(fault["pointer"], fault["code"]) for fault in found["errors"]]

    parcel = {"carrier": "DHL", "tracking_number": "T1"}
    assert await faults("/fulfill", parcel | {"shipped_at": "2099-01-01T00:00:00Z"}) == [
        ("/shipped_at", "in_the_future")
    ]
    assert await faults("/fulfill", parcel | {"shipped_at": "1990-01-01T00:00:00Z"}) == [
        ("/shipped_at", "before_order")
    ]
    sent = await api.call("POST", path + "/fulfill", parcel, role="staff")
    assert sent.status_code == 200, sent.text
    deliver = "/parcels/par_1/deliver"
    assert await faults(deliver, {"delivered_at": "2099-01-01T00:00:00Z"}) == [("/delivered_at", "in_the_future")]
    assert await faults(deliver, {"delivered_at": "2020-01-01T00:00:00Z"}) == [("/delivered_at", "before_shipping")]
    again = await api.call("POST", path + "/fulfill", parcel | {"carrier": "dhl"}, role="staff")
    assert again.json() == sent.json()


async def test_events_are_cloud_events_in_pages(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    await api.call("PUT", path + "/status", {"status": "rejected", "reason": "Thandi called"}, role="staff")
    first = (await api.call("GET", path + "/events?limit=1")).json()
    (created,) = first["items"]
    assert created["type"] == "io.bbws.orders.order.created.v1"
    assert (created["sequence"], created["data"]["total"]) == ("0000000001", "59.98")
    rest = (await api.call("GET", f"{path}/events?cursor={first['next_cursor']}")).json()
    assert [event["sequence"] for event in rest["items"]] == ["0000000002"]
    assert rest["items"][0]["data"]["reason_code"] == "other"
    assert "Thandi" not in json.dumps(rest)
    expect(await api.call("GET", f"{path}/history?cursor={first['next_cursor']}"), 400, "invalid-cursor")
    expect(await api.call("GET", path + "/events", customer="other"), 404, "not-found")


async def test_status_is_not_set_to_what_only_parcels_can_make_it(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}/status"
    found = expect(await api.call("PUT", path, {"status": "fulfilled"}, role="staff"), 422, "invalid-content")
    assert "/fulfill" in found["detail"]
    found = expect(await api.call("PUT", path, {"status": "cancelled"}, role="staff"), 422, "invalid-content")
    assert found["errors"][0]["pointer"] == "/reason"
    done = await api.call("PUT", path, {"status": "rejected", "reason": "out_of_stock"}, role="staff")
    assert (done.json()["status"], done.json()["reason"]) == ("rejected", "out_of_stock")
    assert (await api.call("GET", path)).json()["allowed_actions"] == []


async def test_a_customer_cancels_once_and_again_without_effect(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}/cancel"
    first = await api.call("POST", path)
    again = await api.call("POST", path, {"reason": "other"})
    assert (first.json(), first.headers["etag"]) == (again.json(), again.headers["etag"])
    assert first.json()["reason"] == "unspecified"


async def test_if_match_guards_and_if_none_match_saves(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    read = await api.call("GET", path)
    same = await api.call("GET", path, headers={"If-None-Match": read.headers["etag"]})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", read.headers["etag"])
    by_staff = await api.call("GET", path, role="staff")
    assert by_staff.headers["etag"] != read.headers["etag"]
    body = {"status": "processing"}
    stale = await api.call("PUT", path + "/status", body, role="staff", headers={"If-Match": '"9-00000000"'})
    expect(stale, 412, "version-mismatch")
    # An ETag that a customer was given names the same version for staff.
    done = await api.call("PUT", path + "/status", body, role="staff", headers={"If-Match": read.headers["etag"]})
    assert done.json()["version"] == 2
    expect(await api.call("POST", path + "/cancel", headers={"If-Match": "gibberish"}), 400, "malformed-request")


async def test_listing_pages_by_sealed_cursors(api: Api) -> None:
    ids = [(await api.placed())["order_id"] for _ in range(5)]
    others = await api.call("POST", ORDERS, SMOKE.replace("cust_test_001", "other"), role="staff")
    assert others.status_code == 201
    seen: list[str] = []
    path = f"{ORDERS}?limit=2&status=pending&customer_id=cust_test_001"
    while path:
        page = await api.call("GET", path, role="staff")
        seen += [order["order_id"] for order in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        link = page.headers.get("link", "")
        path = link.partition(">")[0].lstrip("<")
        assert bool(cursor) == bool(path)
        if cursor:
            foreign = await api.call("GET", path, role="staff", tenant="other")
            expect(foreign, 400, "invalid-cursor")
            expect(await api.call("GET", path.replace("pending", "processing"), role="staff"), 400, "invalid-cursor")
    assert seen == ids[::-1]
    expect(await api.call("GET", f"{ORDERS}?limit=0&staus=x"), 400, "malformed-request")


async def test_lists_show_no_addresses(api: Api) -> None:
    await api.placed()
    (order,) = (await api.call("GET", ORDERS)).json()["items"]
    assert {"order_id", "items", "total", "parcels", "_links"} <= order.keys()
    assert not {"customer", "billing_address", "notes", "payment"} & order.keys()


async def test_the_document_is_rendering_then_linked(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}/document"
    waiting = await api.call("GET", path)
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "1")
    await api.service.render_document.execute(worker("demo", "pdf-creator"), order["order_id"])
    answer = await api.call("GET", path, headers={"Accept": "application/json"})
    assert set(answer.json()) == {"url", "expires_at"}
    answer = await api.client.get(path, headers={"Authorization": f"Bearer {api.token()}"}, follow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["location"]


async def test_health_says_what_is_wrong_and_live_asks_nobody(api: Api) -> None:
    for path in ("/health", "/health/ready", "/v1.0/orders/health"):
        assert (await api.client.get(path)).json() == {"status": "ok", "checks": {"orders table": "ok"}}
    api.service.dependency.fail()
    api.service.clock._next += timedelta(seconds=6)
    answer = await api.client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"orders table": "orders table: connection refused"}
    asked = api.service.dependency.asked
    assert (await api.client.get("/health/live")).json() == {"status": "ok"}
    assert api.service.dependency.asked == asked


async def test_a_table_out_of_reach_is_503_and_says_when_to_come_again(api: Api) -> None:
    api.service.table.reachable = False
    answer = await api.call("POST", ORDERS, SMOKE)
    expect(answer, 503, "unavailable")
    assert answer.headers["retry-after"] == "2"
    api.service.table.reachable = True


async def test_unknown_paths_methods_and_bugs_are_problems_too(api: Api) -> None:
    expect(await api.call("GET", "/v1.0/nothing"), 404, "not-found")
    expect(await api.call("DELETE", f"{ORDERS}/x/status"), 405, "method-not-allowed")


async def test_every_response_carries_its_request_id_and_security_headers(api: Api) -> None:
    answer = await api.client.get("/health/live", headers={"X-Request-Id": "abc-123"})
    assert answer.headers["x-request-id"] == "abc-123"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    made = (await api.client.get("/health/live", headers={"X-Request-Id": "has blank"})).headers["x-request-id"]
    assert len(made) == 32


async def test_an_order_sent_back_as_it_came_changes_nothing(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    answer = await api.call("PUT", path, order)
    assert (answer.status_code, answer.json()) == (200, order)


async def test_what_only_says_how_the_order_stood_may_be_sent_back_stale(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    await api.call("PATCH", path, {"notes": "between"})
    answer = await api.call("PUT", path, order | {"notes": "mine", "version": 2})
    assert (answer.status_code, answer.json()["notes"]) == (200, "mine")
    guarded = await api.call("PUT", path, order, headers={"If-Match": '"1-00000000"'})
    expect(guarded, 412, "version-mismatch")


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    ("given", "kept"),
    [(TRACE, TRACE), ("thandi@example.com", None), ("ff" + TRACE[2:], None), ("00-" + "0" * 32 + TRACE[35:], None)],
)
async def test_traces_are_passed_on_only_when_they_are_traces(api: Api, given: str, kept: str | None) -> None:
    await api.call("POST", ORDERS, SMOKE, headers={"traceparent": given})
    published = api.service.publisher.published
    # The client runs the application in a loop of its own.
    eventually(lambda: bool(published), within_seconds=5, what="the created event")
    assert published[-1].traceparent == kept


async def test_a_put_clears_what_it_leaves_out_and_a_patch_keeps_it(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    patched = await api.call(
        "PATCH", path, {"notes": "ring", "metadata": {"a": "1", "b": "2"}, "shipping_address": {"city": "Durban"}},
        headers={"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    assert patched.status_code == 200, patched.text
    again = (await api.call("PATCH", path, {"metadata": {"a": None, "c": "3"}, "notes": "later"})).json()
    assert (again["metadata"], again["notes"], again["shipping_address"]) == (
        {"b": "2", "c": "3"},
        "later",
        {"city": "Durban"},
    )
    assert again["version"] == 3
    whole = await api.call("PUT", path, {"items": order["items"], "notes": "only this"})
    found = whole.json()
    assert (found["notes"], found["version"]) == ("only this", 4)
    assert not {"metadata", "shipping_address"} & found.keys()


async def test_lines_change_with_their_total(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    # What follows from a line's other fields may be sent along as it was.
    items = [order["items"][0] | {"quantity": 3}, {"product_id": "p2", "quantity": 1, "price": 0.03}]
    found = expect(await api.call("PATCH", path, {"items": items}), 422, "invalid-content")
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [("/total", "missing")]
    done = await api.call("PATCH", path, {"items": items, "total": 90})
    assert done.status_code == 200, done.text
    assert [(line["line_id"], line["net"]) for line in done.json()["items"]] == [("line_1", 89.97), ("line_2", 0.03)]


async def test_an_order_may_be_sent_back_as_another_language_writes_it(api: Api) -> None:
    # Times and what is missing, as clients write them who read objects and not texts.
    order = (await api.call("POST", ORDERS, json.loads(SMOKE) | {"customer": {"name": "A. Nel"}})).json()
    path = f"{ORDERS}/{order['order_id']}"
    fields = build_document()["components"]["schemas"]["Order"]["properties"]
    body = dict.fromkeys(fields) | order | {"customer": {"name": "A. Nel", "email": None}}
    body["created_at"] = order["created_at"].replace("Z", "000+00:00")
    answer = await api.call("PUT", path, body)
    assert (answer.status_code, answer.json()) == (200, order)
    others: list[dict[str, Any]] = [
        {"created_at": "2000-01-01T00:00:00Z"},
        {"customer": {"name": None}},
        {"customer": {}},
    ]
    for other in others:
        found = expect(await api.call("PUT", path, body | other), 422, "invalid-content")
        assert [fault["code"] for fault in found["errors"]] == ["not_editable"]


async def test_what_cannot_be_edited_is_refused_by_name(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    body = order | {"currency": "ZAR", "status": "completed", "customer": {"name": "x"}, "nots": "x"}
    body["items"] = [order["items"][0] | {"open_quantity": 9}]
    found = expect(await api.call("PUT", path, body), 422, "invalid-content")
    assert {(each["pointer"], each["code"]) for each in found["errors"]} == {
        ("/currency", "not_editable"), ("/status", "not_editable"), ("/customer", "not_editable"),
        ("/items/0/open_quantity", "not_editable"), ("/nots", "unknown_field"),
    }  # fmt: skip
    expect(await api.call("PUT", path, {}), 422, "invalid-content")
    expect(await api.call("PUT", path, order, role="service"), 403, "forbidden")


async def test_what_cannot_be_removed_by_a_patch_is_refused_by_name(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    found = expect(await api.call("PATCH", path, {"currency": None, "nots": None}), 422, "invalid-content")
    assert {(each["pointer"], each["code"]) for each in found["errors"]} == {
        ("/currency", "not_editable"), ("/nots", "unknown_field"),
    }  # fmt: skip
    named = (await api.call("POST", ORDERS, json.loads(SMOKE) | {"customer": {"name": "Thandi"}})).json()
    patch = {"customer": {"emial": None, "email": None}}
    found = expect(await api.call("PATCH", f"{ORDERS}/{named['order_id']}", patch), 422, "invalid-content")
    assert [(each["pointer"], each["code"]) for each in found["errors"]] == [("/customer/emial", "not_editable")]
    document = build_document()["components"]["schemas"]
    absent = document["Order"]["properties"].keys() - document["Order"]["required"]
    unchanged = await api.call("PATCH", path, dict.fromkeys([*absent, "version"]))
    assert (unchanged.status_code, unchanged.json()) == (200, order)


@pytest.mark.parametrize(
    ("method", "body", "pointer"),
    [("PATCH", [], ""), ("PATCH", {"notes": 1}, "/notes"), ("PATCH", {"items": None}, "/items"),
     ("PUT", {}, "/items"), ("PUT", {"items": []}, "/items")],
)  # fmt: skip
async def test_bodies_are_looked_at_before_versions(api: Api, method: str, body: Any, pointer: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    answer = await api.call(method, path, body, headers={"If-Match": '"9-00000000"'})
    assert [fault["pointer"] for fault in expect(answer, 422, "invalid-content")["errors"]] == [pointer]
    allowed = await api.call("PATCH", path, {}, headers={"If-Match": '"9-00000000"'})
    expect(allowed, 412, "version-mismatch")


async def test_a_withdrawn_currency_is_refused_in_new_orders_and_read_in_old_ones(api: Api) -> None:
    body = json.loads(SMOKE) | {"currency": "BGN"}
    for more in ({}, {"custmer": 1}):
        found = expect(await api.call("POST", ORDERS, body | more), 422, "invalid-content")
        told = {each["pointer"]: each for each in found["errors"]}
        assert told["/currency"]["code"] == "withdrawn_currency"
        assert "new orders are in EUR instead" in told["/currency"]["message"]
    service, lev = api.service, Currency.of("BGN")
    old = an_order(tenant_id="demo", currency="EUR")
    lines = tuple(replace(each, price=Money(each.price.minor, lev), discount=Money(0, lev)) for each in old.lines)
    zero, all_of_it = Money(0, lev), Money(5998, lev)
    old = replace(old, lines=lines, totals=Totals(all_of_it, zero, zero, zero, all_of_it))
    await service.repository.add(Change(old, old.event(EventType.CREATED, a_stamp(), {})))
    path = f"{ORDERS}/{old.order_id}"
    seen = (await api.call("GET", path)).json()
    assert (seen["currency"], seen["total"]) == ("BGN", 59.98)
    assert [each["currency"] for each in (await api.call("GET", ORDERS)).json()["items"]] == ["BGN"]
    wrong = await api.call("PATCH", path, {"items": [seen["items"][0] | {"quantity": 1.5}], "total": 1})
    pointers = [each["pointer"] for each in expect(wrong, 422, "invalid-content")["errors"]]
    assert "/currency" not in pointers
    fewer = [{**seen["items"][0], "quantity": 1, "open_quantity": 2}]
    del fewer[0]["net"], fewer[0]["tax"]
    changed = await api.call("PATCH", path, {"items": fewer, "total": 29.99})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["currency"], changed.json()["total"]) == ("BGN", 29.99)


def test_years_have_four_digits() -> None:
    # Of parcels that are on record from before such years were refused.
    assert moment(datetime(49, 5, 8, 10, 16, 47, tzinfo=UTC)) == "0049-05-08T10:16:47.000Z"


async def test_fifty_patches_at_once_are_all_kept(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    answers = await asyncio.gather(
        *(api.call("PATCH", path, {"metadata": {f"k{number}": "x"}}) for number in range(20)),
        *(api.call("PATCH", path, {"shipping_address": {"line1": f"{number} Long Street"}}) for number in range(30)),
    )
    assert {answer.status_code for answer in answers} == {200}
    found = (await api.call("GET", path)).json()
    assert found["metadata"] == {f"k{number}": "x" for number in range(20)}
    assert found["version"] == 51
    history = await api.service.outbox.read("demo", order["order_id"], limit=100)
    assert [event.sequence for event in history] == list(range(1, 52))


async def test_deleted_orders_are_gone_but_for_admins_who_ask(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    early = expect(await api.call("DELETE", path, role="admin"), 409, "illegal-transition")
    assert early["allowed_actions"] == ["process", "reject", "cancel", "update"]
    await api.call("POST", path + "/cancel")
    expect(await api.call("DELETE", path, role="staff"), 403, "forbidden")
    for _ in range(2):
        gone = await api.call("DELETE", path, role="admin")
        assert (gone.status_code, gone.content) == (204, b"")
    expect(await api.call("GET", path), 404, "not-found")
    expect(await api.call("GET", path, role="admin"), 404, "not-found")
    expect(await api.call("POST", path + "/cancel", role="admin"), 404, "not-found")
    assert (await api.call("GET", ORDERS, role="admin")).json()["items"] == []
    kept = (await api.call("GET", path + "?include_deleted=true", role="admin")).json()
    (shown,) = (await api.call("GET", ORDERS + "?include_deleted=true", role="admin")).json()["items"]
    assert shown["deleted_at"] == kept["deleted_at"]
    assert kept["deleted_at"]
    assert kept["_links"]["history"]["href"] == path + "/history?include_deleted=true"
    assert kept["allowed_actions"] == ["erase"]
    expect(await api.call("GET", path + "?include_deleted=true", role="staff"), 404, "not-found")


async def test_admins_can_follow_a_deleted_order_by_its_links(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    live = (await api.call("GET", path)).json()["_links"]
    await api.call("POST", path + "/cancel")
    assert (await api.call("DELETE", path, role="admin")).status_code == 204
    links = (await api.call("GET", path + "?include_deleted=true", role="admin")).json()["_links"]
    assert {"self", "status", "track", "history", "events", "document"} <= links.keys()
    for name, link in links.items():
        if "method" in link:
            continue
        assert link["href"] == live[name]["href"] + "?include_deleted=true"
        assert (await api.call("GET", link["href"], role="admin")).status_code in {200, 202}, name
        for role in ("staff", "customer", "service"):
            expect(await api.call("GET", link["href"], role=role), 404, "not-found")
        expect(await api.call("GET", live[name]["href"], role="admin"), 404, "not-found")
        expect(await api.call("GET", live[name]["href"] + "?include_deleted=1", role="admin"), 400, "malformed-request")
    first = await api.call("GET", links["history"]["href"] + "&limit=1", role="admin")
    (further,) = re.findall("<([^>]+)>", first.headers["link"])
    assert "include_deleted=true" in further
    assert (await api.call("GET", further, role="admin")).json()["items"]
    erasing = await api.call("POST", path + "/erase", {}, role="admin")
    for link in erasing.json()["_links"].values():
        assert (await api.call("GET", link["href"], role="admin")).status_code == 200


async def test_only_admins_may_ask_for_deleted_orders_be_it_there_or_not(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    for part in ("", "/status", "/track", "/history", "/events", "/document"):
        asking = f"{path}{part}?include_deleted=true"
        assert (await api.call("GET", asking, role="admin")).status_code in {200, 202}
        assert (await api.call("GET", f"{path}{part}?include_deleted=false")).status_code in {200, 202}
        for role in ("customer", "staff", "service"):
            expect(await api.call("GET", asking, role=role), 403, "forbidden")
        # Whom it does not belong to, it does not exist for.
        expect(await api.call("GET", asking, customer="cust_other"), 404, "not-found")
    expect(await api.call("GET", f"{ORDERS}?include_deleted=true", role="staff"), 403, "forbidden")


async def test_who_may_is_looked_at_before_parameters(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    others = json.loads(SMOKE) | {"customer_id": "cust_other"}
    expect(await api.call("POST", f"{ORDERS}?dry_run=1", others), 403, "forbidden")
    expect(await api.call("POST", f"{ORDERS}?dry_run=1", SMOKE), 400, "malformed-request")
    expect(await api.call("GET", f"{ORDERS}?include_deleted=1&dry_run=1", role="staff"), 403, "forbidden")
    for part in ("", "/status", "/track", "/history", "/events", "/document"):
        asking = f"{path}{part}?dry_run=1"
        expect(await api.call("GET", asking, customer="cust_other"), 404, "not-found")
        expect(await api.call("GET", f"{asking}&include_deleted=1"), 403, "forbidden")
        expect(await api.call("GET", asking), 400, "malformed-request")


@pytest.mark.parametrize("nothing", [{}, {"name": None}])
async def test_particulars_without_any_member_count_as_left_out(api: Api, nothing: dict[str, Any]) -> None:
    names = ("customer", "billing_address", "shipping_address", "payment")
    empty = dict.fromkeys(names, nothing) | {"payment": {"method": None} if nothing else {}}
    placed = await api.call("POST", ORDERS, json.loads(SMOKE) | empty)
    assert placed.status_code == 201
    order = placed.json()
    assert not order.keys() & set(names)
    path = f"{ORDERS}/{order['order_id']}"
    for method, body in (
        ("PATCH", {"shipping_address": {"line1": None, "city": None}}),
        ("PUT", order | {"billing_address": nothing}),
    ):
        address = {"billing_address": {"line1": "1 Long St"}, "shipping_address": {"line1": "1 Long St", "city": "PE"}}
        assert (await api.call("PATCH", path, address)).json().items() >= address.items()
        changed = (await api.call(method, path, body)).json()
        assert next(iter(body if method == "PATCH" else ["billing_address"])) not in changed


async def test_a_parcel_pasted_again_with_what_nobody_sees_is_the_same_parcel(api: Api) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    await api.call("PUT", path + "/status", {"status": "processing"}, role="staff")
    one = {"carrier": "DHL", "tracking_number": "JD-0146", "lines": [{"line_id": "line_1", "quantity": 1}]}
    first = (await api.call("POST", path + "/fulfill", one, role="staff")).json()
    for pasted in ("JD-0146\u200b", "JD\u20110146", "\uff2a\uff24-0146", "\u00a0jd-0146"):
        again = await api.call("POST", path + "/fulfill", one | {"tracking_number": pasted}, role="staff")
        assert (again.status_code, again.json()) == (200, first)
    other = one | {"tracking_number": "JD-0146\u200b", "lines": [{"line_id": "line_1", "quantity": 2}]}
    expect(await api.call("POST", path + "/fulfill", other, role="staff"), 409, "parcel-conflict")


async def test_an_order_is_found_by_its_number_however_it_was_pasted(api: Api) -> None:
    number = (await api.placed())["order_number"]
    wide = "".join(chr(ord(each) + 0xFEE0) for each in number)
    for pasted in (number.replace("-", "\u2011"), wide, number.replace("-", "\u00ad"), f"\u200b{number}\u00a0", number):
        page = await api.call("GET", f"{ORDERS}?order_number={quote(pasted)}")
        assert [each["order_number"] for each in page.json()["items"]] == [number]
    around = ("%09", ""), ("", "%0D%0A"), ("+%0A", "%20%09"), ("%C2%A0%09", "%0d%0a%0d%0a"), ("%0B", "%C2%85")
    for before, after in around:
        page = await api.call("GET", f"{ORDERS}?limit=5&order_number={before}{number}{after}")
        assert [each["order_number"] for each in page.json()["items"]] == [number]
    cut = await api.call("GET", f"{ORDERS}?order_number={quote(number[:-1] + chr(0x2060))}")
    assert (cut.status_code, [fault["code"] for fault in cut.json()["errors"]]) == (400, ["invalid_order_number"])
