"""The edge around the application: HEAD, OPTIONS, URLs, compression, CORS, deadlines, headers of every response."""

import asyncio
import gzip
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.adapters.inbound.http.middleware.compression import encoded, takes_gzip
from orders.adapters.inbound.http.middleware.deadline import Deadline
from orders.adapters.inbound.http.middleware.edge import LOCAL
from orders.adapters.inbound.http.middleware.request_line import MAX_URL_BYTES, url_fault
from orders.adapters.inbound.http.routes.quote_order import quote
from tests.support.http_api import ORDERS, SMOKE, Api, an_api, expect
from tests.unit.virtual_time import in_virtual_time

SHOP = "https://shop.example"


async def test_head_is_get_without_its_body(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    for each in (path, ORDERS, path + "/track", "/health/live"):
        get, head = await api.call("GET", each), await api.call("HEAD", each)
        assert (head.status_code, head.content) == (200, b"")
        changing = {"x-request-id", "ratelimit"}
        assert {k: v for k, v in head.headers.items() if k not in changing} == {
            k: v for k, v in get.headers.items() if k not in changing
        }
    fresh = {"If-None-Match": (await api.call("HEAD", path)).headers["etag"]}
    assert (await api.call("HEAD", path, headers=fresh)).status_code == 304
    assert (await api.call("HEAD", path, customer="other")).status_code == 404
    assert (await api.client.head(path)).status_code == 401


async def test_what_is_offered_where_is_said(api: Api) -> None:
    for path, methods in ((ORDERS, "GET, HEAD, OPTIONS, POST"), ("/health/live", "GET, HEAD, OPTIONS"),
                          (f"{ORDERS}/x", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
                          (f"{ORDERS}/x/cancel", "OPTIONS, POST")):  # fmt: skip
        options = await api.client.options(path)
        assert (options.status_code, options.headers["allow"]) == (204, methods)
        refused = await api.client.request("TRACE", path)
        found = expect(refused, 405, "method-not-allowed")
        assert (found["detail"], refused.headers["allow"]) == (f"TRACE is not offered at {path}", methods)
    head = await api.client.head(f"{ORDERS}/x/cancel")
    assert (head.status_code, head.content, head.headers["allow"]) == (405, b"", "OPTIONS, POST")


async def test_one_resource_however_its_path_is_spelt(api: Api) -> None:
    order = await api.placed()
    path = f"{ORDERS}/{order['order_id']}"
    for spelling in (path + "/", path.replace("_", "%5F")):
        assert (await api.call("GET", spelling)).json() == order
    keyed = {"Idempotency-Key": "once"}
    first = await api.call("PATCH", path, {"notes": "a"}, headers=keyed)
    again = await api.call("PATCH", path.replace("_", "%5F") + "/", {"notes": "a"}, headers=keyed)
    assert (again.headers["idempotent-replayed"], again.content) == ("true", first.content)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/v1.0/orders/a%00b", "the path holds a control character"),
        ("/v1.0/orders/%0d%0aX:y", "the path holds a control character"),
        ("/v1.0/orders/%ff%fe", "the path is not UTF-8"),
        ("/v1.0/orders/%C0%AF", "the path is not UTF-8"),
        ("/v1.0/orders/%ED%A0%80", "the path is not UTF-8"),
        ("/v1.0%2Forders", "an encoded slash"),
        ("/v1.0//orders", "two slashes in a row"),
        ("/health%5c..%5cv1.0", "an encoded slash or backslash"),
        ("/v1.0/orders?customer_id=%ff", "the query is not UTF-8"),
        ("/v1.0/orders?customer_id=%00", "the query holds a control character"),
        ("/v1.0/orders?limit=1%0d%0aSet-Cookie:%20a", "the query holds a control character"),
        ("/v1.0/orders?order_number=BB%0D%0A-7K3M", "the query holds a control character"),
        ("/v1.0/orders?order_number=%00BB-7K3M", "the query holds a control character"),
        ("/v1.0/orders?order_number=BB-7K3M%1F", "the query holds a control character"),
        ("/v1.0/orders?order_number%0A=BB-7K3M", "the query holds a control character"),
        ("/v1.0/orders?order_number=BB-7K3M%0A&customer_id=a%0A", "the query holds a control character"),
        ("/v1.0/orders?limit=%zz", "two hexadecimal digits"),
    ],
)
async def test_urls_that_are_none_are_refused(api: Api, url: str, says: str) -> None:
    # The client would put right what is wrong: so it goes there as it is.
    path, _, query = url.partition("?")
    assert says in (url_fault(path.encode(), query.encode()) or "")
    if "%zz" not in url:
        assert says in expect(await api.call("GET", url), 400, "malformed-request")["detail"]


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_are_a_url_or_have_a_fault(path: bytes, query: bytes) -> None:
    fault = url_fault(path, query)
    assert fault is None or fault.startswith(("the path ", "the query "))


async def test_long_urls_are_refused(api: Api) -> None:
    expect(await api.call("GET", f"{ORDERS}?customer_id={'a' * MAX_URL_BYTES}"), 414, "url-too-long")
    answer = await api.call("GET", f"{ORDERS}?" + "&".join(f"a{number}=1" for number in range(1000)))
    assert len(expect(answer, 400, "malformed-request")["errors"]) == 100


async def test_paths_in_problems_are_references(api: Api) -> None:
    found = expect(await api.call("GET", "/v1.0/%C3%A9%20%22<b>"), 404, "not-found")
    assert found["instance"] == "/v1.0/%C3%A9%20%22%3Cb%3E"
    assert found["detail"] == "there is nothing at /v1.0/%C3%A9%20%22%3Cb%3E"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("gzip", True), ("GZIP", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=1.0, identity;q=0.5", True),
        ("", False), ("identity", False), ("br", False), ("gzip;q=0", False), ("gzip;q=0.000", False), ("*;q=0", False),
        ("gzip;q=0, *", False), ("gzip;q=0.1, identity;q=0.9", False), ("gzip;q=x", False), ("gzip;v=1", False),
        ("notgzip", False), (";q=1", False),
    ],
)  # fmt: skip
def test_weights_are_kept_to(given: str, taken: bool) -> None:
    assert takes_gzip(given) is taken


async def test_large_answers_come_compressed_to_who_takes_that(api: Api) -> None:
    order = (
        await api.call("POST", ORDERS, SMOKE.replace("}]", "}," + SMALL_LINES + "]").replace("59.98", "60.98"))
    ).json()
    path = f"{ORDERS}/{order['order_id']}"
    plain = await api.call("GET", path, headers={"Accept-Encoding": "identity"})
    packed = await api.call("GET", path, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content)
    assert packed.json() == plain.json() == order
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] == packed.headers["etag"]
    small = await api.call("GET", path + "/status", headers={"Accept-Encoding": "gzip"})
    assert not {"content-encoding", "vary"} & set(small.headers)


SMALL_LINES = ",".join('{"product_id":"p","quantity":1,"price":0.10,"name":"a small thing"}' for _ in range(10))


@pytest.fixture
async def cors_api(tmp_path: Path) -> AsyncIterator[Api]:
    async with an_api(tmp_path, replace(LOCAL, cors_origins=frozenset({SHOP}))) as running:
        yield running


async def test_pages_of_configured_origins_may_call(cors_api: Api) -> None:
    ask = {"Origin": SHOP, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
    preflight = await cors_api.client.options(f"{ORDERS}/x", headers=ask)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == SHOP
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    allowed = preflight.headers["access-control-allow-headers"].lower()
    for header in ("authorization", "content-type", "idempotency-key", "if-match", "prefer", "x-api-key"):
        assert header in allowed
    assert preflight.headers["x-request-id"]
    answer = await cors_api.call("POST", ORDERS, SMOKE, headers={"Origin": SHOP})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (201, SHOP)
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    for header in ("ETag", "Location", "X-Request-Id", "RateLimit", "RateLimit-Policy", "Retry-After",
                   "Idempotent-Replayed", "Link", "Preference-Applied"):  # fmt: skip
        assert header in exposed
    # Refusals can be read as well.
    refused = await cors_api.client.get(ORDERS, headers={"Origin": SHOP})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, SHOP)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", SHOP + ".evil.example", "http://shop.example"])
async def test_pages_of_other_origins_may_not(cors_api: Api, origin: str) -> None:
    ask = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for answer in (await cors_api.client.options(ORDERS, headers=ask), await cors_api.call("GET", ORDERS, headers=ask)):
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"


async def test_without_configured_origins_there_is_no_cors(api: Api) -> None:
    answer = await api.call("GET", ORDERS, headers={"Origin": SHOP})
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]


async def test_every_answer_has_the_headers_that_owasp_asks_for(api: Api) -> None:
    answers = [
        await api.call("GET", ORDERS), await api.client.get(ORDERS), await api.client.get("/nowhere"),
        await api.client.options(ORDERS), await api.client.get("/v1.0/%ff"), await api.call("POST", ORDERS, SMOKE),
    ]  # fmt: skip
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == (
            "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-embedder-policy"] == "require-corp"
        assert re.fullmatch(r"max-age=\d{8}; includeSubDomains", answer.headers["strict-transport-security"])
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["permissions-policy"]
        assert answer.headers["x-request-id"]
        assert "server" not in answer.headers


async def _hang(*_: Any) -> None:
    await asyncio.Event().wait()


async def _read_then_hang(_scope: Any, receive: Any, _send: Any) -> None:
    await receive()
    await asyncio.Event().wait()


async def _route_and_hang(scope: Any, *_: Any) -> None:
    scope["route_handler"] = quote
    await asyncio.Event().wait()


async def _read_all(_scope: Any, receive: Any, _send: Any) -> None:
    while (await receive()).get("more_body"):
        pass


@pytest.mark.parametrize(
    ("method", "headers", "app", "status", "says"),
    [
        ("GET", [], _hang, 503, "nothing was changed"),
        ("POST", [], _read_then_hang, 503, "look at the order before you send it again"),
        ("POST", [(b"idempotency-key", b"k")], _read_then_hang, 503, "send it again with the same Idempotency-Key"),
        ("POST", [(b"idempotency-key", b"k")], _route_and_hang, 503, "nothing was changed"),
        ("POST", [], _read_all, 408, "nothing was changed"),
    ],
)
def test_a_request_has_its_time_and_is_told_what_may_have_happened(
    method: str, headers: list[tuple[bytes, bytes]], app: Any, status: int, says: str
) -> None:
    sent: list[Any] = []
    took = 0.0

    @in_virtual_time
    async def run() -> None:
        nonlocal took

        async def receive() -> Any:
            # A body of two parts, the second of which does not come while it is waited for.
            if app is _read_all and sent_parts:
                await asyncio.Event().wait()
            sent_parts.append(1)
            return {"type": "http.request", "body": b"{", "more_body": app is _read_all}

        async def send(message: Any) -> None:
            sent.append(message)

        sent_parts: list[int] = []
        scope: Any = {"type": "http", "method": method, "path": "/v1.0/orders", "headers": headers, "state": {}}
        await Deadline(app, timedelta(seconds=30))(scope, receive, send)
        took = asyncio.get_running_loop().time()

    run()
    start, body = sent
    assert (start["status"], dict(start["headers"])[b"retry-after"]) == (status, b"5")
    assert says in body["body"].decode()
    assert "30 s" in body["body"].decode()
    assert took == pytest.approx(30, abs=0.1)


def test_large_bodies_are_packed_the_same_as_small_ones() -> None:
    for size in (2000, 200_000):
        start: Any = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        packed = asyncio.run(encoded(start, b"a" * size, "gzip"))
        assert gzip.decompress(packed) == b"a" * size
        assert dict(start["headers"])[b"content-length"] == str(len(packed)).encode()
    for media_type in (b"application/pdf", b"image/png", b"font/woff2"):
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", media_type)]}
        assert asyncio.run(encoded(start, b"a" * 2000, "gzip")) == b"a" * 2000
