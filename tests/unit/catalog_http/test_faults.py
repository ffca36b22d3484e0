"""Every way in which another service fails, and what becomes of each: tried again or not, counted or not, bounded."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from orders.adapters.outbound.catalog_http.client import MAX_ANSWER_BYTES
from orders.adapters.outbound.catalog_http.products import HttpProductCatalogue
from orders.domain.pricing.money import Money
from orders.ports.errors import TransientPortError
from orders.ports.metric_catalogue import BREAKER_OPEN, SERVICE_CALLS
from tests.unit.catalog_http.conftest import ENQUIRY, GOOD, Answerer, Bench, good

SOON = 0.2
"""A time-out that a test can wait for."""


def status(code: int, **headers: str) -> Answerer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=code, headers=headers, text="<html>secret internals</html>")

    return answer


def body(content: bytes | str, **headers: str) -> Answerer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=content.encode() if isinstance(content, str) else content, headers=headers)

    return answer


async def cut_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"items":')
    assert request.transport is not None
    request.transport.close()
    return response


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        while True:
            await response.write(b" " * 65_536)
    except ConnectionError:
        return response


async def failure(bench: Bench, **more: Any) -> TransientPortError:
    async with bench.catalogue(**more) as catalogue:
        with pytest.raises(TransientPortError) as caught:
            await catalogue.offers(ENQUIRY)
    assert caught.value.dependency == "product service"
    assert "secret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("fault", [status(500), status(502), status(503), status(504), reset, cut_off])
async def test_what_passes_is_tried_once_more(bench: Bench, fault: Answerer) -> None:
    bench.answers = [fault]
    async with bench.catalogue() as catalogue:
        assert (await catalogue.offers(ENQUIRY))["mug"].price == Money(2999, ENQUIRY.currency)
    assert (bench.calls, bench.pauses) == (2, [0.05])
    assert bench.counters.of(SERVICE_CALLS, outcome="failed") == 1
    assert bench.counters.of(SERVICE_CALLS, outcome="answered") == 1


@pytest.mark.parametrize("fault", [status(500), reset, cut_off])
async def test_a_failed_call_is_retried_only_once(bench: Bench, fault: Answerer) -> None:
    bench.answers = [fault] * 3
    await failure(bench)
    assert bench.calls == 2


async def test_a_service_that_is_not_there_is_tried_once_more(bench: Bench) -> None:
    # The port was free a moment ago, and nobody listens on it.
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    error = await failure(bench, url=f"http://127.0.0.1:{port}")
    assert "ClientConnectorError" in str(error)
    assert bench.counters.of(SERVICE_CALLS, outcome="failed") == 2


async def test_one_that_hangs_is_waited_for_twice_and_no_longer(bench: Bench) -> None:
    bench.answers = [bench.hang, bench.hang]
    error = await failure(bench, timeout_seconds=SOON)
    assert "no answer within 0.2 s" in str(error)
    assert bench.calls == 2


async def test_one_that_hangs_in_the_middle_of_its_answer_is_no_better(bench: Bench) -> None:
    async def begins(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"items":')
        return await bench.hang(request)

    bench.answers = [begins, begins]
    assert "no answer within 0.2 s" in str(await failure(bench, timeout_seconds=SOON))
    assert bench.calls == 2


@pytest.mark.parametrize("code", [400, 409, 413, 422])
async def test_one_that_refuses_the_question_is_well_and_is_not_asked_again(bench: Bench, code: int) -> None:
    bench.answers = [status(code)] * 5
    async with bench.catalogue() as catalogue:
        for _ in range(5):
            with pytest.raises(TransientPortError, match=f"it answers {code}"):
                await catalogue.offers(ENQUIRY)
        # Five such answers open no circuit: other orders may be asked about all the same.
        assert await catalogue.offers(ENQUIRY)
    assert bench.calls == 6
    assert bench.counters.of(SERVICE_CALLS, outcome="refused") == 5


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(bench: Bench, code: int) -> None:
    bench.answers = [status(code, Location=f"{bench.url}/products/offers")]
    assert f"it answers {code}" in str(await failure(bench))
    assert bench.calls == 1


@pytest.mark.parametrize("code", [201, 204, 401, 403, 404, 405, 429, 501])
async def test_other_answers_are_none_not_tried_again_and_in_a_row_an_outage(bench: Bench, code: int) -> None:
    bench.answers = [status(code)] * 4
    async with bench.catalogue() as catalogue:
        for _ in range(3):
            with pytest.raises(TransientPortError, match=f"it answers {code}"):
                await catalogue.offers(ENQUIRY)
        assert bench.calls == 3
        # A token or an address that is wrong would dead-letter order after order; so nobody is asked, and all wait.
        with pytest.raises(TransientPortError, match="it keeps failing"):
            await catalogue.offers(ENQUIRY)
    assert bench.calls == 3


def items(**item: Any) -> str:
    return json.dumps({"items": [{"product_id": "mug"} | item]})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no JSON"),
        ("<html>", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "it: "),
        ("{}", "items: Field required"),
        ('{"items": {}}', "items: "),
        ('{"items": [{"price": 1}]}', "items.0.product_id: Field required"),
        (items(product_id=7), "items.0.product_id"),
        (items(price=True), "items.0.price"),
        (items(price="cheap"), "items.0.price"),
        (items(price="NaN"), "price"),
        (items(price=[]), "items.0.price"),
        (items(price=-1), "price of mug: it is negative"),
        (items(price=1.005), "price of mug: 1.005 has more decimal places than ZAR has"),
        ('{"items": [{"product_id": "mug", "price": 1E999999}]}', "price of mug: the amount is too large"),
        ('{"items": [{"product_id": "mug", "price": 1E99999999999999999999}]}', "exponent"),
        ('{"items": [{"product_id": "mug", "price": 0.' + "1" * 1000 + "}]}", "too many digits"),
        (items(sellable="yes"), "items.0.sellable"),
        (items(available=1.5), "items.0.available"),
        (items(available=-1), "items.0.available"),
        (items(available=True), "items.0.available"),
        ('{"items": [{"product_id": "mug"}, {"product_id": "mug"}]}', "mug is there twice"),
    ],
)
async def test_an_answer_that_is_none_is_named_and_not_tried_again(
    bench: Bench, content: bytes | str, said: str
) -> None:
    bench.answers = [body(content)]
    assert said in str(await failure(bench))
    assert bench.calls == 1
    assert bench.counters.of(SERVICE_CALLS, outcome="failed") == 1


async def test_what_a_service_adds_or_leaves_out_is_no_fault(bench: Bench) -> None:
    bench.answers = [
        body(
            '{"version": 3, "items": [{"product_id": "mug", "price": "29.990", "available": null, "colour": "blue"},'
            '{"product_id": "never asked for", "price": "nothing"}]}'.replace('"nothing"', "-1")
        )
    ]
    async with bench.catalogue() as catalogue:
        offers = await catalogue.offers(ENQUIRY)
    assert list(offers) == ["mug"]
    assert (offers["mug"].price, offers["mug"].sellable) == (Money(2999, ENQUIRY.currency), True)
    assert offers["mug"].available is None


@pytest.mark.parametrize("fault", [body(b" " * (MAX_ANSWER_BYTES + 1)), endless, body(b"[" + b"0," * MAX_ANSWER_BYTES)])
async def test_no_more_is_read_than_an_answer_may_be(bench: Bench, fault: Answerer) -> None:
    bench.answers = [fault]
    assert f"more than {MAX_ANSWER_BYTES} bytes" in str(await failure(bench))
    assert bench.calls == 1


async def test_a_compressed_answer_is_not_unpacked(bench: Bench) -> None:
    bomb = gzip.compress(json.dumps(GOOD).encode() + b" " * 50_000_000)
    bench.answers = [body(bomb, **{"Content-Encoding": "gzip"})]
    assert "no JSON" in str(await failure(bench))


@asynccontextmanager
async def speaking(text: bytes) -> AsyncIterator[str]:
    """A server that says this to everybody, whatever they ask."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    "text", [b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 2000 Yes\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 100_000]
)
async def test_what_is_no_http_is_a_failure_like_another(bench: Bench, text: bytes) -> None:
    async with speaking(text) as url:
        assert not (await failure(bench, url=url)).throttled


def breaker_shown(bench: Bench) -> float | None:
    """The gauge of the service's circuit."""
    return bench.counters.now(BREAKER_OPEN, dependency="product service")


async def test_while_it_is_down_it_is_left_alone_and_then_asked_by_one(bench: Bench) -> None:
    bench.answers = [status(500)] * 4
    async with bench.service() as service:
        from_service = HttpProductCatalogue(service).offers
        assert breaker_shown(bench) == 0, "from the start: no data is no answer"
        for _ in range(2):
            with pytest.raises(TransientPortError):
                await from_service(ENQUIRY)
        # Two attempts, then the third that opened the circuit, after which a second try was pointless.
        assert bench.calls == 3
        assert breaker_shown(bench) == 1
        with pytest.raises(TransientPortError, match="it keeps failing"):
            await service.check()
        for _ in range(10):
            with pytest.raises(TransientPortError, match="not asked again for"):
                await from_service(ENQUIRY)
        assert bench.calls == 3
        assert bench.counters.of(SERVICE_CALLS, outcome="circuit_open") == 11
        bench.now += 10
        with pytest.raises(TransientPortError, match="it answers 500"):
            await from_service(ENQUIRY)
        assert bench.calls == 4
        bench.now += 10
        await service.check()
        assert breaker_shown(bench) == 1
        assert await from_service(ENQUIRY)
        await service.check()
        assert breaker_shown(bench) == 0
    assert bench.calls == 5


async def test_many_at_once_find_out_by_one_call_whether_it_is_back(bench: Bench) -> None:
    arrived = asyncio.Event()

    async def slowly(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await bench.hung.wait()
        return await good(request)

    bench.answers = [status(500)] * 3
    async with bench.catalogue() as catalogue:
        for _ in range(2):
            with pytest.raises(TransientPortError):
                await catalogue.offers(ENQUIRY)
        bench.now += 10
        bench.answers = [slowly]
        probe = asyncio.create_task(catalogue.offers(ENQUIRY))
        await arrived.wait()
        assert breaker_shown(bench) == 1, "half open, nobody else asks"
        others = await asyncio.gather(*(catalogue.offers(ENQUIRY) for _ in range(20)), return_exceptions=True)
        assert all(isinstance(each, TransientPortError) for each in others)
        bench.hung.set()
        assert await probe
    assert bench.calls == 4


async def test_a_hung_service_holds_so_many_callers_and_those_in_line_leave_in_time(bench: Bench) -> None:
    bench.answers = [bench.hang] * 50
    async with bench.catalogue(timeout_seconds=SOON, calls_at_once=2) as catalogue:
        results = await asyncio.gather(*(catalogue.offers(ENQUIRY) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(each, TransientPortError) for each in results)
    # Two hung, then two more at the most in the same time, before the third failure opened the circuit.
    assert bench.held <= 4
    assert (
        bench.counters.of(SERVICE_CALLS, outcome="busy") + bench.counters.of(SERVICE_CALLS, outcome="circuit_open")
        >= 16
    )


async def test_a_caller_that_goes_away_frees_its_place(bench: Bench) -> None:
    arrived = asyncio.Event()

    async def hang(request: web.Request) -> web.StreamResponse:
        arrived.set()
        return await bench.hang(request)

    bench.answers = [hang]
    async with bench.catalogue(calls_at_once=1) as catalogue:
        leaving = asyncio.create_task(catalogue.offers(ENQUIRY))
        await arrived.wait()
        leaving.cancel()
        await asyncio.wait([leaving])
        assert await catalogue.offers(ENQUIRY)
    assert bench.counters.of(SERVICE_CALLS, outcome="abandoned") == 1
