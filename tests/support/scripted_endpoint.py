"""An endpoint of AWS that gives its answers by a script, whatever it is asked."""

import asyncio
import json
import ssl
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

CLOSED = "closed"
"""In place of an answer: the connection is closed."""
SILENT = "silent"
"""In place of an answer: nothing comes."""

Scripted: TypeAlias = bytes | str


def answered(content: Any, status: int = 200, *headers: str, checksum: int | None = None) -> bytes:
    """An answer of DynamoDB, with its checksum unless another is given."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    told = [
        f"HTTP/1.1 {status} Told",
        "Content-Type: application/x-amz-json-1.0",
        "x-amzn-RequestId: REQUEST1",
        f"x-amz-crc32: {zlib.crc32(body) if checksum is None else checksum}",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(told).encode() + b"\r\n\r\n" + body


@dataclass
class ScriptedEndpoint:
    """What was asked, and what is answered next; the last answer is repeated.

    Attributes:
        url: where it listens.
        script: what is answered.
        heads: lines before each body that came.
        bodies: bodies that came.
        connections: how many were opened.
        left: how many of them are open.
        asked: set by the first request.
        emptied: set when the last connection was closed.
    """

    url: str = ""
    script: list[Scripted] = field(default_factory=list)
    heads: list[list[str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    connections: int = 0
    left: int = 0
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    emptied: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers on one connection."""
        self.connections += 1
        self.left += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                length = next(line for line in head if line.lower().startswith("content-length")).partition(":")[2]
                self.heads.append(head)
                self.bodies.append(json.loads(await reader.readexactly(int(length))))
                self.asked.set()
                answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if answer == CLOSED:
                    return
                if isinstance(answer, bytes):
                    writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.left -= 1
            if not self.left:
                self.emptied.set()
            writer.close()

    def header(self, name: str, request: int = -1) -> str | None:
        """A header of a request, by default the last one."""
        for line in self.heads[request]:
            given, _, value = line.partition(":")
            if given.lower() == name:
                return value.strip()
        return None


@asynccontextmanager
async def scripted_endpoint(
    script: Sequence[Scripted], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ScriptedEndpoint]:
    """Listens on loopback."""
    endpoint = ScriptedEndpoint(script=list(script))
    server = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0, ssl=tls)
    endpoint.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield endpoint
    finally:
        server.close()
