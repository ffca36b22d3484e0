"""Connections to one endpoint, kept open between requests, whose failures are raised as botocore's."""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aiohappyeyeballs import start_connection
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)

from orders.adapters.outbound.dynamodb.client.connection import Answer, Closed, Connection

_STAGGER_SECONDS = 0.25
"""After so long without an answer from one address the next is tried as well (RFC 8305; as aiohttp does)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """The limits of a pool: waits, and connections kept.

    Attributes:
        connect_seconds: for a connection, with its name's resolution and TLS.
        read_seconds: between two pieces of an answer.
        most: connections at a time; further requests wait for one.
        idle_seconds: so long a connection without requests is kept, as aiobotocore keeps it.
    """

    connect_seconds: float
    read_seconds: float
    most: int
    idle_seconds: float = 12.0


class ConnectionPool:
    """The connections to one endpoint. A new one resolves the endpoint's name anew."""

    def __init__(
        self, url: str, host: str, port: int, patience: Patience, *, tls: Callable[[], ssl.SSLContext] | None
    ) -> None:
        """``url`` is told in errors; ``tls`` is called once, before the first connection, ``None`` without TLS."""
        self._url = url
        self._host, self._port = host, port
        self._patience = patience
        self._tls = None if tls is None else functools.cache(tls)
        self._slots = asyncio.Semaphore(patience.most)
        self._idle: deque[Connection] = deque()
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None

    async def exchange(self, request: bytes) -> Answer:
        """Sends a request and returns its answer; a request that is given up takes its connection with it.

        Raises:
            EndpointConnectionError, ConnectTimeoutError, SSLError: nothing was sent.
            ConnectionClosedError, ReadTimeoutError: nobody knows whether it was carried out.
        """
        async with self._slots:
            connection = self._kept() or await self._connected()
            try:
                answer = await connection.exchange(request)
            except Closed as error:
                connection.abort()
                raise ConnectionClosedError(endpoint_url=self._url, error=error) from error
            except TimeoutError as error:
                connection.abort()
                raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
            except BaseException:
                connection.abort()
                raise
            if connection.reusable:
                self._keep(connection)
            else:
                connection.abort()
            return answer

    async def close(self) -> None:
        """Closes all connections and waits until they are."""
        if self._sweep is not None:
            self._sweep.cancel()
        left = [connection.gone for connection in self._open]
        for connection in tuple(self._open):
            connection.abort()
        self._idle.clear()
        if left:
            await asyncio.wait(left)

    def _kept(self) -> Connection | None:
        """Returns the connection that was used last, so that those that aren't needed grow old."""
        while self._idle:
            connection = self._idle.pop()
            if connection.reusable and not self._is_old(connection):
                return connection
            connection.abort()
        return None

    def _keep(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._patience.idle_seconds, self._close_old)

    def _is_old(self, connection: Connection) -> bool:
        return asyncio.get_running_loop().time() - connection.idle_since >= self._patience.idle_seconds

    def _close_old(self) -> None:
        self._sweep = None
        while self._idle and (self._is_old(self._idle[0]) or not self._idle[0].reusable):
            self._idle.popleft().abort()
        if self._idle:
            self._sweep = asyncio.get_running_loop().call_later(self._patience.idle_seconds, self._close_old)

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        context = None if self._tls is None else self._tls()
        connection = Connection(loop, self._patience.read_seconds)
        try:
            async with asyncio.timeout(self._patience.connect_seconds):
                addresses = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
                # The next address is tried beside one that keeps silent: uvloop tries them one after the other only.
                reached = await start_connection(addresses, happy_eyeballs_delay=_STAGGER_SECONDS, interleave=1)
                name = None if context is None else self._host
                await loop.create_connection(lambda: connection, sock=reached, ssl=context, server_hostname=name)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except ssl.SSLError as error:
            raise SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error
        self._open.add(connection)
        connection.gone.add_done_callback(lambda _: self._forget(connection))
        return connection

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        with contextlib.suppress(ValueError):
            self._idle.remove(connection)
