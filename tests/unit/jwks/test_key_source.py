"""The issuer's keys over HTTP: how often it is asked, and what is made of its answers and of its silence."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from orders.adapters.outbound.jwks.key_source import MAX_BYTES, JwksKeySource
from orders.ports.errors import TransientPortError
from tests.support.issuer import Issuer, as_json, ec_key, running_issuer

HOURS = timedelta(hours=6)


class Bench:
    """A key source on a running issuer, with a clock that goes when the test says so."""

    def __init__(self, issuer: Issuer, url: str | None = None) -> None:
        self.issuer = issuer
        self.seconds = 0.0
        self.source = JwksKeySource(url or issuer.jwks_url, fresh_for=HOURS, monotonic=lambda: self.seconds)

    async def knows(self, key_id: str) -> bool:
        return await self.source.key(key_id) is not None

    async def settled(self) -> None:
        while (asking := self.source._keys._asking) is not None:
            await asyncio.wait({asking})


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    async with running_issuer() as running:
        yield running


@pytest.fixture
async def bench(issuer: Issuer) -> AsyncIterator[Bench]:
    bench = Bench(issuer)
    yield bench
    await bench.source.close()


async def test_a_key_is_the_one_that_the_issuer_publishes(bench: Bench) -> None:
    key = await bench.source.key("ec-1")
    assert key is not None
    assert key.public_numbers() == bench.issuer.keys["ec-1"].public_key().public_numbers()
    assert await bench.knows("rsa-1")
    assert bench.issuer.requests == 1


async def test_warming_up_is_the_first_request(bench: Bench) -> None:
    await bench.source.warm_up()
    assert await bench.knows("ec-1")
    assert bench.issuer.requests == 1


async def test_however_many_unknown_keys_come_it_is_asked_once_a_minute(bench: Bench) -> None:
    assert await bench.knows("ec-1")
    for minute in range(1, 4):
        bench.seconds = minute * 60.0
        assert not any(await asyncio.gather(*(bench.knows(f"unknown-{number}") for number in range(500))))
        for number in range(500):
            assert not await bench.knows(f"unknown-{number}")
        bench.seconds += 59.9
        assert not await bench.knows("unknown")
        assert bench.issuer.requests == 1 + minute


async def test_concurrent_first_callers_share_one_request(bench: Bench) -> None:
    assert all(await asyncio.gather(*(bench.knows("ec-1") for _ in range(100))))
    assert not any(await asyncio.gather(*(bench.knows("unknown") for _ in range(100))))
    assert bench.issuer.requests == 1


async def test_a_new_key_is_known_after_a_minute_at_most_and_an_old_one_forgotten(bench: Bench) -> None:
    assert await bench.knows("ec-1")
    bench.issuer.keys = {"ec-2": ec_key()}
    assert not await bench.knows("ec-2")
    bench.seconds = 60
    assert await bench.knows("ec-2")
    assert not await bench.knows("ec-1")


async def test_old_keys_are_fetched_again_while_nobody_waits(bench: Bench) -> None:
    assert await bench.knows("ec-1")
    bench.issuer.keys["ec-2"] = ec_key()
    bench.seconds = HOURS.total_seconds() - 1
    assert await bench.knows("ec-1")
    assert bench.issuer.requests == 1
    bench.seconds += 1
    bench.issuer.gate.clear()
    async with asyncio.timeout(1):
        assert await bench.knows("ec-1")
    bench.issuer.gate.set()
    await bench.settled()
    assert bench.issuer.requests == 2
    assert await bench.knows("ec-2")
    assert bench.issuer.requests == 2


def redirect(_: web.Request) -> Any:
    raise web.HTTPFound("/elsewhere")


NO_ANSWERS: dict[str, Any] = {
    "500": lambda _: web.Response(status=500),
    "404": lambda _: web.Response(status=404),
    "a page": lambda _: b"<html>maintenance</html>",
    "no keys": lambda _: as_json({"keys": []}),
    "too much": lambda _: as_json({"keys": [], "more": "x" * MAX_BYTES}),
    "redirected": redirect,
    "compressed": lambda _: web.Response(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("case", NO_ANSWERS)
async def test_the_last_good_keys_stay_whatever_the_issuer_answers(bench: Bench, case: str) -> None:
    assert await bench.knows("ec-1")
    bench.issuer.answer = NO_ANSWERS[case]
    with capture_logs() as logs:
        for _ in range(3):
            bench.seconds += 60
            assert not await bench.knows("unknown")
            assert await bench.knows("ec-1")
    assert [log["log_level"] for log in logs] == ["warning"] * 3
    assert bench.issuer.requests == 4
    bench.issuer.answer = None
    bench.issuer.keys["ec-2"] = ec_key()
    bench.seconds += 60
    assert await bench.knows("ec-2")


@pytest.mark.parametrize("case", NO_ANSWERS)
async def test_an_issuer_that_never_gave_keys_is_out_of_reach(bench: Bench, case: str) -> None:
    bench.issuer.answer = NO_ANSWERS[case]
    for _ in range(3):
        with pytest.raises(TransientPortError) as caught:
            await bench.source.key("ec-1")
        assert caught.value.dependency == "token issuer"
    assert bench.issuer.requests == 1
    bench.issuer.answer = None
    bench.seconds += 5
    assert await bench.knows("ec-1")


async def test_a_redirect_leads_nowhere(bench: Bench) -> None:
    asked = []

    def elsewhere(request: web.Request) -> Any:
        asked.append(request.path)
        raise web.HTTPTemporaryRedirect(f"{bench.issuer.jwks_url}?again")

    bench.issuer.answer = elsewhere
    with pytest.raises(TransientPortError, match="answered 307"):
        await bench.source.key("ec-1")
    assert len(asked) == 1


async def test_an_unreachable_issuer_is_a_transient_error(issuer: Issuer) -> None:
    for url in ("http://127.0.0.1:9/jwks.json", "http://nobody.invalid/jwks.json", "https" + issuer.jwks_url[4:]):
        bench = Bench(issuer, url)
        with pytest.raises(TransientPortError, match="token issuer"):
            await bench.source.key("ec-1")


async def test_an_answer_that_does_not_end_is_cut_off(issuer: Issuer) -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 100 * MAX_BYTES:
            await response.write(b" " * 16_384)
            sent += 16_384
        return response

    app = web.Application()
    app.router.add_get("/", endless)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        bench = Bench(issuer, f"http://127.0.0.1:{runner.addresses[0][1]}/")
        with pytest.raises(TransientPortError, match=f"more than {MAX_BYTES} bytes"):
            await bench.source.key("ec-1")
    finally:
        await runner.cleanup()
    assert sent < 50 * MAX_BYTES
