"""Idempotency keys: a request that comes again is answered again, and does nothing ([API-4])."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpx
import pytest

from orders.adapters.wire.fingerprint import fingerprint
from orders.adapters.wire.parsing import decoded
from orders.domain.order import KEPT_KEYS
from tests.support.eventually import eventually
from tests.support.http_api import ORDERS, SMOKE, Api, expect
from tests.support.openapi_contract import contract

KEY = {"Idempotency-Key": "checkout-7"}


async def keyed(api: Api, body: Any = SMOKE, key: str = "checkout-7", **who: Any) -> httpx.Response:
    return await api.call("POST", ORDERS, body, headers={"Idempotency-Key": key}, **who)


def same(first: httpx.Response, again: httpx.Response) -> bool:
    told = ("etag", "location", "content-type")
    return (
        again.status_code == first.status_code
        and again.content == first.content
        and [again.headers.get(name) for name in told] == [first.headers.get(name) for name in told]
    )


def carried_out(answers: Iterable[httpx.Response]) -> int:
    """Counts the answers that don't say that they repeat another one."""
    return sum("idempotent-replayed" not in answer.headers for answer in answers)


async def test_a_repeated_create_is_answered_as_the_first_time(api: Api) -> None:
    first = await keyed(api)
    order_id = first.json()["order_id"]
    await api.call("POST", f"{ORDERS}/{order_id}/cancel", {"reason": "mistake"})
    again = await keyed(api)
    assert first.status_code == 201
    assert same(first, again)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


async def test_of_a_hundred_creates_at_once_one_makes_an_order_and_all_say_the_same(api: Api) -> None:
    answers = await asyncio.gather(*(keyed(api) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert carried_out(answers) == 1
    listed = (await api.call("GET", ORDERS)).json()["items"]
    assert len(listed) == 1
    eventually(lambda: bool(api.service.publisher.published), within_seconds=5, what="the event")
    assert {(event.order_id, event.sequence) for event in api.service.publisher.published} == {
        (listed[0]["order_id"], 1)
    }


async def test_a_request_differs_from_others_with_its_key_that_do_the_same_in_the_same_millisecond(api: Api) -> None:
    receipts = []
    for key in ("one", "two"):
        order_id = (await keyed(api, key=key)).json()["order_id"]
        (event,) = await api.service.outbox.read("demo", order_id)
        receipts.append(event.receipt)
    attempts = {receipt and receipt.attempt for receipt in receipts}
    assert len(attempts) == 2
    assert None not in attempts


async def test_an_update_is_answered_again_although_the_order_has_moved_on(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    whole = order | {"notes": "ring"}
    entries = {"metadata": {f"k{number}": "x" for number in range(15)}}
    first = [
        await api.call("PUT", path, whole, headers={"Idempotency-Key": "put"}),
        await api.call("PATCH", path, entries, headers={"Idempotency-Key": "patch"}),
    ]
    await api.call("PATCH", path, {"metadata": {"k1": None, "k2": None, **{f"m{n}": "y" for n in range(7)}}})
    await api.call("PUT", path + "/status", {"status": "processing"}, role="staff")
    again = [
        await api.call("PUT", path, whole, headers={"Idempotency-Key": "put"}),
        await api.call("PATCH", path, entries, headers={"Idempotency-Key": "patch"}),
    ]
    assert [(each.status_code, each.content) for each in again] == [(200, each.content) for each in first]


@pytest.mark.parametrize(
    ("key", "taken"),
    [("k", True), ('"k"', True), ("k" * 255, True), ('"' + "k" * 255 + '"', True), (r'"a\"b\\c"', True), ('"a', True),
     ('"' + r'\"' * 255 + '"', True), ("k" * 256, False), ('"' + "k" * 256 + '"', False), ("a b", False),
     ('"a b"', False)],
)  # fmt: skip
async def test_keys_are_taken_in_the_forms_that_are_documented(api: Api, key: str, taken: bool) -> None:
    answer = await api.call("POST", ORDERS, SMOKE, headers={"Idempotency-Key": key})
    assert answer.status_code == (201 if taken else 400)
    schema = contract().validator("components", "parameters", "IdempotencyKey", "schema")
    assert schema.is_valid(key) is taken


async def test_another_body_under_the_same_key_is_refused(api: Api) -> None:
    first = await keyed(api)
    other = json.loads(SMOKE) | {"notes": "by the side door"}
    body = expect(await keyed(api, other), 422, "idempotency-key-reused")
    assert "idempotency key" in body["detail"]
    assert same(first, await keyed(api))


async def test_how_a_body_is_written_does_not_matter(api: Api) -> None:
    first = await keyed(api)
    rewritten = (
        '{ "currency": "USD", "total": 5998E-2, "customer_id": "cust_test_001",'
        ' "items": [ {"price": 29.990, "product_id": "prod_001", "quantity": 2} ] }'
    )
    assert same(first, await keyed(api, rewritten))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (b'{"a":1,"b":2}', b'{"b":2.0,"a":1e0}', True),
        (b"{}", b"", True),
        (b'{"a":100}', b'{"a":1E2}', True),
        (b'{"a":0}', b'{"a":-0.00}', True),
        (b'{"a":1E999999}', b'{"a":10E999998}', True),
        (b'{"a":[1,2]}', b'{"a":[2,1]}', False),
        (b'{"a":"1"}', b'{"a":1}', False),
        (b'{"a":null}', b"{}", False),
        (b'{"a":true}', b'{"a":1}', False),
        (b'{"a":-1}', b'{"a":1}', False),
        (b'{"a":12}', b'{"a":1.2}', False),
        (b'{"a":1.%(long)s}' % {b"long": b"1" * 80}, b'{"a":1.%(long)s}' % {b"long": b"2" * 80}, False),
        (b'{"a":{"b":1}}', b'{"a":{},"b":1}', False),
    ],
)
def test_a_fingerprint_is_of_what_is_said_not_of_how(one: bytes, other: bytes, equal: bool) -> None:
    assert (fingerprint(decoded(one)) == fingerprint(decoded(other))) is equal


async def test_a_key_is_its_callers_own(api: Api) -> None:
    first = await keyed(api, role="staff")
    other_tenant = await keyed(api, role="staff", tenant="other")
    someone_else = await keyed(api, role="staff", customer="colleague")
    assert len({answer.json()["order_id"] for answer in (first, other_tenant, someone_else)}) == 3
    assert all("idempotent-replayed" not in answer.headers for answer in (other_tenant, someone_else))


@pytest.mark.parametrize("written", ["checkout-7", '"checkout-7"', ' "checkout-7" '])
async def test_a_key_may_be_quoted(api: Api, written: str) -> None:
    first = await keyed(api)
    assert same(first, await keyed(api, key=written))


@pytest.mark.parametrize("wrong", ["", '""', "x" * 256, "two words", "ключ"])
async def test_what_is_no_key_is_refused_and_nothing_is_done(api: Api, wrong: str) -> None:
    answer = await api.call("POST", ORDERS, SMOKE, headers={"Idempotency-Key": wrong.encode()})  # type: ignore[dict-item]
    body = expect(answer, 400, "malformed-request")
    assert body["errors"][0]["pointer"] == "/headers/Idempotency-Key"
    assert (await api.call("GET", ORDERS)).json()["items"] == []


async def test_two_keys_in_one_request_are_none(api: Api) -> None:
    sent = [("Authorization", f"Bearer {api.token()}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await api.client.post(ORDERS, content=SMOKE, headers=[*sent, ("Content-Type", "application/json")])
    expect(answer, 400, "malformed-request")


Step = Callable[[Api, str], Awaitable[httpx.Response]]


def step(method: str, path: str, body: Any = None, role: str = "staff") -> Step:
    return lambda api, order_id: api.call(method, f"{ORDERS}/{order_id}{path}", body, role=role, headers=KEY)


PARCEL = {"tracking_number": "TRACK123456", "carrier": "DHL"}


@pytest.mark.parametrize(
    ("before", "repeated"),
    [
        ((), step("PATCH", "", {"notes": "ring twice"})),
        ((), step("PUT", "/status", {"status": "processing"})),
        ((), step("POST", "/cancel", {"reason": "mistake"}, "customer")),
        ((("PUT", "/status", {"status": "processing"}),), step("POST", "/fulfill", PARCEL)),
        (
            (("PUT", "/status", {"status": "processing"}), ("POST", "/fulfill", PARCEL)),
            step("POST", "/parcels/par_1/deliver"),
        ),
        ((("POST", "/cancel", {}),), step("DELETE", "", role="admin")),
    ],
    ids=["patch", "status", "cancel", "fulfil", "deliver", "delete"],
)
async def test_every_change_can_be_repeated(api: Api, before: tuple[Any, ...], repeated: Step) -> None:
    order_id = (await api.placed())["order_id"]
    for method, path, body in before:
        assert (await api.call(method, f"{ORDERS}/{order_id}{path}", body, role="staff")).status_code == 200
    first = await repeated(api, order_id)
    again = await repeated(api, order_id)
    assert first.status_code in {200, 204}
    assert first.content == again.content
    assert again.status_code == first.status_code
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_repeated_put_is_answered_before_its_if_match_is_looked_at(api: Api) -> None:
    placed = await api.call("POST", ORDERS, SMOKE)
    order = placed.json()
    headers = KEY | {"If-Match": placed.headers["etag"]}
    body = order | {"notes": "ring twice"}
    first = await api.call("PUT", f"{ORDERS}/{order['order_id']}", body, headers=headers)
    assert first.status_code == 200, first.text
    again = await api.call("PUT", f"{ORDERS}/{order['order_id']}", body, headers=headers)
    assert same(first, again)
    expect(
        await api.call("PUT", f"{ORDERS}/{order['order_id']}", body, headers={**headers, "Idempotency-Key": "n"}),
        412,
        "version-mismatch",
    )


async def test_the_same_key_for_another_operation_is_another_key(api: Api) -> None:
    created = await keyed(api)
    order_id = created.json()["order_id"]
    cancelled = await api.call("POST", f"{ORDERS}/{order_id}/cancel", {}, headers=KEY)
    patched = await api.call("PATCH", f"{ORDERS}/{(await api.placed())['order_id']}", {"notes": "x"}, headers=KEY)
    assert (cancelled.status_code, patched.status_code) == (200, 200)
    assert cancelled.json()["status"] == "cancelled"
    assert "idempotent-replayed" not in cancelled.headers
    assert "idempotent-replayed" not in patched.headers


@pytest.mark.parametrize("spelling", ["/fulfil", "/fulfil/", "/fulfill/"])
async def test_both_spellings_of_fulfilling_are_one_operation(spelling: str, api: Api) -> None:
    order_id = (await api.placed())["order_id"]
    await api.call("PUT", f"{ORDERS}/{order_id}/status", {"status": "processing"}, role="staff")
    first = await step("POST", spelling, PARCEL)(api, order_id)
    assert (first.status_code, first.json()["status"]) == (200, "fulfilled")
    assert same(first, await step("POST", "/fulfill", PARCEL)(api, order_id))
    other = await step("POST", "/fulfill", PARCEL | {"carrier": "UPS"})(api, order_id)
    expect(other, 422, "idempotency-key-reused")


async def test_fifty_of_the_same_change_at_once_change_once(api: Api) -> None:
    order_id = (await api.placed())["order_id"]
    patch = step("PATCH", "", {"notes": "ring twice"}, role="customer")
    answers = await asyncio.gather(*(patch(api, order_id) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert carried_out(answers) == 1
    history = (await api.call("GET", f"{ORDERS}/{order_id}/history")).json()["items"]
    assert [entry["type"] for entry in history if entry["kind"] == "event"] == ["created", "updated"]


async def test_what_changed_nothing_is_not_kept(api: Api) -> None:
    order_id = (await api.placed())["order_id"]
    await api.call("POST", f"{ORDERS}/{order_id}/cancel", {})
    cancel = step("POST", "/cancel", {}, role="customer")
    for _ in range(2):
        answer = await cancel(api, order_id)
        assert answer.status_code == 200
        assert "idempotent-replayed" not in answer.headers


async def test_what_was_refused_is_not_kept(api: Api) -> None:
    wrong = json.loads(SMOKE) | {"total": 1}
    expect(await keyed(api, wrong), 422, "invalid-content")
    assert (await keyed(api)).status_code == 201


@pytest.mark.parametrize("number", ["1." + "1" * 80, "1E9999999999999999999999", "1" * 4000, "1" * 5000])
async def test_a_number_beyond_all_bounds_is_refused_with_a_key_as_without(api: Api, number: str) -> None:
    path = f"{ORDERS}/{(await api.placed())['order_id']}"
    answers = [await api.call("PATCH", path, f'{{"notes":{number}}}', headers=headers) for headers in (KEY, {})]
    assert answers[0].status_code == answers[1].status_code in {400, 422}


async def test_after_a_failed_write_the_same_key_works(api: Api) -> None:
    api.service.table.reachable = False
    expect(await keyed(api), 503, "unavailable")
    api.service.table.reachable = True
    assert (await keyed(api)).status_code == 201


async def test_the_last_keys_of_an_order_are_remembered(api: Api) -> None:
    order_id = (await api.placed())["order_id"]

    async def noted(number: int) -> httpx.Response:
        headers = {"Idempotency-Key": f"key-{number}"}
        return await api.call("PATCH", f"{ORDERS}/{order_id}", {"notes": f"{number}"}, headers=headers)

    answers = [await noted(number) for number in range(KEPT_KEYS + 1)]
    remembered = await noted(1)
    assert same(answers[1], remembered)
    forgotten = await noted(0)
    assert "idempotent-replayed" not in forgotten.headers


async def test_a_create_that_fails_after_its_write_is_found_by_its_key(api: Api) -> None:
    """The answer gets lost after the write took effect, as when the process dies there."""
    api.service.table.answering = False
    expect(await keyed(api), 503, "unavailable")
    api.service.table.answering = True
    again = await keyed(api)
    assert again.status_code == 201
    assert again.headers["idempotent-replayed"] == "true"
    assert len((await api.call("GET", ORDERS)).json()["items"]) == 1
