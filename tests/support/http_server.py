"""The HTTP application behind the real server, on a loopback socket: what only bytes can show."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orders.adapters.inbound.http.middleware.edge import LOCAL, EdgeRules
from orders.adapters.inbound.http.security.claims import TokenRules
from orders.adapters.outbound.local.dev_issuer import AUDIENCE, ISSUER, DevIssuer
from orders.bootstrap.server.api import serve
from orders.bootstrap.server.http_protocol import BoundedHttp
from tests.support.http_api import an_app
from tests.support.service import Service

PATIENCE = 20.0
"""Seconds after which an answer that does not come fails its test."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """A response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """A client's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, *, body: bool = True) -> RawAnswer:
        """The next response; ``body`` is false where none follows its head."""
        async with asyncio.timeout(PATIENCE):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            content = await self._reader.readexactly(int(headers.get("content-length", 0))) if body else b""
        return RawAnswer(int(head[0].split(" ")[1]), headers, content)

    async def closed(self) -> bytes:
        """Reads until the server closes the connection; returns the rest."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()

    def end(self) -> None:
        """Say that nothing more is sent, and listen on."""
        self._writer.write_eof()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class RunningServer:
    """The server, and how to write to it."""

    def __init__(self, port: int, service: Service, issuer: DevIssuer) -> None:
        self._port = port
        self._issuer = issuer
        self.service = service

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        opened = Connection(*await asyncio.open_connection("127.0.0.1", self._port))
        try:
            yield opened
        finally:
            await opened.close()

    @property
    def url(self) -> str:
        """Where it is, for programs."""
        return f"http://127.0.0.1:{self._port}"

    def token(self, role: str) -> str:
        """A token of the demo shop."""
        return self._issuer.token(tenant_id="demo", customer_id="cust_test_001", roles=[role], now=datetime.now(UTC))

    def request(self, line: str | bytes, *headers: str, body: bytes = b"") -> bytes:
        """A request of a customer."""
        token = self.token("customer")
        first = line.encode() if isinstance(line, str) else line
        rest = "\r\n".join(["", "Host: orders.test", f"Authorization: Bearer {token}", *headers, "", ""])
        return first + b" HTTP/1.1" + rest.encode("latin-1") + body

    async def ask(self, data: bytes, *, body: bool = True) -> RawAnswer:
        """The answer to these bytes on a connection of their own."""
        async with self.connection() as connection:
            await connection.send(data)
            return await connection.answer(body=body)


class ImpatientHttp(BoundedHttp):
    """Waits for nobody."""

    patience_seconds = 0.1


@asynccontextmanager
async def a_server(
    key_directory: Path, edge: EdgeRules = LOCAL, protocol: type[BoundedHttp] = BoundedHttp
) -> AsyncIterator[RunningServer]:
    """A service of its own behind a server of its own."""
    service, issuer = Service(), DevIssuer(key_directory)
    served = service.served(issuer, TokenRules(ISSUER, frozenset({AUDIENCE})))
    stop = asyncio.Event()
    with an_app(served, edge) as app, socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(serve(app, [listener], stop, protocol=protocol))
        try:
            yield RunningServer(listener.getsockname()[1], service, issuer)
        finally:
            stop.set()
            await serving
