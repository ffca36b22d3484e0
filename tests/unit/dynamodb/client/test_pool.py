"""Connections to an endpoint: encrypted, kept, grown old, lost, and what is heard on them too late."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, SSLError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from orders.adapters.outbound.dynamodb.client.connection import Closed, Connection
from orders.adapters.outbound.dynamodb.client.pool import ConnectionPool, Patience
from orders.adapters.outbound.dynamodb.client.signed_client import trusted_authorities
from tests.support.scripted_endpoint import CLOSED, SILENT, ScriptedEndpoint, answered, scripted_endpoint

REQUEST = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
PATIENT = Patience(connect_seconds=20, read_seconds=20, most=2)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of ``localhost`` that signs itself, and its key behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(pem) + secret)
    return path


def port_of(endpoint: ScriptedEndpoint) -> int:
    return int(endpoint.url.rpartition(":")[2])


@asynccontextmanager
async def pool_of(
    port: int, patience: Patience = PATIENT, host: str = "127.0.0.1", tls: Callable[[], ssl.SSLContext] | None = None
) -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool("http://endpoint", host, port, patience, tls=tls)
    try:
        yield pool
    finally:
        await pool.close()


async def test_an_endpoint_proves_who_it_is(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate)
    async with scripted_endpoint([answered({})], tls=server) as endpoint:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
        async with pool_of(port_of(endpoint), host="localhost", tls=trusted_authorities) as pool:
            for _ in range(3):
                assert (await pool.exchange(REQUEST)).status == 200
        assert endpoint.connections == 1
        async with pool_of(port_of(endpoint), host="127.0.0.1", tls=trusted_authorities) as pool:
            with pytest.raises(SSLError):
                await pool.exchange(REQUEST)
        monkeypatch.delenv("AWS_CA_BUNDLE")
        async with pool_of(port_of(endpoint), host="localhost", tls=trusted_authorities) as pool:
            with pytest.raises(SSLError):
                await pool.exchange(REQUEST)
        assert len(endpoint.bodies) == 3


async def test_an_address_that_nobody_answers_on_does_not_keep_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted_endpoint([]) as gone:
        dead = port_of(gone)

    async def resolved(host: str, port: int, **__: object) -> list[Any]:
        ports = (dead, port) if host == "endpoint" else (port,)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", each)) for each in ports]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
    async with scripted_endpoint([answered({})]) as endpoint, pool_of(port_of(endpoint), host="endpoint") as pool:
        assert (await pool.exchange(REQUEST)).status == 200


async def test_a_connection_sends_small_requests_at_once() -> None:
    async with scripted_endpoint([answered({})]) as endpoint, pool_of(port_of(endpoint)) as pool:
        await pool.exchange(REQUEST)
        (connection,) = pool._open
        transport: Any = connection._transport
        assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_who_never_greets_is_left_after_the_time_to_connect() -> None:
    async with scripted_endpoint([answered({})]) as endpoint:
        hurried = Patience(connect_seconds=0.02, read_seconds=20, most=1)
        async with pool_of(port_of(endpoint), hurried, tls=ssl.create_default_context) as pool:
            with pytest.raises(ConnectTimeoutError):
                await pool.exchange(REQUEST)
            with pytest.raises(ConnectTimeoutError):  # and its place is free again
                await pool.exchange(REQUEST)


async def test_a_connection_that_is_not_needed_is_closed_when_it_is_old() -> None:
    async with scripted_endpoint([answered({})]) as endpoint:
        forgetful = Patience(connect_seconds=20, read_seconds=20, most=2, idle_seconds=0.01)
        async with pool_of(port_of(endpoint), forgetful) as pool:
            await asyncio.gather(pool.exchange(REQUEST), pool.exchange(REQUEST))
            assert endpoint.connections == 2
            async with asyncio.timeout(20):
                await endpoint.emptied.wait()
            assert pool._open == set()


async def test_an_old_connection_gets_no_request() -> None:
    async with scripted_endpoint([answered({})]) as endpoint:
        at_once = Patience(connect_seconds=20, read_seconds=20, most=1, idle_seconds=0)
        async with pool_of(port_of(endpoint), at_once) as pool:
            for _ in range(3):
                await pool.exchange(REQUEST)
        assert endpoint.connections == 3


async def test_a_connection_that_the_endpoint_closed_is_not_used_again() -> None:
    async with scripted_endpoint([answered({}), CLOSED, answered({})]) as endpoint, pool_of(port_of(endpoint)) as pool:
        await pool.exchange(REQUEST)
        with pytest.raises(ConnectionClosedError):
            await pool.exchange(REQUEST)
        assert (await pool.exchange(REQUEST)).status == 200
        assert endpoint.connections == 2


async def test_who_waits_for_a_connection_may_give_up() -> None:
    async with scripted_endpoint([SILENT, answered({})]) as endpoint:
        single = Patience(connect_seconds=20, read_seconds=20, most=1)
        async with pool_of(port_of(endpoint), single) as pool:
            first = asyncio.create_task(pool.exchange(REQUEST))
            await endpoint.asked.wait()
            second, third = (asyncio.create_task(pool.exchange(REQUEST)) for _ in range(2))
            await asyncio.sleep(0)
            second.cancel()
            first.cancel()
            assert (await third).status == 200
            await asyncio.wait([first, second])


class Clockwork:
    """An event loop's clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], Any]]] = []

    def time(self) -> float:
        return self.now

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().create_future()

    def call_later(self, seconds: float, call: Callable[..., Any], *given: Any) -> asyncio.TimerHandle:
        self.due.append((self.now + seconds, lambda: call(*given)))
        return asyncio.get_running_loop().call_later(3600, lambda: None)

    def reach(self, now: float) -> None:
        """Set the clock, and do what was due until then."""
        self.now = now
        due, self.due = [call for at, call in self.due if at <= now], [each for each in self.due if each[0] > now]
        for call in due:
            call()


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.aborted = False

    def is_closing(self) -> bool:
        return self.aborted

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True


async def connected() -> tuple[Connection, Wire, Clockwork]:
    clock, wire = Clockwork(), Wire()
    loop: Any = clock
    transport: Any = wire
    connection = Connection(loop, read_seconds=10)
    connection.connection_made(transport)
    return connection, wire, clock


async def begun(connection: Connection) -> "asyncio.Task[Any]":
    task = asyncio.create_task(connection.exchange(REQUEST))
    await asyncio.sleep(0)
    return task


async def test_an_answer_may_take_long_if_it_is_heard_of() -> None:
    connection, wire, clock = await connected()
    exchange = await begun(connection)
    assert wire.written == REQUEST
    whole = answered({"Count": 1})
    for at, piece in ((9, whole[:20]), (18, whole[20:-3])):
        clock.reach(at)
        connection.data_received(piece)
    clock.reach(19)
    assert not exchange.done()
    connection.data_received(whole[-3:])
    assert (await exchange).body == b'{"Count": 1}'
    assert connection.reusable


async def test_silence_is_timed_from_what_was_heard_last() -> None:
    connection, _, clock = await connected()
    exchange = await begun(connection)
    clock.reach(9)
    connection.data_received(answered({})[:20])
    clock.reach(18.9)
    assert not exchange.done()
    clock.reach(19)
    with pytest.raises(TimeoutError):
        await exchange
    assert not connection.reusable


async def test_a_preliminary_answer_is_none() -> None:
    connection, _, _ = await connected()
    exchange = await begun(connection)
    connection.data_received(b"HTTP/1.1 100 Continue\r\n\r\n")
    connection.data_received(answered({}, 200))
    assert (await exchange).status == 200


@pytest.mark.parametrize("more", [b"HTTP/1.1 200 OK\r\n", answered({})])
async def test_what_follows_an_answer_makes_the_connection_useless(more: bytes) -> None:
    for together in (True, False):
        connection, _, _ = await connected()
        exchange = await begun(connection)
        connection.data_received(answered({}) + (more if together else b""))
        await exchange
        if not together:
            connection.data_received(more)
        assert not connection.reusable
        with pytest.raises(Closed):
            await connection.exchange(REQUEST)


async def test_an_end_of_what_comes_ends_the_exchange() -> None:
    connection, _, _ = await connected()
    exchange = await begun(connection)
    connection.eof_received()
    connection.connection_lost(ConnectionResetError())
    with pytest.raises(Closed, match="ConnectionResetError"):
        await exchange
    assert connection.gone.done()
