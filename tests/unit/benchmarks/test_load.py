"""Requests as benchmarks send them."""

import asyncio
from itertools import repeat

import pytest

from benchmarks.load import RefusedError, at_rate, one_after_another, request


class _Server(asyncio.Protocol):
    """Answers each request; ``status`` may be changed."""

    status = 200

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            answer = f"HTTP/1.1 {self.status} -\r\nContent-Length: 2\r\n\r\nok"
            self._transport.write(answer.encode())  # type: ignore[attr-defined]


class _Refusing(_Server):
    status = 503


async def _served(protocol: type[_Server]) -> tuple[asyncio.Server, str]:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("count", [1, 7, 64])
async def test_as_many_are_answered_as_were_sent(count: int) -> None:
    server, url = await _served(_Server)
    async with server:
        callers = [repeat(request("GET", "/", "token")) for _ in range(4)]
        waiting = await one_after_another(url, callers, count)
        evenly = await at_rate(url, callers, count, 10_000.0, lambda mean: mean)
    for answered in (waiting, evenly):
        assert answered.bodies == [b"ok"] * count
        assert len(answered.latencies) == count


async def test_a_refusal_ends_the_measurement() -> None:
    server, url = await _served(_Refusing)
    async with server:
        with pytest.raises(ExceptionGroup) as refused:
            await one_after_another(url, [repeat(request("GET", "/", "token"))], 3)
        assert refused.group_contains(RefusedError, match="503")


def test_a_request_is_whole() -> None:
    sent = request("POST", "/v1.0/orders", "abc", b'{"a": 1}', Idempotency_Key="k")
    head, _, body = sent.partition(b"\r\n\r\n")
    assert body == b'{"a": 1}'
    assert head.split(b"\r\n") == [
        b"POST /v1.0/orders HTTP/1.1",
        b"Host: benchmark",
        b"Authorization: Bearer abc",
        b"Content-Type: application/json",
        b"Content-Length: 8",
        b"Idempotency-Key: k",
    ]
