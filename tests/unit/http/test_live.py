"""Streams that tell open pages of changes: what they send, and that each of them ends."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Request, Response, get

from orders.adapters.inbound.http.app import create_app
from orders.adapters.inbound.http.console.live import LiveStreams
from orders.adapters.inbound.http.middleware.edge import LOCAL as RULES
from orders.adapters.inbound.http.middleware.edge import EdgeRules
from orders.bootstrap.server.api import serve
from orders.ports.errors import ItemKind, TransientPortError
from tests.support.http_api import anything
from tests.support.http_server import PATIENCE, Connection
from tests.support.local_pages import Pages, address_of, the_pages

IMPATIENT = replace(RULES, request_timeout=timedelta(milliseconds=100))


class Showing:
    """A page that shows what the test says."""

    def __init__(self, stop: asyncio.Event, limit: int = 2) -> None:
        self.shows = "a"
        self.reachable = True
        self.looked = asyncio.Event()
        self.streams = LiveStreams(stop, limit=limit, every_seconds=0.005)

    async def look(self) -> str:
        self.looked.set()
        if not self.reachable:
            raise TransientPortError("orders table", "out of reach")
        return self.shows

    async def next_look(self) -> None:
        """Waits until the stream has looked twice, so that it has sent what it found the first time."""
        async with asyncio.timeout(PATIENCE):
            for _ in range(2):
                self.looked.clear()
                await self.looked.wait()

    def routes(self) -> list[Any]:
        @get("/live")
        async def live(request: Request[Any, Any, Any]) -> Response[Any]:
            return self.streams.response(request, self.look)

        return [live]


class Stream:
    """A client's end of a stream."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def line(self) -> str:
        async with asyncio.timeout(PATIENCE):
            # A chunk of HTTP/1.1: its length, then its content.
            size = int(await self.connection._reader.readline(), 16)
            content = await self.connection._reader.readexactly(size + 2)
        return content[:-2].decode()

    async def event(self) -> str:
        """The next event that says something."""
        while (line := await self.line()) == ":\n\n":
            pass
        return line


@asynccontextmanager
async def served(routes: list[Any], stop: asyncio.Event, edge: EdgeRules = IMPATIENT) -> AsyncIterator[int]:
    """Serves routes until the test ends or ``stop`` is set; yields the port."""
    app = create_app(anything(lambda _: None), edge=edge, extra_routes=routes)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(serve(app, [listener], stop))
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            async with asyncio.timeout(PATIENCE):
                await serving


@asynccontextmanager
async def a_stream(port: int, *headers: str, path: str = "/live?seen=a") -> AsyncIterator[Stream]:
    connection = Connection(*await asyncio.open_connection("127.0.0.1", port))
    head = "\r\n".join([f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""])
    try:
        await connection.send(head.encode())
        answer = await connection.answer(body=False)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        assert answer.headers["cache-control"] == "no-store"
        stream = Stream(connection)
        assert await stream.line() == "retry: 2000\n\n"
        yield stream
    finally:
        await connection.close()


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


async def test_a_stream_tells_of_changes_only(stop: asyncio.Event) -> None:
    page = Showing(stop)
    async with served(page.routes(), stop) as port, a_stream(port) as stream:
        assert await stream.line() == ":\n\n"
        page.shows = "b"
        assert await stream.event() == "id: b\nevent: changed\ndata: b\n\n"
        page.shows = "c"
        assert await stream.event() == "id: c\nevent: changed\ndata: c\n\n"


async def test_what_changed_before_the_stream_began_is_told_too(stop: asyncio.Event) -> None:
    page = Showing(stop)
    async with served(page.routes(), stop) as port:
        async with a_stream(port, path="/live?seen=older") as stream:
            assert (await stream.event()).startswith("id: a\n")
        async with a_stream(port, "Last-Event-ID: a", path="/live?seen=older") as stream:
            assert await stream.line() == ":\n\n"


async def test_what_is_not_known_for_a_while_is_no_change(stop: asyncio.Event) -> None:
    page = Showing(stop)
    async with served(page.routes(), stop) as port, a_stream(port) as stream:
        page.reachable = False
        await page.next_look()
        page.shows, page.reachable = "b", True
        assert (await stream.event()).startswith("id: b\n")


async def test_a_stream_outlives_the_limit_of_requests(stop: asyncio.Event) -> None:
    page = Showing(stop)
    async with served(page.routes(), stop) as port, a_stream(port) as stream:
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < began + 3 * IMPATIENT.request_timeout.total_seconds():
            assert await stream.line() == ":\n\n"
        page.shows = "b"
        assert (await stream.event()).startswith("id: b\n")


async def test_a_stream_ends_when_the_service_stops(stop: asyncio.Event) -> None:
    page = Showing(stop)
    async with served(page.routes(), stop) as port, a_stream(port) as stream:
        await stream.line()
        assert page.streams.open == 1
        stop.set()
        rest = await stream.connection.closed()
        assert rest.endswith(b"0\r\n\r\n")
    assert page.streams.open == 0


async def test_a_stream_ends_when_its_client_leaves(stop: asyncio.Event) -> None:
    page = Showing(stop)
    async with served(page.routes(), stop) as port, a_stream(port) as staying:
        async with a_stream(port) as stream:
            await stream.line()
            assert page.streams.open == 2
        while page.streams.open > 1:
            await staying.line()


async def test_there_is_a_bounded_number_of_streams(stop: asyncio.Event) -> None:
    page = Showing(stop, limit=2)
    async with served(page.routes(), stop) as port, a_stream(port) as staying:
        async with a_stream(port) as stream:
            await stream.line()
            other = Connection(*await asyncio.open_connection("127.0.0.1", port))
            await other.send(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            answer = await other.answer()
            await other.close()
            assert (answer.status, answer.headers["retry-after"]) == (503, "10")
        while page.streams.open > 1:
            await staying.line()
        async with a_stream(port) as stream:
            await stream.line()


# -- the streams of the local pages -----------------------------------------------------------------------------


def live_address(html: str) -> str:
    """The stream of a page, as its script asks for it."""
    found = {name: value.replace("&amp;", "&") for name, value in re.findall(r'data-(live|seen)="([^"]*)"', html)}
    return f"{found['live']}{'&' if '?' in found['live'] else '?'}seen={found['seen']}"


async def text_of(port: int, path: str) -> str:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        return (await client.get(path)).text


async def first_line(port: int, address: str) -> str:
    """What the stream says after its first look."""
    async with a_stream(port, path=address) as stream:
        return await stream.line()


async def test_the_streams_of_the_pages_tell_of_new_orders_events_and_mails(tmp_path: Path) -> None:
    pages = Pages(tmp_path / "mails")
    async with served(pages.routes(), pages.stop, RULES) as port:
        empty = live_address(await text_of(port, "/local/"))
        assert await first_line(port, empty) == ":\n\n"
        order = await pages.place()
        assert "event: changed" in await first_line(port, empty)
        listed = live_address(await text_of(port, "/local/"))
        shown = live_address(await text_of(port, address_of(order)))
        for address in (listed, shown):
            assert await first_line(port, address) == ":\n\n", address
        await pages.mail(order)
        assert await first_line(port, listed) == ":\n\n"
        assert "event: changed" in await first_line(port, shown)


async def test_a_stream_has_a_head(tmp_path: Path) -> None:
    async with the_pages(tmp_path / "mails") as pages:
        answer = await pages.client.head("/local/live")
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_a_page_with_gaps_follows_no_changes(tmp_path: Path) -> None:
    async with the_pages(tmp_path / "mails") as pages:
        order = await pages.place()
        assert "data-live" in await pages.text("/local/")
        pages.service.table.damage(ItemKind.ORDER, order.tenant_id, order.order_id)
        assert "data-live" not in await pages.text("/local/")


async def test_a_stream_of_no_page_is_refused(tmp_path: Path) -> None:
    async with the_pages(tmp_path / "mails") as pages:
        for address in ("/local/live?status=lost", "/local/orders/x/live?shop=%20"):
            answer = await pages.client.get(address)
            assert answer.status_code == 400, address
            assert not answer.headers["content-type"].startswith("text/event-stream")
