"""The API's contract as its callers meet it: `pytest tests/integration --base-url URL --env NAME`."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from orders.acceptance.client import ORDERS, ApiResponse
from orders.acceptance.smoke import CREATE
from orders.acceptance.steps import Patience
from tests.support.outside import Service

pytestmark = pytest.mark.outside

AT_ONCE = 20


def refused(answer: ApiResponse, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.fault
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


def kind(answer: ApiResponse, status: int) -> str:
    """Of the refusal with that status, what its type says that was wrong."""
    place, _, name = str(refused(answer, status)["type"]).rpartition("/")
    assert place == "https://api.bbws.io/problems"
    return name


def order_with(**changes: Any) -> str:
    return json.dumps(json.loads(CREATE) | changes)


def test_nobody_gets_in_without_a_token(service: Service) -> None:
    for method, path in (("POST", ""), ("GET", ""), ("GET", "/ord_0"), ("GET", "/ord_0/events")):
        answer = service.client.call(method, ORDERS + path, body=CREATE if method == "POST" else None)
        assert kind(answer, 401) == "unauthenticated"
    assert kind(service.client.call("GET", ORDERS, token="x.y.z"), 401) == "unauthenticated"


def test_money_has_exactly_the_currencys_digits(service: Service) -> None:
    body = '{"customer_id":"cust_test_001","items":[{"product_id":"p","quantity":3,"price":0.10}],"total":0.3}'
    answer = service.call("POST", "", body=body.replace("}],", '}],"currency":"USD",'))
    assert answer.status == 201, answer.fault
    service.forget(answer.json["order_id"])
    assert b'"total":0.30' in answer.body
    assert answer.json["items"][0]["price"] == Decimal("0.10")


def test_all_faults_of_a_body_are_told_at_once(service: Service) -> None:
    body = order_with(total=59.97, curency="USD", items=[{"product_id": "p", "quantity": 0, "price": 29.99}])
    pointers = {each["pointer"] for each in refused(service.call("POST", "", body=body), 422)["errors"]}
    assert {"/curency", "/items/0/quantity"} <= pointers
    wrong_total = refused(service.call("POST", "", body=order_with(total=59.97)), 422)
    assert "59.98" in json.dumps(wrong_total, default=str)


def test_what_is_no_json_or_of_another_kind_is_refused(service: Service) -> None:
    assert kind(service.call("POST", "", body="{"), 400) == "malformed-request"
    as_text = service.call("POST", "", body=CREATE, headers={"Content-Type": "text/plain"})
    assert kind(as_text, 415) == "unsupported-media-type"
    assert kind(service.call("GET", "?limit=0"), 400) == "malformed-request"
    assert kind(service.call("GET", "?cursor=made-up"), 400) == "invalid-cursor"


def test_an_order_for_somebody_else_is_refused(service: Service) -> None:
    assert kind(service.call("POST", "", body=order_with(customer_id="cust_other")), 403) == "forbidden"


def test_what_is_not_there_is_404(service: Service) -> None:
    assert kind(service.call("GET", "/ord_01AAAAAAAAAAAAAAAAAAAAAAAA"), 404) == "not-found"


def test_customers_do_not_do_the_shops_work(service: Service) -> None:
    order = service.place()
    where = f"/{order['order_id']}"
    assert kind(service.call("PUT", f"{where}/status", body={"status": "processing"}), 403) == "forbidden"
    assert kind(service.call("DELETE", where), 403) == "forbidden"


def test_a_step_that_is_not_allowed_says_which_are(service: Service) -> None:
    order = service.place()
    answer = service.call("PUT", f"/{order['order_id']}/status", role="admin", body={"status": "completed"})
    assert {"process", "reject", "cancel"} <= set(refused(answer, 409)["allowed_actions"])


def test_a_change_of_what_has_changed_is_refused(service: Service) -> None:
    path = f"/{service.place()['order_id']}"
    first = service.call("GET", path).headers["etag"]
    changed = service.call("PATCH", path, body={"notes": "ring twice"}, headers={"If-Match": first})
    assert changed.status == 200, changed.fault
    refused(service.call("PATCH", path, body={"notes": "knock"}, headers={"If-Match": first}), 412)
    assert service.call("GET", path, headers={"If-None-Match": changed.headers["etag"]}).status == 304


def test_of_creates_with_one_key_at_once_one_makes_an_order(service: Service) -> None:
    key = {"Idempotency-Key": f"outside-{uuid4()}"}

    def create(_: int) -> ApiResponse:
        return service.call("POST", "", body=CREATE, headers=key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(create, range(AT_ONCE)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    service.forget(answers[0].json["order_id"])
    replayed = create(0)
    assert (replayed.body, replayed.headers["idempotent-replayed"]) == (answers[0].body, "true")
    refused(service.call("POST", "", body=order_with(notes="another"), headers=key), 422)


def test_an_order_accepted_for_later_is_there_from_the_first_moment(service: Service) -> None:
    answer = service.call("POST", "", body=CREATE, headers={"Prefer": "respond-async"})
    assert answer.status == 202, answer.fault
    assert answer.headers["preference-applied"] == "respond-async"
    order_id = answer.json["order_id"]
    service.forget(order_id)

    def placed() -> str | None:
        found = service.call("GET", f"/{order_id}")
        assert found.status == 200, found.fault
        assert found.json["status"] in {"accepted", "pending"}
        return "pending" if found.json["status"] == "pending" else None

    assert Patience(30).eventually(placed, "the order")


def test_pages_lead_to_every_order_once(service: Service) -> None:
    placed = [service.place()["order_id"] for _ in range(3)]
    found: list[str] = []
    path: str | None = "?limit=2"
    while path is not None and not set(placed) <= set(found):
        answer = service.call("GET", path)
        assert answer.status == 200, answer.fault
        page = answer.json
        assert len(page["items"]) <= 2
        found += [each["order_id"] for each in page["items"]]
        path = None if page["next_cursor"] is None else f"?limit=2&cursor={page['next_cursor']}"
    assert [order_id for order_id in found if order_id in placed] == placed[::-1]


def test_a_request_keeps_its_id(service: Service) -> None:
    request_id = f"outside-{uuid4()}"
    assert service.call("GET", "", headers={"X-Request-Id": request_id}).headers["x-request-id"] == request_id


def test_every_answer_is_guarded(service: Service) -> None:
    for answer in (service.call("GET", ""), service.client.call("GET", "/health/live")):
        assert answer.headers["x-content-type-options"] == "nosniff"
