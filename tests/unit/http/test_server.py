"""The server as bytes on a socket find it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from orders.adapters.inbound.http.middleware.edge import LOCAL, EdgeRules
from orders.bootstrap.server.http_protocol import MAX_HEAD_BYTES
from tests.support.http_api import SMOKE
from tests.support.http_server import ImpatientHttp, RawAnswer, RunningServer, a_server

JSON = "Content-Type: application/json"
LIVE = "GET /health/live"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    async with a_server(tmp_path) as running:
        yield running


def expect(answer: RawAnswer, status: int, kind: str) -> str:
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    found = json.loads(answer.body)
    assert found["type"] == f"https://api.bbws.io/problems/{kind}"
    assert found["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    return str(found["detail"])


async def test_a_body_that_drips_in_is_given_up_and_its_connection_closed(tmp_path: Path) -> None:
    async with (
        a_server(tmp_path, EdgeRules(LOCAL.rate, request_timeout=timedelta(seconds=0.2))) as server,
        server.connection() as slow,
    ):
        await slow.send(server.request("POST /v1.0/orders", JSON, f"Content-Length: {len(SMOKE)}", body=b"{"))
        answer = await slow.answer()
        assert "nothing was changed" in expect(answer, 408, "request-timeout")
        assert (answer.headers["retry-after"], answer.headers["connection"]) == ("5", "close")
        assert await slow.closed() == b""


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_a_body_too_large_is_refused_before_it_is_there(server: RunningServer, framing: str) -> None:
    async with server.connection() as connection:
        if framing == "length":
            await connection.send(server.request("POST /v1.0/orders", JSON, "Content-Length: 10000000"))
        else:
            chunk = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
            await connection.send(server.request("POST /v1.0/orders", JSON, "Transfer-Encoding: chunked"))
            await connection.send(chunk * 9)
        assert expect(await connection.answer(), 413, "body-too-large") == "a body has at most 256 KiB"


async def test_who_waits_for_100_continue_gets_it_only_when_the_body_is_wanted(server: RunningServer) -> None:
    async with server.connection() as connection:
        headers = (JSON, "Expect: 100-continue", f"Content-Length: {len(SMOKE)}")
        await connection.send(server.request("POST /v1.0/orders", *headers))
        assert (await connection.answer(body=False)).status == 100
        await connection.send(SMOKE.encode())
        assert (await connection.answer()).status == 201
    refused = server.request("POST /v1.0/orders", JSON, "Expect: 100-continue", "Content-Length: 300000")
    assert (await server.ask(refused)).status == 413


async def test_a_connection_serves_one_request_after_the_other(server: RunningServer) -> None:
    async with server.connection() as connection:
        for _ in range(2):
            await connection.send(server.request("HEAD /health/live"))
            head = await connection.answer(body=False)
            assert (head.status, head.headers["content-length"]) == (200, "15")
        await connection.send(server.request(LIVE) + server.request(LIVE))
        assert [(await connection.answer()).body for _ in range(2)] == [b'{"status":"ok"}'] * 2


@pytest.mark.parametrize(
    ("data", "status", "kind"),
    [
        (b"nonsense\r\n\r\n", 400, "malformed-request"),
        (b"BREW /v1.0/orders HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"),
        (b"GET /v1.0/orders/\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n", 400, "malformed-request"),
        (b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "malformed-request"),
        (b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "url-too-long"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "url-too-long"),
        (b"GET /" + b"a" * 100_000, 414, "url-too-long"),
        (b"GET / HTTP/1.1\r\nX-A: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n", 431, "headers-too-large"),
        (b"GET / HTTP/1.1\r\nX-A: " + b"a" * MAX_HEAD_BYTES, 431, "headers-too-large"),
        (b"GET / HTTP/1.1\r\n" + b"X-A: a\r\n" * 10_000 + b"\r\n", 431, "headers-too-large"),
    ],
)  # fmt: skip
async def test_what_is_no_request_is_a_problem_too(server: RunningServer, data: bytes, status: int, kind: str) -> None:
    expect(await server.ask(data), status, kind)


@pytest.mark.parametrize(
    ("framing", "version"),
    [
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", "1.1"),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked", "1.1"),
        ("Transfer-Encoding: gzip, chunked", "1.1"),
        ("Transfer-Encoding: chunked, gzip", "1.1"),
        ("Transfer-Encoding: identity", "1.1"),
        ("Transfer-Encoding: xchunked", "1.1"),
        ('Transfer-Encoding: "chunked"', "1.1"),
        ("Transfer-Encoding: chunked;x=y", "1.1"),
        ("Transfer-Encoding: \x0bchunked", "1.1"),
        ("Transfer-Encoding:", "1.1"),
        ("Transfer-Encoding : chunked", "1.1"),
        ("Transfer-Encoding:\r\n chunked", "1.1"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "1.1"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "1.1"),
        ("Transfer-Encoding: chunked", "1.0"),
        ("Content-Length: 5\r\nContent-Length: 5", "1.1"),
        ("Content-Length: 5\r\nContent-Length: 6", "1.1"),
        ("Content-Length: 5, 5", "1.1"),
        ("Content-Length: +5", "1.1"),
        ("Content-Length: -5", "1.1"),
        ("Content-Length: 0x5", "1.1"),
        ("Content-Length:", "1.1"),
    ],
)
async def test_no_request_hides_in_another_ones_body(server: RunningServer, framing: str, version: str) -> None:
    hidden = f"0\r\n\r\n{LIVE} HTTP/1.1\r\nHost: orders.test\r\n\r\n"
    async with server.connection() as connection:
        await connection.send(f"{LIVE} HTTP/{version}\r\nHost: orders.test\r\n{framing}\r\n\r\n{hidden}".encode())
        answer = await connection.answer()
        expect(answer, 400, "malformed-request")
        assert answer.headers["connection"] == "close"
        assert await connection.closed() == b"", "what follows is not looked at"


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "\tchunked "])
async def test_a_body_in_chunks_is_taken(server: RunningServer, coding: str) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (SMOKE[:9].encode(), SMOKE[9:].encode()))
    async with server.connection() as connection:
        head = server.request("POST /v1.0/orders", JSON, f"Transfer-Encoding:{coding}")
        await connection.send(head + chunks + b"0\r\n\r\n" + server.request(LIVE))
        assert [(await connection.answer()).status for _ in range(2)] == [201, 200]


async def test_a_head_that_drips_in_is_given_up(tmp_path: Path) -> None:
    async with a_server(tmp_path, protocol=ImpatientHttp) as server, server.connection() as slow:
        await slow.send(b"GET /health/live HTTP/1.1\r\nHost:")
        assert "0.1 s" in expect(await slow.answer(), 408, "request-timeout")
        assert await slow.closed() == b""


async def test_the_rest_of_an_answered_body_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async with a_server(tmp_path, protocol=ImpatientHttp) as server, server.connection() as slow:
        await slow.send(server.request("POST /v1.0/orders", JSON, "Content-Length: 10000000"))
        assert (await slow.answer()).status == 413
        await slow.send(b"x")
        assert await slow.closed() == b""


async def test_a_client_that_goes_away_in_the_middle_is_no_fault_of_ours(
    server: RunningServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    async with server.connection() as connection:
        await connection.send(server.request("POST /v1.0/orders", JSON, "Content-Length: 100", body=b"{"))
    async with asyncio.timeout(20):
        while "before the body was whole" not in caplog.text:
            await server.ask(server.request(LIVE))
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


async def test_no_header_can_be_put_into_a_response(server: RunningServer) -> None:
    for given in ("a\tb", "\xe9", "a" * 129, "a b"):
        answer = await server.ask(server.request(LIVE, f"X-Request-Id: {given}"))
        assert len(answer.headers["x-request-id"]) == 32
    folded = server.request(LIVE, "X-Request-Id: a\r\n\tSet-Cookie: b=c")
    assert "set-cookie" not in (await server.ask(folded)).headers


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("GET /v1.0/orders HTTP/1.1", "an HTTP/1.1 request needs a Host header"),
        ("GET /v1.0/orders HTTP/1.1\r\nHost: a\r\nHost: b", "the request has more than one Host header"),
        ("GET /health/live HTTP/1.1\r\nHost: a/b", "the Host header is no host"),
    ],
)
async def test_a_request_says_which_host_it_is_for_before_anything_else(
    server: RunningServer, head: str, says: str
) -> None:
    async with server.connection() as connection:
        await connection.send(f"{head}\r\n\r\n".encode())
        assert expect(await connection.answer(), 400, "malformed-request") == says


@pytest.mark.parametrize(
    "head",
    [
        "GET /health/live HTTP/1.0",
        "GET /health/live HTTP/1.1\r\nHost: [::1]:8080",
        "GET /health/live HTTP/1.1\r\nHost:",
    ],
)
async def test_a_host_may_be_any_and_was_not_asked_for_by_http_1_0(server: RunningServer, head: str) -> None:
    async with server.connection() as connection:
        await connection.send(f"{head}\r\n\r\n".encode())
        assert (await connection.answer()).status == 200


CHUNKED = "Transfer-Encoding: chunked"


def chunks(*parts: str) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part.encode()) for part in parts)


@pytest.mark.parametrize(
    "trailer",
    [
        "Authorization: Bearer x", "Idempotency-Key: behind", "Content-Type: text/plain", "Content-Encoding: gzip",
        "Host: elsewhere.test", "X-Forwarded-For: 203.0.113.9", "Prefer: respond-async", "X-Request-Id: behind",
    ],
)  # fmt: skip
async def test_what_comes_behind_a_body_is_no_header(server: RunningServer, trailer: str) -> None:
    body = chunks(SMOKE[:9], SMOKE[9:]) + b"0\r\n" + trailer.encode() + b"\r\nX-More: 1\r\n\r\n"
    async with server.connection() as connection:
        for _ in range(2):
            await connection.send(server.request("POST /v1.0/orders", JSON, CHUNKED, body=body))
            answer = await connection.answer()
            assert (answer.status, "idempotent-replayed" in answer.headers) == (201, False)
            assert answer.headers["x-request-id"] != "behind"
        assert len({record.origin for record in server.service.trail.records}) == 1


async def test_who_says_only_behind_the_body_who_they_are_has_not_said_it(server: RunningServer) -> None:
    request = server.request("POST /v1.0/orders", JSON, CHUNKED)
    head, authorization = request.split(b"Authorization: ")
    token, _, rest = authorization.partition(b"\r\n")
    body = chunks(SMOKE) + b"0\r\nAuthorization: " + token + b"\r\n\r\n"
    async with server.connection() as connection:
        await connection.send(head + rest + body + server.request(LIVE))
        expect(await connection.answer(), 401, "unauthenticated")
        assert (await connection.answer()).status == 200, "the connection goes on"


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_who_has_said_all_and_listens_on_gets_an_answer(server: RunningServer, framing: str) -> None:
    async with server.connection() as connection:
        if framing == "length":
            request = server.request("POST /v1.0/orders", JSON, f"Content-Length: {len(SMOKE)}", body=SMOKE.encode())
        else:
            request = server.request("POST /v1.0/orders", JSON, CHUNKED, body=chunks(SMOKE) + b"0\r\n\r\n")
        await connection.send(request + server.request(LIVE) + request)
        connection.end()
        assert [(await connection.answer()).status for _ in range(3)] == [201, 200, 201]
        assert await connection.closed() == b"", "and the connection ends"
    assert len(server.service.table.rows) == 2


async def test_who_ends_in_the_middle_is_answered_what_was_whole(server: RunningServer) -> None:
    async with server.connection() as connection:
        await connection.send(server.request(LIVE) + b"GET /health")
        connection.end()
        assert (await connection.answer()).status == 200
        assert await connection.closed() == b""


CUT_OFF = {
    "a length too high": (f"Content-Length: {len(SMOKE) + 1}", SMOKE.encode()),
    "a length and nothing": (f"Content-Length: {len(SMOKE)}", b""),
    "in a chunk": (CHUNKED, b"5\r\nab"),
    "before the last chunk": (CHUNKED, chunks(SMOKE)),
    "in the last chunk": (CHUNKED, chunks(SMOKE) + b"0\r\n"),
}


@pytest.mark.parametrize(("framing", "body"), CUT_OFF.values(), ids=CUT_OFF.keys())
@pytest.mark.parametrize("before", [0, 1, 2])
async def test_who_ends_in_a_body_is_told_so(server: RunningServer, framing: str, body: bytes, before: int) -> None:
    async with server.connection() as connection:
        await connection.send(
            server.request(LIVE) * before + server.request("POST /v1.0/orders", JSON, framing, body=body)
        )
        connection.end()
        assert [(await connection.answer()).status for _ in range(before)] == [200] * before
        answer = await connection.answer()
        assert expect(answer, 400, "malformed-request") == "the connection ended before the body was whole"
        assert answer.headers["connection"] == "close"
        assert await connection.closed() == b""
    assert not server.service.table.rows


@pytest.mark.parametrize("rest", [b"", b"{"])
async def test_who_ends_in_a_body_that_was_refused_already_is_answered_once(server: RunningServer, rest: bytes) -> None:
    async with server.connection() as connection:
        await connection.send(server.request("POST /v1.0/nothing", JSON, "Content-Length: 9", body=rest))
        assert (await connection.answer()).status == 404
        connection.end()
        assert await connection.closed() == b""


BROKEN = [b"zz\r\n", b"5\r\nabcdeXX", b"-1\r\n", b"5;\0\r\nabcde\r\n", b"FFFFFFFFFFFFFFFFF\r\n"]


@pytest.mark.parametrize("broken", BROKEN)
async def test_chunks_that_are_none_are_told_so(server: RunningServer, broken: bytes) -> None:
    bad = server.request("POST /v1.0/orders", JSON, CHUNKED)
    good = server.request("POST /v1.0/orders", JSON, CHUNKED, body=chunks(SMOKE) + b"0\r\n\r\n")
    async with server.connection() as connection:
        await connection.send(bad)
        await connection.send(b"2\r\n{ \r\n" + broken)
        expect(await connection.answer(), 400, "malformed-request")
        assert await connection.closed() == b""
    async with server.connection() as connection:
        await connection.send(good)
        assert (await connection.answer()).status == 201
        await connection.send(bad + broken + good)
        expect(await connection.answer(), 400, "malformed-request")
        assert await connection.closed() == b""
    async with server.connection() as connection:
        await connection.send(good + server.request(LIVE) + bad + broken + good)
        assert [(await connection.answer()).status for _ in range(2)] == [201, 200]
        answer = await connection.answer()
        expect(answer, 400, "malformed-request")
        assert answer.headers["connection"] == "close"
        assert await connection.closed() == b"", "what follows is not looked at"
    assert len(server.service.table.rows) == 2


async def test_what_was_asked_before_nonsense_is_answered_before_it_is_refused(server: RunningServer) -> None:
    async with server.connection() as connection:
        await connection.send(server.request(LIVE) * 2 + b"nonsense\r\n\r\n")
        assert [(await connection.answer()).status for _ in range(2)] == [200, 200]
        expect(await connection.answer(), 400, "malformed-request")
        assert await connection.closed() == b""


async def test_a_request_that_is_refused_before_its_body_breaks_is_answered_once(server: RunningServer) -> None:
    async with server.connection() as connection:
        await connection.send(server.request("POST /v1.0/nothing", JSON, CHUNKED))
        assert (await connection.answer()).status == 404
        await connection.send(b"zz\r\n")
        assert await connection.closed() == b""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (("Authorization: Bearer x",), 401),
        (("Idempotency-Key: a", "Idempotency-Key: b"), 400),
        (("Idempotency-Key: a", "Idempotency-Key: a"), 201),
        ((JSON,), 415),
        (("Content-Type: text/plain",), 415),
        (("Host: other.test",), 400),
        (("X_Forwarded_For: 203.0.113.9",), 201),
        (("Idempotency_Key: a b",), 201),
        (("Content_Length: 5",), 201),
    ],
)
async def test_a_header_that_comes_again_or_almost_is_taken_for_what_it_is(
    server: RunningServer, headers: tuple[str, ...], status: int
) -> None:
    given = (JSON, f"Content-Length: {len(SMOKE)}", *headers)
    assert (await server.ask(server.request("POST /v1.0/orders", *given, body=SMOKE.encode()))).status == status


async def test_headers_in_several_lines_are_refused(server: RunningServer) -> None:
    given = (JSON, f"Content-Length: {len(SMOKE)}", "Idempotency-Key: a\r\n b")
    answer = await server.ask(server.request("POST /v1.0/orders", *given, body=SMOKE.encode()))
    expect(answer, 400, "malformed-request")


@pytest.mark.parametrize("lines", [1, 30])
@pytest.mark.parametrize("origins", [frozenset[str](), frozenset({"https://shop.example"})])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_it_already_is_told_what_the_whole_answer_would_say(
    tmp_path: Path, lines: int, origins: frozenset[str], method: str
) -> None:
    async with a_server(tmp_path, EdgeRules(LOCAL.rate, cors_origins=origins)) as server:
        items = [{"product_id": "p", "quantity": 1, "price": 1}] * lines
        order = json.dumps({"customer_id": "cust_test_001", "currency": "USD", "total": lines, "items": items}).encode()
        placed = await server.ask(
            server.request("POST /v1.0/orders", JSON, f"Content-Length: {len(order)}", body=order)
        )
        path = f"{method} {placed.headers['location']}"
        for given in ("Accept-Encoding: gzip", "Origin: https://shop.example"):
            whole = await server.ask(server.request(path, given), body=method == "GET")
            tag = f"If-None-Match: {whole.headers['etag']}"
            same = await server.ask(server.request(path, given, tag), body=False)
            assert (whole.status, same.status) == (200, 304)
            about_body = {"content-type", "content-length", "content-encoding", "x-request-id", "ratelimit", "date"}
            assert {name: each for name, each in same.headers.items() if name not in about_body} == {
                name: each for name, each in whole.headers.items() if name not in about_body
            }
            assert not {"content-type", "content-encoding", "transfer-encoding"} & same.headers.keys()
            assert same.headers.get("content-length", whole.headers["content-length"]) != "0"
